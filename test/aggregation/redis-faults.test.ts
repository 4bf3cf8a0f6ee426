import { describe, expect, it } from 'vitest';
import { createAggregator } from '../../src/aggregation/aggregator.js';
import { closeWindows } from '../../src/aggregation/close-windows.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { canStartRedis, ownRedis } from '../support/own-redis.js';
import { redisWay } from '../support/redis-way.js';
import { batchOf, NOON, scored } from './posts.js';
import { defaults, manualClock, openStore, storeConfig } from './stores.js';

const clock = manualClock(NOON);

/** An aggregator whose store is in a Redis of its own. */
async function open(url: string) {
  const config = storeConfig('memory');
  const store = await openStore('redis', clock, {
    ...config,
    aggregation: { ...config.aggregation, store: 'redis' },
    redis: { url, connectTimeoutMs: 1_000, tls: { rejectUnauthorized: true } },
  });
  const aggregator = createAggregator({ store, config: defaults, clock, logger: silentLogger });
  let offset = 0;
  return {
    store,
    aggregator,
    /** Counts posts of different minutes, so that each changes sums of its own. */
    async post(count: number): Promise<void> {
      const records = Array.from({ length: count }, (_, i) =>
        scored(offset + i, { id: `p${offset + i}`, at: ((offset + i) % 300) * 60_000 }, NOON + 300 * 60_000),
      );
      offset += count;
      await aggregator.aggregate(batchOf(records));
    },
    close: () => closeWindows({ store, config: defaults, clock, publish: async () => {} }),
  };
}

describe.skipIf(!canStartRedis)('a Redis in trouble', () => {
  it('that forgets its scripts again and again, between and within batches, counts each post once', async () => {
    const redis = await ownRedis();
    const { post, store, close } = await open(redis.url);
    const client = redis.client();
    let flushes = 0;
    let done = false;
    const flushing = (async () => {
      while (!done) {
        await client.script('FLUSH');
        flushes += 1;
      }
    })();
    for (let i = 0; i < 20; i += 1) {
      // More sums than one call of the script takes.
      await post(300);
      await close();
    }
    done = true;
    await flushing;
    expect(flushes).toBeGreaterThan(100);
    expect(await store.counters()).toMatchObject({ counted: 6_000, duplicates: 0 });
  });

  it('that has become a replica is left, and the new primary goes on where it stands', async () => {
    const [old, next] = [await ownRedis(), await ownRedis()];
    const way = await redisWay(old.port);
    const { post, store } = await open(way.url);
    await post(100);
    await next.client().replicaof('127.0.0.1', old.port);
    const watcher = next.client();
    await expect
      .poll(() => watcher.info('replication'), { timeout: 15_000 })
      .toContain('master_link_status:up');
    await expect.poll(() => watcher.dbsize(), { timeout: 5_000 }).toBe(await old.client().dbsize());

    await next.client().replicaof('NO', 'ONE');
    await old.client().replicaof('127.0.0.1', next.port);
    const before = way.connections;
    way.leadTo(next.port);
    await post(100);
    expect(way.connections).toBeGreaterThan(before);
    expect(await store.counters()).toMatchObject({ counted: 200, duplicates: 0 });
  });

  it('whose connection is half open is given up after ten seconds', async () => {
    const redis = await ownRedis();
    const way = await redisWay(redis.port);
    const { post, store } = await open(way.url);
    await post(100);
    way.freeze();
    const begun = performance.now();
    await post(100);
    expect(performance.now() - begun).toBeGreaterThan(9_000);
    expect(await store.counters()).toMatchObject({ counted: 200, duplicates: 0 });
  });

  it('whose memory is full is waited for, and half a batch is never counted', async () => {
    const redis = await ownRedis();
    const { post, store } = await open(redis.url);
    const client = redis.client();
    await post(100);
    await client.config('SET', 'maxmemory', '1');
    let posted = false;
    const posting = post(100).then(() => {
      posted = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(posted).toBe(false);
    expect(await store.counters()).toMatchObject({ counted: 100 });
    await client.config('SET', 'maxmemory', '0');
    await posting;
    expect(await store.counters()).toMatchObject({ counted: 200, duplicates: 0 });
  });

  it('that is killed and comes back without its data is said to have lost it, also where no batch comes', async () => {
    const redis = await ownRedis('--appendonly', 'no');
    const { post, aggregator } = await open(redis.url);
    await post(100);
    expect(await aggregator.lost()).toEqual([]);
    await redis.kill();
    await redis.start();
    await expect.poll(() => aggregator.lost().catch(() => undefined)).toEqual([0]);
    await expect(post(1)).rejects.toMatchObject({ code: 'SF_STORE_CONFLICT' });
  });
});
