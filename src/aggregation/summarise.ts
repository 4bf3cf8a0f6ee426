import type { AggregationConfig } from '../config/schema.js';
import {
  ALL_BRANDS,
  type BrandId,
  type EpochMillis,
  epochMillis,
  OTHER_BRANDS,
  type PostId,
} from '../contracts/ids.js';
import { TIERS } from '../contracts/window.js';
import type { AggregationCounters } from '../contracts/window-reader.js';
import {
  type Contribution,
  contributionOf,
  type Place,
  type Remembered,
  sameContent,
} from './contribution.js';
import type { PositionedRecord, ScoredRecords } from './decode-scored.js';
import { isRebuilding } from './rebuilding.js';
import type { Gap, PartitionState, PartitionUpdate, PartitionView } from './store.js';
import { addPost, type Bucket, bucketAt, bucketEnd, bucketName, emptySums, type Sums } from './sums.js';

export type SummaryConfig = Pick<
  AggregationConfig,
  'allowedLatenessMs' | 'futureToleranceMs' | 'outOfOrdernessMs' | 'retentionMs'
>;

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
const MAX_SUMS = 512;

/**
 * Sums up what a batch changes, given what the store knows: each post counts once by its id, under its latest
 * revision. Records before the store's position are left out. Ends early, with a position to go on from, where
 * the update would grow too large. Depends on the records' order and on nothing else, so however a partition's
 * records are cut into batches, the sum is the same.
 *
 * @param gaps those that are known of; what this update does not pass is left for a later one
 */
