import type { AggregationConfig } from '../../config/schema.js';
import type { Clock } from '../../contracts/clock.js';
import { type BrandId, type EpochMillis, epochMillis, type PostId } from '../../contracts/ids.js';
import { bucketStart, type WindowAggregate, windowKey } from '../../contracts/window.js';
import type { AggregationCounters, WindowQuery } from '../../contracts/window-reader.js';
import { type Bucket, bucketName } from '../bucket.js';
import type { Remembered } from '../contribution.js';
import { counters, sumCounters } from '../counters.js';
import { type PackedSums, packSums, unpackSums } from '../packing.js';
import { rebuildingOf } from '../rebuilding.js';
import type { DirtyBucket, Gap, PartitionState, PartitionUpdate, WindowStore } from '../store.js';
import type { Sums } from '../sums.js';
import { dayRange, isShownDay, windowStarts } from '../window-range.js';

interface Partition {
  state: PartitionState;
  counters: AggregationCounters;
  readonly buckets: Map<string, { readonly bucket: Bucket; readonly brands: Map<BrandId, PackedSums> }>;
  /** Journals of `RecentPosts`, the oldest first. */
  recent: readonly string[];
  readonly dirty: Map<string, DirtyBucket>;
  gaps: readonly Gap[];
  /** Oldest first. */
  readonly remembered: Map<PostId, { readonly until: EpochMillis; readonly what: Remembered }>;
}

export type MemoryStoreConfig = Pick<AggregationConfig, 'retentionMs' | 'retractionHorizonMs'>;

/** Windows in this process alone: nothing outlives it, and it is its only closer. */
export function createMemoryStore(
  partitionCount: number,
  config: MemoryStoreConfig,
  clock: Clock,
): WindowStore {
  const partitions = Array.from({ length: partitionCount }, newPartition);
  const closed = new Map<string, WindowAggregate>();
  const unfinished = new Map<string, Bucket>();
  const longestRetention = Math.max(...Object.values(config.retentionMs));
  let watermark: EpochMillis | undefined;
  let knowsPast = false;

  function partitionAt(number: number): Partition {
    const partition = partitions[number];
    if (partition === undefined) throw new RangeError(`partition ${number} of ${partitionCount}`);
    return partition;
  }

  function hasExpired(bucket: Bucket, time: EpochMillis): boolean {
    return bucket.end + config.retentionMs[bucket.tier] <= time;
  }

  function expire(time: EpochMillis): void {
    for (const [key, window] of closed) if (hasExpired(window, time)) closed.delete(key);
    for (const partition of partitions) {
      for (const [name, { bucket }] of partition.buckets) {
        if (hasExpired(bucket, time)) partition.buckets.delete(name);
      }
      partition.gaps = partition.gaps.filter(({ latest }) => latest + longestRetention > time);
    }
  }

  async function windows({ brand, tier, from, to }: WindowQuery): Promise<readonly WindowAggregate[]> {
    if (watermark === undefined) return [];
    if (tier === '1d') {
      const closedUntil = watermark;
      const range = dayRange({ from, to }, closedUntil, config.retentionMs[tier]);
      return [...closed.values()]
        .filter((window) => window.brand === brand && window.tier === tier)
        .filter((window) => isShownDay(window, range, closedUntil))
        .sort((a, b) => a.start - b.start);
    }
    return windowStarts(tier, from, to, watermark, config.retentionMs[tier]).flatMap(
      (start) => closed.get(windowKey({ brand, tier, start })) ?? [],
    );
  }

  return {
    async read(partition, ids) {
      const { state, remembered } = partitionAt(partition);
      const found = new Map<PostId, Remembered>();
      for (const id of ids) {
        const entry = remembered.get(id);
        if (entry !== undefined && entry.until > clock.now()) found.set(id, entry.what);
      }
      return { state, remembered: found };
    },

    async sums(partition, queries) {
      const { buckets } = partitionAt(partition);
      return queries.map(({ bucket, brands }) => {
        const kept = buckets.get(bucketName(bucket))?.brands;
        return unpacked(brands.map((brand) => [brand, kept?.get(brand)]));
      });
    },

    recent: async (partition) => partitionAt(partition).recent,

    async apply(update) {
      const partition = partitionAt(update.partition);
      const { state } = partition;
      const { expected } = update;
      if (state.nextOffset !== expected.nextOffset || state.watermark !== expected.watermark)
        return 'conflict';
      const { rebuild, ...next } = update.next;
      const { to: rebuildTo = state.rebuildTo, watermark = state.watermark } = rebuild ?? {};
      partition.state = { ...state, ...next, rebuildTo, watermark, idleAt: undefined };
      partition.counters = sumCounters([partition.counters, update.counters]);
      partition.gaps = [...partition.gaps, ...update.gaps];
      const { journal, outdated } = update.recent;
      partition.recent = [...partition.recent, ...(journal === undefined ? [] : [journal])].slice(outdated);
      addChanges(partition, update);
      remember(partition, update, clock.now(), config.retractionHorizonMs);
      return 'applied';
    },

    async markIdle(number, nextOffset, at) {
      const partition = partitionAt(number);
      if (partition.state.nextOffset === nextOffset) partition.state = { ...partition.state, idleAt: at };
    },

    elect: async () => true,
    resign: async () => {},
    partitions: async () => partitions.map(({ state }) => state),

    async announce(to) {
      for (const partition of partitions) {
        if ((partition.state.watermark ?? Number.NEGATIVE_INFINITY) < to) {
          partition.state = { ...partition.state, watermark: to };
        }
      }
    },

    dirtyBuckets: async () => partitions.flatMap(({ dirty }) => [...dirty.values()]),
    unfinished: async (endedBy) => [...unfinished.values()].filter(({ end }) => end <= endedBy),
    gaps: async () => partitions.flatMap(({ gaps }) => gaps),

    async partials(bucket) {
      const name = bucketName(bucket);
      return partitions.flatMap(({ buckets }) => {
        const brands = buckets.get(name)?.brands;
        return brands === undefined ? [] : [unpacked([...brands])];
      });
    },

    async closed(bucket, brands) {
      const found = new Map<BrandId, WindowAggregate>();
      for (const brand of brands) {
        const window = closed.get(windowKey({ ...bucket, brand }));
        if (window !== undefined) found.set(brand, window);
      }
      return found;
    },

    async replace(changes) {
      for (const { after } of changes) closed.set(windowKey(after), after);
      return true;
    },

    async finishPass(outcome) {
      for (const bucket of outcome.unfinished) unfinished.set(bucketName(bucket), bucket);
      for (const bucket of outcome.finished) unfinished.delete(bucketName(bucket));
      for (const { partition, bucket, version } of outcome.merged) {
        const { dirty } = partitionAt(partition);
        if (dirty.get(bucketName(bucket))?.version === version) dirty.delete(bucketName(bucket));
      }
      const minute = watermark && bucketStart('1m', watermark);
      watermark = outcome.watermark;
      if (minute !== bucketStart('1m', watermark)) expire(watermark);
    },

    knowsPast: async () => knowsPast,
    async beginRestoring() {},
    async endRestoring() {
      knowsPast = true;
      return true;
    },

    async restore(windows) {
      for (const window of windows) closed.set(windowKey(window), window);
    },

    windows,
    summaries: windows,
    texts: async (query) =>
      (await windows(query)).map((window) => ({
        start: window.start,
        json: Buffer.from(JSON.stringify(window)),
      })),
    watermark: async () => watermark,
    rebuilding: async () => rebuildingOf(partitions.map(({ state }) => state)),
    counters: async () => sumCounters(partitions.map((partition) => partition.counters)),
    // There is no other process to share it with.
    claim: async () => ({ kind: 'claimed' }),
    namespace: async () => undefined,
    close: async () => {},
  };
}

