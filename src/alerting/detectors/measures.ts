import type { AlertMeasure } from '../../contracts/alert.js';
import type { Span } from '../window-series.js';
import { betaBinomialTail, negativeBinomialTail, normalTail } from './special-functions.js';

/** What a test knows of chance, beside the level. */
export interface Chance {
  /** Spread of the measure as learned, in units of `deviation`. */
  readonly spread: number;
  /** How many windows the level was learned from, and posts in them: its own uncertainty. */
  readonly windows: number;
  readonly posts: number;
  /** Share of posts that are not neutral. */
  readonly opinionated: number;
  /** Relative variance of a cycle that has not been seen yet. */
  readonly unseen: number;
}

/**
 * What a rule measures, on a scale on which chance has a known spread. `level` is what is usual for one window, on
 * that scale; a surge is always upwards.
 */
export interface Measure {
  /** Whether it says nothing of few posts, rather than that there are few. */
  readonly isMean: boolean;
  /** `undefined` where it says nothing: a mean of no posts. */
  value(span: Span): number | undefined;
  /** What `value` is expected to be for so many windows together. */
  expected(level: number, windows: number): number;
  /** Standard deviation of `value` for independent posts. */
  deviation(span: Span, level: number, chance: Pick<Chance, 'posts' | 'opinionated'>): number;
  /** How much a window tells of the level. */
  weight(span: Span): number;
  /** Probability of the span's value or a greater one by chance. */
  pValue(span: Span, level: number, chance: Chance): number;
  /** The span in the measure's own unit: posts, a share, a mean polarity; and the level in the same. */
  observed(span: Span): number;
  usual(level: number, windows: number): number;
  /** The posts that must be enough for the rule to fire. */
  evidence(span: Span): number;
}

/** Over-dispersion that the scale of counts is made for: a negative binomial of this size. */
const COUNT_SIZE = 20;
/**
 * The least over-dispersion that a test assumes. Posts answer each other, so they scatter more than Poisson's even
 * where the history has not shown it; and where a brand has so many posts that chance plays no part, it takes about
 * 1.8 times the usual.
 */
const GREATEST_SIZE = 50;
/** No share or spread of polarity is taken to be more certain than that. */
const LEAST_VARIANCE = 0.01;

/** Counts on Anscombe's scale. */
function counting(count: (span: Span) => number): Measure {
  return {
    isMean: false,
    value: (span) => stabilise(count(span), COUNT_SIZE * span.windows),
    expected: (level, windows) =>
      windows === 1 ? level : stabilise(windows * unstabilise(level, COUNT_SIZE), COUNT_SIZE * windows),
    deviation: () => 1,
    weight: () => 1,
    pValue(span, level, { spread, windows, unseen }) {
      const mean = Math.max(1e-6, span.windows * unstabilise(level, COUNT_SIZE));
      // A spread s on the scale is a variance of s² (m + m² / size) (delta method), which gives the size that fits.
      const learned = spread ** 2 / (COUNT_SIZE * span.windows) + (spread ** 2 - 1) / mean;
      const inverse = Math.max(learned, 1 / GREATEST_SIZE);
      const uncertain = (inverse + 1 / mean) / Math.max(1, windows / span.windows);
      return negativeBinomialTail(count(span), mean, 1 / (inverse + uncertain + unseen));
    },
    observed: count,
    usual: (level, windows) => windows * unstabilise(level, COUNT_SIZE),
    evidence: count,
  };
}

const negativeShare: Measure = {
  isMean: true,
  value: ({ negative, posts }) => (posts === 0 ? undefined : negative / posts),
  expected: (level) => level,
  deviation: (span, level, chance) => Math.sqrt(shareVariance(level, chance.posts) / Math.max(1, span.posts)),
  weight: ({ posts }) => posts,
  pValue(span, level, { spread, windows, posts }) {
    const perWindow = posts / Math.max(1, windows);
    // A spread s is a variance of s² p (1 − p) / n, which is 1 + (n − 1) ρ times that of independent posts.
    const correlation =
      (Math.max(1, spread) ** 2 - 1) / Math.max(1, perWindow * span.windows - 1) + 1 / (posts + 2);
    return betaBinomialTail(
      span.negative,
      span.posts,
      boundedShare(level, posts),
      Math.min(0.9, correlation),
    );
  },
  observed: ({ negative, posts }) => (posts === 0 ? 0 : negative / posts),
  usual: (level) => Math.min(1, Math.max(0, level)),
  evidence: ({ posts }) => posts,
};

/** Mean polarity turned round, so that worse is more. */
const polarity: Measure = {
  isMean: true,
  value: ({ polaritySum, posts }) => (posts === 0 ? undefined : -polaritySum / posts),
  expected: (level) => level,
  deviation: (span, level, { opinionated }) =>
    Math.sqrt(Math.max(LEAST_VARIANCE, opinionated - level ** 2) / Math.max(1, span.posts)),
  weight: ({ posts }) => posts,
  pValue(span, level, chance) {
    if (span.posts === 0) return 1;
    const deviation = this.deviation(span, level, chance) * Math.max(1, chance.spread);
    const uncertain = Math.sqrt(1 + span.posts / (chance.posts + 1));
    return normalTail((-span.polaritySum / span.posts - level) / (deviation * uncertain));
  },
  observed: ({ polaritySum, posts }) => (posts === 0 ? 0 : polaritySum / posts),
  usual: (level) => -level,
  evidence: ({ posts }) => posts,
};

export const MEASURES: Readonly<Record<AlertMeasure, Measure>> = {
  volume: counting(({ posts }) => posts),
  negative_count: counting(({ negative }) => negative),
  negative_share: negativeShare,
  polarity,
};

/** What these measure depends on the model, and one model's results are no baseline for another's. */
const BY_MODEL: ReadonlySet<AlertMeasure> = new Set(['negative_share', 'polarity']);

export function dependsOnModel(measure: AlertMeasure): boolean {
  return BY_MODEL.has(measure);
}

/**
 * Anscombe's transformation of negative binomial counts (1948, Biometrika 35): its variance is about 1 whatever the
 * mean. 2·√(x + 3/8) for small counts, √size · ln x for large ones.
 */
export function stabilise(count: number, size: number): number {
  return 2 * Math.sqrt(size) * Math.asinh(Math.sqrt((count + 3 / 8) / (size - 3 / 4)));
}

/**
 * The mean count whose values have this mean on the scale. Not the inverse, which has 3/8 for 1/8: the mean of a
 * bent scale lies below the scale of the mean (Anscombe 1948, section 3).
 */
export function unstabilise(value: number, size: number): number {
  return Math.max(0, (size - 3 / 4) * Math.sinh(Math.max(0, value) / (2 * Math.sqrt(size))) ** 2 - 1 / 8);
}

/** A share seen in few posts is not taken for 0 or 1. */
function boundedShare(level: number, posts: number): number {
  return (Math.min(1, Math.max(0, level)) * posts + 1 / 2) / (posts + 1);
}

function shareVariance(level: number, posts: number): number {
  const share = boundedShare(level, posts);
  return Math.max(LEAST_VARIANCE, share * (1 - share));
}