export function summarise(
  batch: ScoredRecords,
  view: PartitionView,
  gaps: readonly OffsetGap[],
  config: SummaryConfig,
): PartitionUpdate {
  const fold = new Fold(view, config);
  let nextOffset = batch.nextOffset;
  for (const record of batch.records) {
    if (record.offset < (view.state.nextOffset ?? 0)) continue;
    if (fold.sums >= MAX_SUMS) {
      nextOffset = record.offset;
      break;
    }
    fold.add(record);
  }
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

interface MutableChange {
  readonly bucket: Bucket;
  correction: boolean;
  readonly brands: Map<BrandId, Sums>;
}

type MutableCounters = { -readonly [Name in keyof AggregationCounters]: AggregationCounters[Name] };

/** The state of one run over records: each `add` moves it on by one. */
class Fold {
  readonly counters: MutableCounters = {
    counted: 0,
    late: 0,
    future: 0,
    old: 0,
    duplicates: 0,
    edits: 0,
    deletions: 0,
    gaps: 0,
  };
  readonly changes = new Map<string, MutableChange>();
  readonly changed = new Map<PostId, Remembered>();
  sourceOffset: number;
  greatestEventTime: EpochMillis | undefined;
  sums = 0;
  #offset = 0;
  readonly #view: PartitionView;
  readonly #config: SummaryConfig;
  readonly #longestRetention: number;

  constructor(view: PartitionView, config: SummaryConfig) {
    this.#view = view;
    this.#config = config;
    this.#longestRetention = Math.max(...Object.values(config.retentionMs));
    this.sourceOffset = view.state.sourceOffset;
    this.greatestEventTime = view.state.greatestEventTime;
  }

  add(record: PositionedRecord): void {
    this.#offset = record.offset;
    if (record.sourceOffset <= this.sourceOffset) {
      this.counters.duplicates += 1;
      return;
    }
    this.sourceOffset = record.sourceOffset;
    const id = record.kind === 'deleted' ? record.id : record.post.id;
    const before = this.changed.get(id) ?? this.#view.remembered.get(id);
    if (record.kind === 'deleted') this.#delete(id, before);
    else this.#count(id, before, contributionOf(record.post, 'counted'), record.sourceTimestamp);
  }

  #delete(id: PostId, before: Remembered | undefined): void {
    if (before?.kind === 'deleted') {
      this.counters.duplicates += 1;
      return;
    }
    if (before !== undefined) this.#put(before, -1, true);
    this.counters.deletions += 1;
    this.changed.set(id, { kind: 'deleted', revision: before?.revision ?? epochMillis(-1) });
  }

  #count(id: PostId, before: Remembered | undefined, post: Contribution, sourceTimestamp: EpochMillis): void {
    if (before !== undefined && post.revision <= before.revision) {
      this.counters.duplicates += 1;
      return;
    }
    if (before?.kind !== 'post') {
      this.#remember(id, { ...post, place: this.#placeOf(post.time, sourceTimestamp) }, false);
      return;
    }
    if (sameContent(before, post)) {
      this.counters.duplicates += 1;
      this.changed.set(id, { ...before, revision: post.revision });
      return;
    }
    this.counters.edits += 1;
    this.#put(before, -1, true);
    // An edit corrects the post where it was counted, even if a new post would come too late for that window.
    const staysInWindows = isInWindows(before.place) && before.time === post.time;
    const place = staysInWindows ? before.place : this.#placeOf(post.time, sourceTimestamp);
    this.#remember(id, { ...post, place }, staysInWindows);
  }

  #remember(id: PostId, post: Contribution, correction: boolean): void {
    this.#put(post, 1, correction);
    this.changed.set(id, post);
  }

  #placeOf(time: EpochMillis, sourceTimestamp: EpochMillis): Place {
    const { futureToleranceMs, allowedLatenessMs } = this.#config;
    if (time > sourceTimestamp + futureToleranceMs) return 'future';
    if (time <= sourceTimestamp - this.#longestRetention) return 'old';
    const { watermark, rebuildTo = 0 } = this.#view.state;
    // What was counted before the store lost it is counted again, however the windows stand.
    if (this.#offset < rebuildTo) return 'counted';
    // The smallest window decides, so that every tier counts the same posts.
    const end = bucketEnd(bucketAt(TIERS[0], time));
    if (watermark === undefined || end > watermark) return 'counted';
    return end + allowedLatenessMs > watermark ? 'late' : 'old';
  }

  #put(post: Contribution, times: 1 | -1, correction: boolean): void {
    if (!isInWindows(post.place)) {
      this.counters[post.place] += times;
      return;
    }
    this.counters.counted += times;
    if (post.place === 'late') this.counters.late += times;
    if (!correction) this.greatestEventTime = later(this.greatestEventTime, post.time);
    const brands = post.brands.length > 0 ? post.brands : [OTHER_BRANDS];
    for (const tier of TIERS) {
      const bucket = bucketAt(tier, post.time);
      if (correction ? this.#hasExpired(bucket) : this.#hadExpired(bucket)) continue;
      const change = this.#changeOf(bucket, correction);
      this.#addTo(change, ALL_BRANDS, post, times);
      for (const brand of brands) this.#addTo(change, brand, post, times);
    }
  }

  /** Windows are kept for a time; after that there is nothing to correct. */
  #hasExpired(bucket: Bucket): boolean {
    const reached = later(this.greatestEventTime, this.#view.state.watermark ?? epochMillis(0));
    return bucketEnd(bucket) + this.#config.retentionMs[bucket.tier] <= reached;
  }

  /** When the store lost it: a window of that time is not served any more. */
  #hadExpired(bucket: Bucket): boolean {
    const { watermark, rebuildTo = 0 } = this.#view.state;
    if (this.#offset >= rebuildTo || watermark === undefined) return false;
    return bucketEnd(bucket) + this.#config.retentionMs[bucket.tier] <= watermark;
  }

  #changeOf(bucket: Bucket, correction: boolean): MutableChange {
    const name = bucketName(bucket);
    let change = this.changes.get(name);
    if (change === undefined) {
      change = { bucket, correction, brands: new Map() };
      this.changes.set(name, change);
    }
    change.correction &&= correction;
    return change;
  }

  #addTo(change: MutableChange, brand: BrandId, post: Contribution, times: 1 | -1): void {
    let sums = change.brands.get(brand);
    if (sums === undefined) {
      sums = emptySums();
      change.brands.set(brand, sums);
      this.sums += 1;
    }
    addPost(sums, post, times);
  }
}

function isInWindows(place: Place): place is 'counted' | 'late' {
  return place === 'counted' || place === 'late';
}

function later(a: EpochMillis | undefined, b: EpochMillis): EpochMillis {
  return a === undefined || b > a ? b : a;
}
