import { type Bucket, bucketAt, bucketName } from '../../src/aggregation/bucket.js';
import type { WindowStore } from '../../src/aggregation/store.js';
import { addSums, emptySums } from '../../src/aggregation/sums.js';
import { ALL_BRANDS, type BrandId, type EpochMillis } from '../../src/contracts/ids.js';
import { TIERS } from '../../src/contracts/window.js';
import type { KnownText } from './posts.js';

interface Counts {
  posts: number;
  negative: number;
  neutral: number;
  positive: number;
}

interface CountedBucket {
  readonly bucket: Bucket;
  readonly brands: Map<BrandId, Counts>;
}

/** Counts, in plain JavaScript and in this process, what the windows in Redis must say at the end. */
export class Oracle {
  /** Posts that belong into windows, and those whose time is out of every window's reach. */
  counted = 0;
  outside = 0;
  readonly #buckets = new Map<string, CountedBucket>();

  count({ brand, label }: KnownText, createdAt: EpochMillis): void {
    this.counted += 1;
    for (const tier of TIERS) {
      const { brands } = this.#at(bucketAt(tier, createdAt));
      for (const counted of [ALL_BRANDS, brand]) {
        let counts = brands.get(counted);
        if (counts === undefined) {
          counts = { posts: 0, negative: 0, neutral: 0, positive: 0 };
          brands.set(counted, counts);
        }
        counts.posts += 1;
        counts[label] += 1;
      }
    }
  }

  #at(bucket: Bucket): CountedBucket {
    const name = bucketName(bucket);
    const found = this.#buckets.get(name) ?? { bucket, brands: new Map<BrandId, Counts>() };
    this.#buckets.set(name, found);
    return found;
  }

  /**
   * How the store differs: in the counters, in what the partitions have counted of any bucket, and in the closed
   * windows as they are served. None once it is equal and every window that the clock has passed is closed.
   */
  async differences(store: WindowStore): Promise<readonly string[]> {
    const differences: string[] = [];
    const compare = (what: string, found: number, expected: number): void => {
      if (found !== expected) differences.push(`${what}: ${found} instead of ${expected}`);
    };
    const counters = await store.counters();
    compare('posts in windows', counters.counted, this.counted);
    compare('posts outside of windows', counters.future + counters.old, this.outside);
    const watermark = (await store.watermark()) ?? 0;
    for (const { bucket, brands } of this.#buckets.values()) {
      const partials = await store.partials(bucket);
      const isClosed = bucket.end <= watermark;
      if (bucket.tier === TIERS[0] && !isClosed) differences.push(`${bucketName(bucket)} is not closed`);
      const closed = isClosed ? await store.closed(bucket, [...brands.keys()]) : undefined;
      for (const [brand, expected] of brands) {
        const sums = emptySums();
        for (const partial of partials) addSums(sums, partial.get(brand) ?? emptySums());
        const where = `${brand} ${bucketName(bucket)}`;
        compareCounts(`${where} counted`, { posts: sums.posts, ...sums.labels }, expected);
        if (closed !== undefined) compareCounts(`${where} served`, closed.get(brand), expected);
      }
    }
    return differences;

    function compareCounts(what: string, found: Counts | undefined, expected: Counts): void {
      compare(`${what}, posts`, found?.posts ?? 0, expected.posts);
      compare(`${what}, negative`, found?.negative ?? 0, expected.negative);
      compare(`${what}, neutral`, found?.neutral ?? 0, expected.neutral);
      compare(`${what}, positive`, found?.positive ?? 0, expected.positive);
    }
  }
}
