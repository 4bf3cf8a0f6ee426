import { type BrandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import type { Label } from '../contracts/labels.js';
import { bucketStart, TIER_MILLIS, type Tier, type WindowAggregate } from '../contracts/window.js';
import { type Contribution, POLARITY_SCALE } from './contribution.js';

/** A window of every brand: the unit that a partition adds to and that is closed as one. */
export interface Bucket {
  readonly tier: Tier;
  readonly start: EpochMillis;
}

/** Counts of one brand in one bucket, or a change of them. Integers all, so that adding is exact in any order. */
export interface Sums {
  posts: number;
  readonly labels: Record<Label, number>;
  polarityMicros: number;
  reach: number;
  readonly sources: Map<string, number>;
  readonly languages: Map<string, number>;
  readonly models: Map<string, number>;
}

export function emptySums(): Sums {
  return {
    posts: 0,
    labels: { negative: 0, neutral: 0, positive: 0 },
    polarityMicros: 0,
    reach: 0,
    sources: new Map(),
    languages: new Map(),
    models: new Map(),
  };
}

/** Adds a post (`times` 1) or takes it away (-1). */
export function addPost(sums: Sums, post: Contribution, times: 1 | -1): void {
  sums.posts += times;
  sums.labels[post.label] += times;
  sums.polarityMicros += times * post.polarityMicros;
  sums.reach += times * post.reach;
  add(sums.sources, post.source, times);
  add(sums.languages, post.language, times);
  add(sums.models, post.model, times);
}

export function addSums(sums: Sums, other: Sums): void {
  sums.posts += other.posts;
  sums.labels.negative += other.labels.negative;
  sums.labels.neutral += other.labels.neutral;
  sums.labels.positive += other.labels.positive;
  sums.polarityMicros += other.polarityMicros;
  sums.reach += other.reach;
  for (const [name, count] of other.sources) add(sums.sources, name, count);
  for (const [name, count] of other.languages) add(sums.languages, name, count);
  for (const [name, count] of other.models) add(sums.models, name, count);
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

/** The bucket of a tier that holds a time. */
export function bucketAt(tier: Tier, time: EpochMillis): Bucket {
  return { tier, start: bucketStart(tier, time) };
}

export function bucketEnd({ tier, start }: Bucket): EpochMillis {
  return epochMillis(start + TIER_MILLIS[tier]);
}

/** `tier:start`, unique within a namespace. */
export function bucketName({ tier, start }: Bucket): string {
  return `${tier}:${start}`;
}

/** What is said of a window beside its counts. */
export type WindowState = Pick<WindowAggregate, 'revision' | 'complete' | 'final'>;

/** A brand's counts as the window that people see. */
export function toWindow(brand: BrandId, bucket: Bucket, sums: Sums, state: WindowState): WindowAggregate {
  return {
    v: 1,
    brand,
    tier: bucket.tier,
    start: bucket.start,
    end: bucketEnd(bucket),
    posts: sums.posts,
    negative: sums.labels.negative,
    neutral: sums.labels.neutral,
    positive: sums.labels.positive,
    polaritySum: sums.polarityMicros / POLARITY_SCALE,
    reach: sums.reach,
    bySource: countsOf(sums.sources),
    byLanguage: countsOf(sums.languages),
    byModel: countsOf(sums.models),
    revision: state.revision,
    complete: state.complete,
    final: state.final,
  };
}

/** By name, so that equal counts are equal texts; names that edits and deletions emptied are left out. */
function countsOf(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(
    [...counts].filter(([, count]) => count !== 0).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
