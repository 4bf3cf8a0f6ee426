import type { BrandId, PostId } from '../contracts/ids.js';
import { LABELS, type Label } from '../contracts/labels.js';
import type { Traceparent } from '../contracts/trace-context.js';
import { TIERS, type WindowAggregate } from '../contracts/window.js';
import type { Bucket } from './bucket.js';
import type { Contribution } from './contribution.js';
import { POLARITY_SCALE } from './counted-post.js';
import { countTerms, type FrequentTerms, mergeTerms, noTerms, tellingTerms } from './frequent-terms.js';
import { addToSketch, emptySketch, estimate, mergeSketch } from './hyper-log-log.js';
import { addNames, countName, shownNames } from './names.js';
import {
  addNegative,
  addRepeat,
  mergeNegative,
  mergeRepeats,
  type NegativePost,
  type RepeatedPost,
  removeSample,
  SAMPLES_SHOWN,
  type Sample,
} from './samples.js';
import type { SimHash } from './sim-hash.js';

type ByLabel = Record<Label, number>;

/** A post of `distinct`, kept so that the closer can tell where another partition has its like. */
export interface DistinctPost {
  /** `hash53` of its id. */
  readonly tag: number;
  readonly near: SimHash;
  readonly author: number;
  readonly label: Label;
}

/**
 * What is counted of posts and can be taken back. Integers all, so that adding is exact in any order.
 */
export interface Counts {
  posts: number;
  readonly labels: ByLabel;
  polarityMicros: number;
  /** Sum of the squares of polarities, in millionths too. */
  polaritySquareMicros: number;
  reach: number;
  readonly labelReach: ByLabel;
  readonly sources: Map<string, number>;
  readonly languages: Map<string, number>;
  readonly models: Map<string, number>;
  /** Posts that repeat no other of the partition, at most so many of an author. */
  readonly distinct: ByLabel;
}

/**
 * What a partition has counted of one brand in one bucket. Edits and deletions take back the numbers and leave `authors`
 * and terms as they are.
 */
export interface Sums extends Counts {
  /** The first of the distinct posts. */
  readonly distinctPosts: DistinctPost[];
  /** HyperLogLog of `hash53`. */
  readonly authors: Uint8Array;
  readonly negativeTerms: FrequentTerms;
  readonly otherTerms: FrequentTerms;
  readonly mostNegative: NegativePost[];
  readonly mostRepeated: RepeatedPost[];
  /** What a store does not have as it is here, beside the numbers. */
  readonly unsaved: Record<SumsPart, boolean>;
}

/** Parts of sums that often stay as they are, and are written only when they change. */
export type SumsPart = 'authors' | 'terms' | 'samples' | 'distinctPosts';

/** What is counted of a post and cannot be taken back, beside its contribution. */
export interface PostTraits {
  readonly id: PostId;
  /** `hash53` of the id. */
  readonly tag: number;
  readonly near: SimHash;
  /** `hash53` of the author's hash, 0 where nobody is named. */
  readonly author: number;
  readonly terms: readonly string[];
  /** Where it was counted, of a post that somebody wants to follow. */
  readonly traceparent?: Traceparent | undefined;
}

/** Where many distinct posts are, a copy on another partition makes little difference. */
const DISTINCT_POSTS_KEPT = 32;

export function noCounts(): Counts {
  return {
    posts: 0,
    labels: { negative: 0, neutral: 0, positive: 0 },
    polarityMicros: 0,
    polaritySquareMicros: 0,
    reach: 0,
    labelReach: { negative: 0, neutral: 0, positive: 0 },
    sources: new Map(),
    languages: new Map(),
    models: new Map(),
    distinct: { negative: 0, neutral: 0, positive: 0 },
  };
}

export function emptySums(): Sums {
  return {
    ...noCounts(),
    distinctPosts: [],
    authors: emptySketch(),
    negativeTerms: noTerms(),
    otherTerms: noTerms(),
    mostNegative: [],
    mostRepeated: [],
    unsaved: { authors: false, terms: false, samples: false, distinctPosts: false },
  };
}

/** Of a post in a window: it repeats another post of the brand, or its author has enough posts there already. */
export type Standing = 'distinct' | 'repeat' | 'crowded';

/**
 * Adds a post to the window of one of its brands.
 *
 * @param standing whether it is one of `distinct`, or else why not
 * @param withTerms whether windows of this size tell terms
 */
export function addPost(
  sums: Sums,
  post: Contribution,
  traits: PostTraits,
  standing: Standing,
  withTerms: boolean,
): void {
  countPost(sums, post, 1, standing === 'distinct');
  addTraits(sums, post, traits, standing, withTerms);
}

/** What `addPost` does beside counting. */
export function addTraits(
  sums: Sums,
  post: Contribution,
  traits: PostTraits,
  standing: Standing,
  withTerms: boolean,
): void {
  const { unsaved } = sums;
  const { tag, near, author, terms } = traits;
  // Who names nobody is somebody: rules ask for several authors, and not every source names them.
  if (addToSketch(sums.authors, author === 0 ? tag : author)) unsaved.authors = true;
  if (withTerms) {
    const table = post.label === 'negative' ? sums.negativeTerms : sums.otherTerms;
    if (countTerms(table, terms, tag)) unsaved.terms = true;
  }
  if (standing === 'repeat') {
    addRepeat(sums.mostRepeated, traits);
    unsaved.samples = true;
  } else if (post.label === 'negative' && addNegative(sums.mostNegative, traits, post.polarityMicros)) {
    unsaved.samples = true;
  }
  if (standing === 'distinct' && sums.distinctPosts.length < DISTINCT_POSTS_KEPT) {
    sums.distinctPosts.push({ tag, near, author, label: post.label });
    unsaved.distinctPosts = true;
  }
}

