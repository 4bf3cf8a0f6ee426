/** Terms that a window keeps at least, of those that are frequent. */
const TERMS_KEPT = 24;
/** Tables are cut back to `TERMS_KEPT` when they have grown to so many. */
const MOST_TERMS = 3 * TERMS_KEPT;

/** So many mentions are all counted; beyond them one post in `SAMPLED` is, and counts for all. */
const EXACT_MENTIONS = 1_000;
const SAMPLED = 8;

/**
 * How often terms were mentioned, in bounded memory: the frequent-items algorithm of Misra and Gries (1982) in its
 * mergeable form, which cuts a table back by what the first term beyond it has. Up to `EXACT_MENTIONS` a count is at most
 * `lost` too small, and never too great; beyond them it is an estimate. Nothing is taken away for edits and deletions.
 */
export interface FrequentTerms {
  readonly counts: Map<string, number>;
  /** Mentions of all terms. */
  mentions: number;
  /** What every count may lack. */
  lost: number;
}

export function noTerms(): FrequentTerms {
  return { counts: new Map(), mentions: 0, lost: 0 };
}

/**
 * Counts the terms of a post.
 *
 * @param tag evenly spread bits of the post, which decide whether it is in a sample
 * @returns whether they were counted
 */
export function countTerms(into: FrequentTerms, terms: readonly string[], tag: number): boolean {
  const isSample = into.mentions >= EXACT_MENTIONS;
  if (terms.length === 0 || (isSample && (tag & (SAMPLED - 1)) !== 0)) return false;
  const weight = isSample ? SAMPLED : 1;
  for (const term of terms) {
    into.counts.set(term, (into.counts.get(term) ?? 0) + weight);
    if (into.counts.size > MOST_TERMS) cutBack(into);
  }
  into.mentions += weight * terms.length;
  return true;
}

export function mergeTerms(into: FrequentTerms, other: FrequentTerms): void {
  for (const [term, count] of other.counts) into.counts.set(term, (into.counts.get(term) ?? 0) + count);
  into.mentions += other.mentions;
  into.lost += other.lost;
}

function cutBack(terms: FrequentTerms): void {
  const { counts } = terms;
  const ascending = new Float64Array(counts.size);
  let size = 0;
  // Unlike `for … of`, it makes no pair for each entry.
  counts.forEach((count) => {
    ascending[size] = count;
    size += 1;
  });
  const less = ascending.sort()[size - 1 - TERMS_KEPT] ?? 0;
  counts.forEach((count, term) => {
    if (count > less) counts.set(term, count - less);
    else counts.delete(term);
  });
  terms.lost += less;
}

/** A term of negative posts. */
export interface TellingTerm {
  readonly term: string;
  /** Mentions in negative posts, and in the others. */
  readonly negative: number;
  readonly other: number;
  /** How far beyond chance the term belongs to the negative ones, in standard deviations. */
  readonly score: number;
}

/** Mentions that the prior weighs as much as. */
const PRIOR_MENTIONS = 100;
const TERMS_SHOWN = 10;

/**
 * The terms that tell negative posts from the others: log-odds with an informative Dirichlet prior, which is the
 * distribution of all terms of the window, over its standard deviation (Monroe, Colaresi and Quinn, "Fightin' Words",
 * Political Analysis 2008, equations 16 and 22). The greatest come first. Where nothing but negative posts came there is
 * nothing to tell them from: the most frequent terms then, with a score of 0.
 */
export function tellingTerms(negative: FrequentTerms, others: FrequentTerms): readonly TellingTerm[] {
  if (others.mentions === 0) {
    const frequent = [...negative.counts].map(([term, count]) => ({
      term,
      negative: count,
      other: 0,
      score: 0,
    }));
    return frequent.sort(mostTellingFirst).slice(0, TERMS_SHOWN);
  }
  const mentions = negative.mentions + others.mentions;
  const scored = [...negative.counts].map(([term, inNegative]): TellingTerm => {
    const inOthers = others.counts.get(term) ?? 0;
    const prior = (PRIOR_MENTIONS * (inNegative + inOthers)) / mentions;
    const difference =
      logOdds(inNegative + prior, negative.mentions + PRIOR_MENTIONS) -
      logOdds(inOthers + prior, others.mentions + PRIOR_MENTIONS);
    const score = difference / Math.sqrt(1 / (inNegative + prior) + 1 / (inOthers + prior));
    return { term, negative: inNegative, other: inOthers, score: Math.round(score * 100) / 100 };
  });
  return scored
    .filter(({ score }) => score > 0)
    .sort(mostTellingFirst)
    .slice(0, TERMS_SHOWN);
}

function mostTellingFirst(a: TellingTerm, b: TellingTerm): number {
  return b.score - a.score || b.negative - a.negative || (a.term < b.term ? -1 : 1);
}

function logOdds(part: number, whole: number): number {
  // A window whose only term is this one has no others to compare with.
  return Math.log(part / Math.max(whole - part, 0.5));
}
