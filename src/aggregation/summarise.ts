import { type BrandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import { type Contribution, countedBrands } from './contribution.js';
import type { PositionedRecord, ScoredRecords } from './decode-scored.js';
import { Fold, type SummaryConfig, type TimeZoneOf } from './fold.js';
import type { KnownBucket, PartitionMemory } from './partition-memory.js';
import { isRebuilding } from './rebuilding.js';
import type { Gap, PartitionState, PartitionUpdate, PartitionView, SumsQuery } from './store.js';

/** Offsets lost below the log's start. */
export interface OffsetGap {
  readonly from: number;
  readonly to: number;
  /** Event time of the last that may be lost, where no later post tells. */
  readonly latest?: EpochMillis;
}

/**
 * How many sums (a brand in a bucket) one update may change, so that a store applies it in a few milliseconds:
 * posts of one minute share a hundred sums, posts from all over a year share none.
 */
const MAX_SUMS = 1_024;

/** The sums that a batch changes and that are not known. */
export function unknownSums(
  records: readonly PositionedRecord[],
  { remembered }: PartitionView,
  memory: PartitionMemory,
  timeZoneOf: TimeZoneOf,
): readonly SumsQuery[] {
  const asked = new Map<KnownBucket, Set<BrandId>>();
  /** Most posts of a batch share their time and their brand with others. */
  const seen = new Map<readonly KnownBucket[], Set<BrandId>>();
  const ask = (post: Pick<Contribution, 'brands'>, time: EpochMillis): void => {
    for (const brand of countedBrands(post)) {
      const buckets = memory.bucketsAt(time, timeZoneOf(brand));
      if (!addTo(seen, buckets, brand)) continue;
      for (const known of buckets) if (!known.brands.has(brand)) addTo(asked, known, brand);
    }
  };
  for (const record of records) {
    if (record.kind === 'scored') ask(record.post, record.post.time);
  }
  for (const before of remembered.values()) if (before.kind === 'post') ask(before, before.time);
  return [...asked].map(([{ bucket }, brands]) => ({ bucket, brands: [...brands] }));
}

/** @returns whether it was not there before */
function addTo<Key>(sets: Map<Key, Set<BrandId>>, key: Key, brand: BrandId): boolean {
  const brands = sets.get(key);
  if (brands === undefined) sets.set(key, new Set([brand]));
  else if (brands.has(brand)) return false;
  else brands.add(brand);
  return true;
}

/**
 * Sums up what a batch changes, given what the store knows: each post counts once by its id, under its latest
 * revision. Records before the store's position are left out. Ends early, with a position to go on from, where
 * the update would grow too large. Depends on the records' order and on nothing else, so however a partition's
 * records are cut into batches, the sum is the same.
 *
 * @param memory of the partition at the view's position, with all of `unknownSums`; it is moved on
 * @param gaps those that are known of; what this update does not pass is left for a later one
 */
export function summarise(
  batch: ScoredRecords,
  view: PartitionView,
  memory: PartitionMemory,
  gaps: readonly OffsetGap[],
  config: SummaryConfig,
  timeZoneOf: TimeZoneOf,
): PartitionUpdate {
  const fold = new Fold(view, memory, config, timeZoneOf);
  let nextOffset = batch.nextOffset;
  for (const record of batch.records) {
    if (record.offset < (view.state.nextOffset ?? 0)) continue;
    if (fold.sums >= MAX_SUMS) {
      nextOffset = record.offset;
      break;
    }
    fold.add(record);
  }
  fold.end();
  const passed = gaps.filter(({ from, to }) => from < nextOffset && to > (view.state.nextOffset ?? 0));
  return {
    partition: batch.partition,
    expected: view.state,
    next: {
      nextOffset,
      sourceOffset: fold.sourceOffset,
      greatestEventTime: fold.greatestEventTime,
    },
    counters: { ...fold.counters, gaps: passed.reduce((lost, { from, to }) => lost + to - from, 0) },
    changes: [...fold.changes.values()],
    remembered: fold.changed,
    recent: memory.takeRecentChange(),
    gaps: passed.map((gap) => timedGap(gap, view.state, fold.greatestEventTime, config)),
  };
}

/** What was lost lies, as far as can be told, between what was counted before the gap and just after it. */
function timedGap(
  gap: OffsetGap,
  before: PartitionState,
  greatestEventTime: EpochMillis | undefined,
  config: SummaryConfig,
): Gap {
  // What a store knows that is read again says nothing of what is missing before it.
  const known = isRebuilding(before) ? 0 : (before.watermark ?? 0);
  const earliest = Math.max(known, (before.greatestEventTime ?? 0) - config.outOfOrdernessMs);
  const latest = Math.max(earliest, gap.latest ?? greatestEventTime ?? 0);
  return { from: gap.from, to: gap.to, earliest: epochMillis(earliest), latest: epochMillis(latest) };
}
