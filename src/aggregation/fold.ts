import type { AggregationConfig } from '../config/schema.js';
import { ALL_BRANDS, type BrandId, type EpochMillis, epochMillis, type PostId } from '../contracts/ids.js';
import type { Traceparent } from '../contracts/trace-context.js';
import { bucketStart, TIER_MILLIS, TIERS } from '../contracts/window.js';
import type { AggregationCounters } from '../contracts/window-reader.js';
import type { Bucket } from './bucket.js';
import {
  type Contribution,
  contributionOf,
  countedBrands,
  isInWindows,
  type NewContribution,
  type Place,
  type Remembered,
  sameContent,
} from './contribution.js';
import type { CountedPost } from './counted-post.js';
import type { PositionedRecord } from './decode-scored.js';
import { type DistinctConfig, distinctnessOf, REPEATS, standingIn, tagOf, traitsOf } from './distinct.js';
import { correctableMillis, latenessOf } from './lateness.js';
import type { KnownBucket, PartitionMemory } from './partition-memory.js';
import type { PartitionView } from './store.js';
import { addPost, emptySums, hasTerms, type PostTraits, type Sums, takePost } from './sums.js';
import { Tally } from './tally.js';

export type SummaryConfig = DistinctConfig &
  Pick<
    AggregationConfig,
    | 'allowedLatenessMs'
    | 'latenessBySourceMs'
    | 'futureToleranceMs'
    | 'outOfOrdernessMs'
    | 'retentionMs'
    | 'retractionHorizonMs'
  >;

/** In which time zone a brand's days are. */
export type TimeZoneOf = (brand: BrandId) => string;

interface MutableChange {
  readonly bucket: Bucket;
  correction: boolean;
  readonly brands: Map<BrandId, Sums>;
}

type MutableCounters = { -readonly [Name in keyof AggregationCounters]: AggregationCounters[Name] };

/** The state of one run over records: each `add` moves it on by one, and `end` closes it. */
export class Fold {
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
  readonly changes = new Map<KnownBucket, MutableChange>();
  readonly changed = new Map<PostId, Remembered>();
  sourceOffset: number;
  greatestEventTime: EpochMillis | undefined;
  sums = 0;
  #offset = 0;
  /** By the buckets of a time and by brand. */
  readonly #tallies = new Map<readonly KnownBucket[], Map<BrandId, Tally>>();
  #traceparent: Traceparent | undefined;
  readonly #view: PartitionView;
  readonly #memory: PartitionMemory;
  readonly #config: SummaryConfig;
  readonly #timeZoneOf: TimeZoneOf;
  readonly #longestRetention: number;

  constructor(view: PartitionView, memory: PartitionMemory, config: SummaryConfig, timeZoneOf: TimeZoneOf) {
    this.#view = view;
    this.#memory = memory;
    this.#config = config;
    this.#timeZoneOf = timeZoneOf;
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
    else {
      this.#traceparent = record.traceparent;
      this.#count(before, record.post, record.sourceTimestamp);
    }
  }

