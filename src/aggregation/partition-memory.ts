import { type BrandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import { bucketStart, TIERS } from '../contracts/window.js';
import { type Bucket, bucketAt, bucketName } from './bucket.js';
import { RecentPosts } from './recent-posts.js';
import type { PartitionStore, RecentChange, SumsQuery } from './store.js';
import type { Sums } from './sums.js';

/** Sums that are kept, some 3 KB each; when there are more all of them are read again. */
const MOST_SUMS_KEPT = 10_000;
const MOST_TIMES_KEPT = 100_000;

/** What is known of a bucket. */
export interface KnownBucket {
  readonly bucket: Bucket;
  /** By brand, to be changed in place; `undefined` where the store has nothing of it. Others are not known. */
  readonly brands: Map<BrandId, Sums | undefined>;
}

interface TimeOfZone {
  readonly zone: string;
  /** Of ten seconds. */
  readonly start: EpochMillis;
  readonly buckets: readonly KnownBucket[];
}

const NOWHERE: TimeOfZone = { zone: '', start: epochMillis(Number.NaN), buckets: [] };

/**
 * What an aggregator knows of a partition, as the store has it at one position, so that the store is not asked with
 * every batch. Summarising a batch moves it on. Where the store has not taken the update it must be thrown away.
 */
export class PartitionMemory {
  readonly recent: RecentPosts;
  readonly #recentPosts: number;
  readonly #buckets = new Map<string, KnownBucket>();
  /** By time zone and ten seconds. */
  readonly #places = new Map<string, Map<EpochMillis, readonly KnownBucket[]>>();
  #last = NOWHERE;
  /** How many posts each journal has added that the store keeps, the oldest first. */
  readonly #journals: number[] = [];
  #journaled = 0;

  /** @param recentPosts how many posts are kept to tell what repeats them */
  constructor(recentPosts: number) {
    this.#recentPosts = recentPosts;
    this.recent = new RecentPosts(recentPosts);
  }

  static async load(
    store: Pick<PartitionStore, 'recent'>,
    partition: number,
    recentPosts: number,
  ): Promise<PartitionMemory> {
    const memory = new PartitionMemory(recentPosts);
    for (const journal of await store.recent(partition)) memory.#keep(memory.recent.replay(journal));
    return memory;
  }

  /** The bucket of each tier that holds a time, in the order of `TIERS`. */
  bucketsAt(time: EpochMillis, zone: string): readonly KnownBucket[] {
    const start = bucketStart(TIERS[0], time);
    // Posts that follow each other are often of the same ten seconds.
    if (start !== this.#last.start || zone !== this.#last.zone)
      this.#last = { zone, start, buckets: this.#bucketsFrom(start, zone) };
    return this.#last.buckets;
  }

  #bucketsFrom(start: EpochMillis, zone: string): readonly KnownBucket[] {
    let ofZone = this.#places.get(zone);
    if (ofZone === undefined) {
      ofZone = new Map();
      this.#places.set(zone, ofZone);
    }
    let buckets = ofZone.get(start);
    if (buckets === undefined) {
      buckets = TIERS.map((tier) => this.#bucket(bucketAt(tier, start, zone)));
      ofZone.set(start, buckets);
    }
    return buckets;
  }

  /** Takes in what the store answered. */
  fill(queries: readonly SumsQuery[], answers: ReadonlyArray<ReadonlyMap<BrandId, Sums>>): void {
    queries.forEach(({ bucket, brands }, i) => {
      const known = this.#bucket(bucket);
      for (const brand of brands) known.brands.set(brand, answers[i]?.get(brand));
    });
  }

  /** Lets go of sums where there are too many; to be called between two batches. */
  tidy(): void {
    let sums = 0;
    for (const { brands } of this.#buckets.values()) sums += brands.size;
    if (sums < MOST_SUMS_KEPT && this.#buckets.size < MOST_TIMES_KEPT) return;
    this.#buckets.clear();
    this.#places.clear();
    this.#last = NOWHERE;
  }

  /** What the store is to change of the journals of `recent`. */
  takeRecentChange(): RecentChange {
    const journal = this.recent.takeJournal();
    if (journal !== undefined) this.#keep(journal.added);
    let outdated = 0;
    for (;;) {
      const oldest = this.#journals[0];
      if (oldest === undefined || this.#journaled - oldest < this.#recentPosts) break;
      this.#journals.shift();
      this.#journaled -= oldest;
      outdated += 1;
    }
    return { journal: journal?.text, outdated };
  }

  #keep(added: number): void {
    this.#journals.push(added);
    this.#journaled += added;
  }

  #bucket(bucket: Bucket): KnownBucket {
    const name = bucketName(bucket);
    let known = this.#buckets.get(name);
    if (known === undefined) {
      known = { bucket, brands: new Map() };
      this.#buckets.set(name, known);
    }
    return known;
  }
}
