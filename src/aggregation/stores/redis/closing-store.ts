import { groupBy } from '../../../contracts/group-by.js';
import { type BrandId, epochMillis } from '../../../contracts/ids.js';
import type { Tier, WindowAggregate } from '../../../contracts/window.js';
import { bucketName, parseBucketName } from '../../bucket.js';
import type { ClosingStore, DirtyBucket, WindowChange } from '../../store.js';
import type { Connection } from './connection.js';
import { type Keys, spanMillis } from './keys.js';
import { type RetentionConfig, readState, stateMillis } from './partition-store.js';
import { scripts } from './script.js';
import { countsField, countsText } from './stored-counts.js';
import { storedWindow } from './stored-window.js';
import { brandsIn } from './sums-fields.js';

/** A closer that has not been heard of for this long is followed by another one. */
const LOCK_MILLIS = 15_000;

/** Most names in one call of a script, so that each takes a few milliseconds. */
const NAMES_AT_ONCE = 1_000;

/**
 * @param partitionCount of the topic `sentiment.scored`
 * @param closer names this process among those that may close windows
 */
export function createClosingStore(
  connection: Connection,
  keys: Keys,
  partitionCount: number,
  closer: string,
  config: RetentionConfig,
): ClosingStore {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
  const ofEach = <Result>(read: (partition: number) => Promise<Result>): Promise<Result[]> =>
    Promise.all(partitions.map(read));

  return {
    elect: async () => (await connection.run(scripts.elect, [keys.lock], [closer, LOCK_MILLIS])) === 1,

    async resign() {
      await connection.run(scripts.resign, [keys.lock], [closer]);
    },

    partitions: () => ofEach((partition) => readState(connection, keys, partition)),

    async announce(watermark) {
      const ttl = stateMillis(config);
      await ofEach((partition) =>
        connection.run(scripts.announce, [keys.state(partition)], [watermark, ttl]),
      );
    },

    async dirtyBuckets() {
      const found = await ofEach(async (partition) => {
        const marks = await connection.send((client) => client.hgetall(keys.dirty(partition)));
        return Object.entries(marks).map(
          ([name, version]): DirtyBucket => ({
            partition,
            bucket: parseBucketName(name),
            version: Number(version),
          }),
        );
      });
      return found.flat();
    },

    async unfinished(endedBy) {
      const names = await connection.send((client) => client.zrangebyscore(keys.unfinished, '-inf', endedBy));
      return names.map(parseBucketName);
    },

    async gaps() {
      const found = await ofEach(async (partition) => {
        const gaps = await connection.send((client) => client.hgetall(keys.gaps(partition)));
        return Object.entries(gaps).map(([from, rest]) => {
          const [to = 0, earliest = 0, latest = 0] = rest.split(':').map(Number);
          return { from: Number(from), to, earliest: epochMillis(earliest), latest: epochMillis(latest) };
        });
      });
      return found.flat();
    },

    async partials(bucket) {
      const hashes = await ofEach((partition) =>
        connection.send((client) => client.hgetall(keys.bucket(partition, bucket))),
      );
      return hashes.map(brandsIn).filter(({ size }) => size > 0);
    },

    async closed(bucket, brands) {
      const found = new Map<BrandId, WindowAggregate>();
      await Promise.all(
        brands.map(async (brand) => {
          const key = keys.windows(brand, bucket.tier, bucket.start);
          const window = await connection.send((client) => client.hget(key, String(bucket.start)));
          if (window !== null) found.set(brand, storedWindow(window));
        }),
      );
      return found;
    },

    async replace(changes) {
      const byKey = groupBy(changes, ({ after: { brand, tier, start } }) => keys.windows(brand, tier, start));
      const replies = await Promise.all(
        [...byKey].map(([key, sameKey]) =>
          connection.run(scripts.replaceWindows, [key], replaceArguments(sameKey, config)),
        ),
      );
      return replies.every((reply) => reply === 1);
    },

    async restore(windows) {
      const byKey = groupBy(windows, ({ brand, tier, start }) => keys.windows(brand, tier, start));
      for (const [key, sameKey] of byKey) {
        const fields = sameKey.flatMap((window) => {
          const counts = countsText(window);
          const whole = [String(window.start), JSON.stringify(window)];
          return counts === undefined ? whole : [...whole, countsField(window.start), counts];
        });
        await connection.send((client) => client.hset(key, fields));
        const [first] = sameKey;
        if (first !== undefined)
          await connection.send((client) => client.pexpire(key, windowMillis(first.tier, config)));
      }
    },

    async knowsPast() {
      return (await connection.send((client) => client.get(keys.past))) === 'known';
    },

    async beginRestoring() {
      await connection.send((client) => client.set(keys.past, 'restoring', 'PX', stateMillis(config)));
    },

    async endRestoring() {
      const set = await connection.send((client) =>
        client.set(keys.past, 'known', 'PX', stateMillis(config), 'XX'),
      );
      return set === 'OK';
    },

    async finishPass({ merged, unfinished, finished, watermark }) {
      // Marks go last: while one is there, the bucket is looked at again.
      const steps = Math.max(1, Math.ceil(Math.max(unfinished.length, finished.length) / NAMES_AT_ONCE));
      for (let step = 0; step < steps; step += 1) {
        const part = <Item>(items: readonly Item[]): readonly Item[] =>
          items.slice(step * NAMES_AT_ONCE, (step + 1) * NAMES_AT_ONCE);
        const added = part(unfinished).flatMap((bucket) => [bucket.end, bucketName(bucket)]);
        await connection.run(
          scripts.finishPass,
          [keys.watermark, keys.unfinished],
          [watermark, stateMillis(config), added.length / 2, ...added, ...part(finished).map(bucketName)],
        );
      }
      await ofEach(async (partition) => {
        const marks = merged.filter((mark) => mark.partition === partition);
        for (let i = 0; i < marks.length; i += NAMES_AT_ONCE) {
          const names = marks
            .slice(i, i + NAMES_AT_ONCE)
            .flatMap(({ bucket, version }) => [bucketName(bucket), version]);
          await connection.run(scripts.clearDirty, [keys.dirty(partition)], names);
        }
      });
    },
  };
}

/** How long a hash of windows lives after it was written last. */
function windowMillis(tier: Tier, config: RetentionConfig): number {
  return config.retentionMs[tier] + spanMillis(tier);
}

/** Of windows that lie in one hash. */
function replaceArguments(changes: readonly WindowChange[], config: RetentionConfig): Array<string | number> {
  const args: Array<string | number> = [];
  for (const { before, after } of changes) {
    if (args.length === 0) args.push(windowMillis(after.tier, config));
    args.push(after.start, before?.revision ?? '', JSON.stringify(after), countsText(after) ?? '');
  }
  return args;
}