function newPartition(): Partition {
  return {
    state: {
      nextOffset: undefined,
      sourceOffset: -1,
      greatestEventTime: undefined,
      idleAt: undefined,
      watermark: undefined,
      rebuildTo: undefined,
    },
    counters: counters(() => 0),
    buckets: new Map(),
    dirty: new Map(),
    gaps: [],
    recent: [],
    remembered: new Map(),
  };
}

function unpacked(
  brands: ReadonlyArray<readonly [BrandId, PackedSums | undefined]>,
): ReadonlyMap<BrandId, Sums> {
  return new Map(
    brands.flatMap(([brand, packed]) => (packed === undefined ? [] : [[brand, unpackSums(packed)] as const])),
  );
}

function addChanges(partition: Partition, update: PartitionUpdate): void {
  for (const { bucket, correction, brands } of update.changes) {
    const name = bucketName(bucket);
    let kept = partition.buckets.get(name);
    if (kept === undefined) {
      if (correction) continue;
      kept = { bucket, brands: new Map() };
      partition.buckets.set(name, kept);
    }
    for (const [brand, sums] of brands) {
      kept.brands.set(brand, { ...kept.brands.get(brand), ...packSums(sums) });
    }
    partition.dirty.set(name, { partition: update.partition, bucket, version: update.next.nextOffset });
  }
}

function remember(
  partition: Partition,
  update: PartitionUpdate,
  now: EpochMillis,
  horizonMillis: number,
): void {
  const { remembered } = partition;
  for (const [id, { until }] of remembered) {
    if (until > now) break;
    remembered.delete(id);
  }
  const until = epochMillis(now + horizonMillis);
  for (const [id, what] of update.remembered) {
    // Deleted first, so that it moves to the end and the oldest stay in front.
    remembered.delete(id);
    remembered.set(id, { until, what });
  }
}