/** Takes back what can be taken back of a post that was deleted or edited. */
export function takePost(
  sums: Sums,
  post: Contribution,
  { id, tag }: Pick<PostTraits, 'id' | 'tag'>,
  isDistinct: boolean,
): void {
  countPost(sums, post, -1, isDistinct);
  removeSample(sums.mostNegative, id);
  removeSample(sums.mostRepeated, id);
  const at = sums.distinctPosts.findIndex((kept) => kept.tag === tag);
  if (at !== -1) sums.distinctPosts.splice(at, 1);
  sums.unsaved.samples = true;
  sums.unsaved.distinctPosts = true;
}

/** @param isDistinct whether it is one of `distinct` */
function countPost(counts: Counts, post: Contribution, times: 1 | -1, isDistinct: boolean): void {
  countNumbers(counts, post, times, isDistinct);
  countName(counts.sources, post.source, times);
  countName(counts.languages, post.language, times);
  countName(counts.models, post.model, times);
}

/** All of it but the names. */
export function countNumbers(counts: Counts, post: Contribution, times: 1 | -1, isDistinct: boolean): void {
  const { label, polarityMicros, reach } = post;
  counts.posts += times;
  counts.labels[label] += times;
  counts.polarityMicros += times * polarityMicros;
  counts.polaritySquareMicros += times * Math.round((polarityMicros * polarityMicros) / POLARITY_SCALE);
  counts.reach += times * reach;
  counts.labelReach[label] += times * reach;
  if (isDistinct) counts.distinct[label] += times;
}

/** Adds what another partition has counted; `distinct` then counts posts of both that are alike twice. */
export function addSums(sums: Sums, other: Sums): void {
  addNumbers(sums, other);
  addNames(sums.sources, other.sources);
  addNames(sums.languages, other.languages);
  addNames(sums.models, other.models);
  sums.distinctPosts.push(...other.distinctPosts);
  mergeSketch(sums.authors, other.authors);
  mergeTerms(sums.negativeTerms, other.negativeTerms);
  mergeTerms(sums.otherTerms, other.otherTerms);
  mergeNegative(sums.mostNegative, other.mostNegative);
  mergeRepeats(sums.mostRepeated, other.mostRepeated);
}

/** All of it but the names. */
export function addNumbers(counts: Counts, other: Counts): void {
  counts.posts += other.posts;
  counts.polarityMicros += other.polarityMicros;
  counts.polaritySquareMicros += other.polaritySquareMicros;
  counts.reach += other.reach;
  for (const label of LABELS) {
    counts.labels[label] += other.labels[label];
    counts.labelReach[label] += other.labelReach[label];
    counts.distinct[label] += other.distinct[label];
  }
}

/** What is said of a window beside its counts. */
export type WindowState = Pick<WindowAggregate, 'revision' | 'complete' | 'final'>;

/** A brand's counts as the window that people see. */
export function toWindow(brand: BrandId, bucket: Bucket, sums: Sums, state: WindowState): WindowAggregate {
  const { negative, neutral, positive } = sums.distinct;
  const mostNegative = sums.mostNegative.slice(0, SAMPLES_SHOWN);
  const mostRepeated = [...sums.mostRepeated]
    .sort((a, b) => b.repeats - a.repeats || (a.id < b.id ? -1 : 1))
    .slice(0, SAMPLES_SHOWN);
  return {
    v: 1,
    brand,
    tier: bucket.tier,
    start: bucket.start,
    end: bucket.end,
    posts: sums.posts,
    negative: sums.labels.negative,
    neutral: sums.labels.neutral,
    positive: sums.labels.positive,
    polaritySum: sums.polarityMicros / POLARITY_SCALE,
    reach: sums.reach,
    distinct: { posts: negative + neutral + positive, negative, neutral, positive },
    authors: estimate(sums.authors),
    polaritySquareSum: sums.polaritySquareMicros / POLARITY_SCALE,
    reachByLabel: { ...sums.labelReach },
    ...(hasTerms(bucket) && {
      negativeTerms: tellingTerms(sums.negativeTerms, sums.otherTerms).map((term) => ({ ...term })),
    }),
    mostNegative: mostNegative.map(({ id }) => id),
    mostNegativePolarity: mostNegative.map(
      ({ polarityMicros }) => Math.round(polarityMicros / 1_000) / 1_000,
    ),
    mostRepeated: mostRepeated.map(({ id, repeats }) => ({ id, repeats })),
    ...tracesOf([...mostNegative, ...mostRepeated]),
    bySource: shownNames(sums.sources),
    byLanguage: shownNames(sums.languages),
    byModel: shownNames(sums.models),
    revision: state.revision,
    complete: state.complete,
    final: state.final,
  };
}

/** Where the posts that a window names were counted, of those that somebody wants to follow. */
function tracesOf(samples: readonly Sample[]): Pick<WindowAggregate, 'traces'> {
  const traces = samples.flatMap(({ id, traceparent }) =>
    traceparent === undefined ? [] : [[id, traceparent] as const],
  );
  return traces.length === 0 ? {} : { traces: Object.fromEntries(traces) };
}

/** The smallest windows hold too few posts to tell terms. */
export function hasTerms({ tier }: Pick<Bucket, 'tier'>): boolean {
  return tier !== TIERS[0];
}