  #delete(id: PostId, before: Remembered | undefined): void {
    if (before?.kind === 'deleted') {
      this.counters.duplicates += 1;
      return;
    }
    if (before !== undefined) this.#take(id, before);
    this.counters.deletions += 1;
    this.changed.set(id, { kind: 'deleted', revision: before?.revision ?? epochMillis(-1) });
  }

  #count(before: Remembered | undefined, scored: CountedPost, sourceTimestamp: EpochMillis): void {
    if (before !== undefined && scored.revision <= before.revision) {
      this.counters.duplicates += 1;
      return;
    }
    const { id } = scored;
    const post = contributionOf(scored);
    if (before?.kind !== 'post') {
      post.place = this.#placeOf(post, sourceTimestamp);
      this.#put(scored, post, false);
      return;
    }
    if (sameContent(before, post)) {
      this.counters.duplicates += 1;
      this.changed.set(id, { ...before, revision: post.revision });
      return;
    }
    this.counters.edits += 1;
    this.#take(id, before);
    // An edit corrects the post where it was counted, even if a new post would come too late for that window.
    const staysInWindows = isInWindows(before.place) && before.time === post.time;
    post.place = staysInWindows ? before.place : this.#placeOf(post, sourceTimestamp);
    this.#put(scored, post, staysInWindows);
  }

  #placeOf({ time, source }: Contribution, sourceTimestamp: EpochMillis): Place {
    if (time > sourceTimestamp + this.#config.futureToleranceMs) return 'future';
    if (time <= sourceTimestamp - this.#longestRetention) return 'old';
    // What was counted before the store lost it is counted again, however the windows stand.
    if (this.#isRebuilding) return 'counted';
    const { watermark } = this.#view.state;
    // The smallest window decides, so that every tier counts the same posts.
    const end = bucketStart(TIERS[0], time) + TIER_MILLIS[TIERS[0]];
    if (watermark === undefined || end > watermark) return 'counted';
    return end + latenessOf(source, this.#config) > watermark ? 'late' : 'old';
  }

  #put(scored: CountedPost, post: NewContribution, correction: boolean): void {
    this.#countPlace(post, 1);
    this.changed.set(scored.id, post);
    if (!isInWindows(post.place)) return;
    if (!correction) this.greatestEventTime = later(this.greatestEventTime, post.time);
    const traits = traitsOf(scored, this.#traceparent);
    const brands = countedBrands(post);
    const bucketsOf = (brand: BrandId): readonly KnownBucket[] =>
      this.#memory.bucketsAt(post.time, this.#timeZoneOf(brand));
    const distinctness = distinctnessOf(traits, brands, bucketsOf, this.#memory.recent, this.#config);
    post.distinct = distinctness.includes(REPEATS)
      ? distinctness.map((tiers) => (tiers === REPEATS ? 0 : tiers))
      : distinctness;
    for (let i = 0; i < brands.length; i += 1) {
      const brand = brands[i];
      const tiers = distinctness[i];
      if (brand !== undefined && tiers !== undefined)
        this.#addTo(brand, bucketsOf(brand), tiers, post, traits, correction);
    }
  }

  #addTo(
    brand: BrandId,
    buckets: readonly KnownBucket[],
    tiers: number,
    post: Contribution,
    traits: PostTraits,
    correction: boolean,
  ): void {
    if (!correction && !this.#isRebuilding) {
      this.#tallyOf(brand, buckets).add(post, traits, tiers);
      return;
    }
    for (let tier = 0; tier < buckets.length; tier += 1) {
      const known = buckets[tier];
      if (known === undefined) continue;
      const { bucket } = known;
      if (correction ? this.#hasExpired(bucket) : this.#hadExpired(bucket)) continue;
      const sums = this.#sumsOf(known, brand, correction);
      if (sums !== undefined) addPost(sums, post, traits, standingIn(tiers, tier), hasTerms(bucket));
    }
  }

  /** Nearly every post finds that of an earlier one of its brand and its ten seconds. */
  #tallyOf(brand: BrandId, buckets: readonly KnownBucket[]): Tally {
    let ofBuckets = this.#tallies.get(buckets);
    if (ofBuckets === undefined) {
      ofBuckets = new Map();
      this.#tallies.set(buckets, ofBuckets);
    }
    let tally = ofBuckets.get(brand);
    if (tally === undefined) {
      tally = new Tally(buckets.flatMap((known) => this.#sumsOf(known, brand, false) ?? []));
      ofBuckets.set(brand, tally);
    }
    return tally;
  }

  /** To be called after the last `add`. */
  end(): void {
    for (const ofBuckets of this.#tallies.values()) for (const tally of ofBuckets.values()) tally.settle();
  }

  get #isRebuilding(): boolean {
    return this.#offset < (this.#view.state.rebuildTo ?? 0);
  }

  /** Takes a post back out of the windows that have counted it. */
  #take(id: PostId, post: Contribution): void {
    this.#countPlace(post, -1);
    if (!isInWindows(post.place)) return;
    const tag = tagOf(id);
    this.#memory.recent.forget(tag);
    countedBrands(post).forEach((brand, i) => {
      const tiers = post.distinct[i] ?? 0;
      this.#memory.bucketsAt(post.time, this.#timeZoneOf(brand)).forEach((known, tier) => {
        if (this.#hasExpired(known.bucket)) return;
        if (known.brands.get(brand) === undefined) return;
        const sums = this.#sumsOf(known, brand, true);
        if (sums !== undefined) takePost(sums, post, { id, tag }, (tiers & (1 << tier)) !== 0);
      });
    });
  }

  #countPlace({ place }: Contribution, times: 1 | -1): void {
    if (!isInWindows(place)) {
      this.counters[place] += times;
      return;
    }
    this.counters.counted += times;
    if (place === 'late') this.counters.late += times;
  }

  /** Nothing is corrected in windows that no post of the retraction horizon can be in. */
  #hasExpired(bucket: Bucket): boolean {
    const reached = later(this.greatestEventTime, this.#view.state.watermark ?? epochMillis(0));
    return bucket.end + correctableMillis(bucket.tier, this.#config) <= reached;
  }

  /** When the store lost what is counted again: a window of that time is not served any more. */
  #hadExpired(bucket: Bucket): boolean {
    const { watermark } = this.#view.state;
    return watermark !== undefined && bucket.end + this.#config.retentionMs[bucket.tier] <= watermark;
  }

  /** Of a brand in a bucket, to be changed; `undefined` for a correction where nothing is left to be corrected. */
  #sumsOf(known: KnownBucket, brand: BrandId, correction: boolean): Sums | undefined {
    let sums = known.brands.get(brand);
    if (sums === undefined) {
      // All that was ever counted in a bucket is counted of all brands together.
      if (correction && known.brands.get(ALL_BRANDS) === undefined) return undefined;
      sums = emptySums();
      known.brands.set(brand, sums);
    }
    let change = this.changes.get(known);
    if (change === undefined) {
      change = { bucket: known.bucket, correction, brands: new Map() };
      this.changes.set(known, change);
    }
    change.correction &&= correction;
    if (!change.brands.has(brand)) {
      change.brands.set(brand, sums);
      this.sums += 1;
    }
    return sums;
  }
}

function later(a: EpochMillis | undefined, b: EpochMillis): EpochMillis {
  return a === undefined || b > a ? b : a;
}
