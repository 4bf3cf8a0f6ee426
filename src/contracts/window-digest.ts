import type { WindowAggregate } from './window.js';

/** A term that tells negative posts from the others, over several windows. */
export interface MergedTerm {
  readonly term: string;
  /** Mentions in negative posts and in the others, in the windows that name the term. */
  readonly negative: number;
  readonly other: number;
  /** How far beyond chance the term belongs to the negative ones, in standard deviations. */
  readonly score: number;
  /** How many windows name it. */
  readonly windows: number;
}

export type WindowWithTerms = Pick<WindowAggregate, 'negativeTerms'>;

/**
 * The telling terms of several windows together, the greatest score first. Each window's score is a deviation from what
 * chance would do, and windows share no posts: so together they are their sum over the square root of the number of
 * windows (Stouffer et al., The American Soldier, 1949). A window names its ten most telling terms; one that it does
 * not name counts as no deviation, so what a term has by few windows among many weighs little.
 */
export function mergeTerms(windows: Iterable<WindowWithTerms>): readonly MergedTerm[] {
  const sums = new Map<string, { negative: number; other: number; score: number; windows: number }>();
  let count = 0;
  for (const { negativeTerms } of windows) {
    if (negativeTerms === undefined) continue;
    count += 1;
    for (const { term, negative, other, score } of negativeTerms) {
      const sum = sums.get(term);
      if (sum === undefined) sums.set(term, { negative, other, score, windows: 1 });
      else {
        sum.negative += negative;
        sum.other += other;
        sum.score += score;
        sum.windows += 1;
      }
    }
  }
  return [...sums]
    .map(([term, sum]) => ({ term, ...sum, score: Math.round((100 * sum.score) / Math.sqrt(count)) / 100 }))
    .sort((a, b) => b.score - a.score || b.negative - a.negative || (a.term < b.term ? -1 : 1));
}

/** Posts that windows name. */
export interface MergedSamples {
  /** The most negative first; those whose polarity nobody knows any more come last. */
  readonly mostNegative: ReadonlyArray<{ readonly id: string; readonly polarity?: number }>;
  /** The most often first. */
  readonly mostRepeated: ReadonlyArray<{ readonly id: string; readonly repeats: number }>;
}

export type WindowWithSamples = Pick<
  WindowAggregate,
  'mostNegative' | 'mostNegativePolarity' | 'mostRepeated'
>;

/**
 * The posts that several windows name, each once. A text that is repeated in several windows may be named by another of
 * its posts in each.
 */
export function mergeSamples(windows: Iterable<WindowWithSamples>): MergedSamples {
  const polarities = new Map<string, number>();
  const repeated = new Map<string, number>();
  for (const { mostNegative = [], mostNegativePolarity = [], mostRepeated = [] } of windows) {
    for (const [i, id] of mostNegative.entries()) {
      const polarity = mostNegativePolarity[i] ?? Number.POSITIVE_INFINITY;
      polarities.set(id, Math.min(polarity, polarities.get(id) ?? Number.POSITIVE_INFINITY));
    }
    for (const { id, repeats } of mostRepeated) repeated.set(id, (repeated.get(id) ?? 0) + repeats);
  }
  return {
    mostNegative: inOrder(polarities, (a, b) => a - b).map(([id, polarity]) =>
      Number.isFinite(polarity) ? { id, polarity } : { id },
    ),
    mostRepeated: inOrder(repeated, (a, b) => b - a).map(([id, repeats]) => ({ id, repeats })),
  };
}

function inOrder(
  values: ReadonlyMap<string, number>,
  compare: (a: number, b: number) => number,
): ReadonlyArray<readonly [id: string, value: number]> {
  // Of two that are not known the difference is no number.
  return [...values].sort(([a, x], [b, y]) => (x === y ? 0 : compare(x, y)) || (a < b ? -1 : 1));
}
