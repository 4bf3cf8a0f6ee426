import { describe, expect, it } from 'vitest';
import { createAggregator } from '../../src/aggregation/aggregator.js';
import { closeWindows } from '../../src/aggregation/close-windows.js';
import { openWindowStore } from '../../src/aggregation/open-store.js';
import { ALL_BRANDS, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { redisUrl } from '../support/services.js';
import { batchOf, NOON, scored } from './posts.js';
import { defaults, manualClock, openStore, PARTITIONS, redisClient, storeConfig } from './stores.js';

const clock = manualClock(NOON);

/** A namespace, seen by the one who fills it. */
async function openNamespace() {
  const config = storeConfig('redis');
  const store = await openStore('redis', clock, config);
  const aggregator = createAggregator({ store, config: defaults, clock, logger: silentLogger });
  return {
    name: config.aggregation.namespace,
    config,
    store,
    async fill() {
      const records = [scored(0, { id: 'a' }), scored(1, { id: 'b', at: 90_000 })];
      for (const partition of [0, 1]) await aggregator.aggregate(batchOf(records, partition));
      await closeWindows({ store, config: defaults, clock, publish: async () => {} });
    },
  };
}

describe.skipIf(redisUrl === undefined)('a namespace in Redis', () => {
  it('is found by others under its name once it is claimed', async () => {
    const live = await openNamespace();
    const { name, store, fill } = await openNamespace();
    expect(await live.store.namespace(name)).toBeUndefined();
    expect(await store.claim('replay.march')).toEqual({ kind: 'claimed' });
    await fill();
    const reader = await live.store.namespace(name);
    expect(await reader?.counters()).toMatchObject({ counted: 4 });
    expect(await reader?.watermark()).toBe(await store.watermark());
    const range = { from: epochMillis(NOON), to: epochMillis(NOON + 60_000) };
    expect(await reader?.windows({ brand: ALL_BRANDS, tier: '1m', ...range })).toMatchObject([{ posts: 2 }]);
    expect(await live.store.counters()).toMatchObject({ counted: 0 });
  });

  it('is claimed again by the same topic, and by no other', async () => {
    const { store, config, fill } = await openNamespace();
    await store.claim('replay.march');
    await fill();
    expect(await store.claim('replay.march')).toEqual({ kind: 'claimed' });
    expect(await store.claim('replay.april')).toEqual({ kind: 'taken', topic: 'replay.march' });
    const wider = await openWindowStore({
      config,
      partitionCount: PARTITIONS + 1,
      clock,
      logger: silentLogger,
    });
    expect(await wider.claim('replay.march')).toEqual({ kind: 'taken', topic: 'replay.march' });
    await wider.close();
  });

  it('in which a worker keeps its windows is not claimed, nor found', async () => {
    const { store, fill, name } = await openNamespace();
    await fill();
    expect(await store.claim('replay.march')).toEqual({ kind: 'taken', topic: undefined });
    expect(await store.namespace(name)).toBeUndefined();
  });

  it('expires as its windows do', async () => {
    const { store, name } = await openNamespace();
    await store.claim('replay.march');
    const client = redisClient();
    const ttl = await client.pttl(`sf:{${name}}:origin`);
    await client.quit();
    expect(ttl).toBeGreaterThan(36 * 86_400_000);
  });

  it('whose name could be part of another key is none', async () => {
    const { store } = await openNamespace();
    for (const name of ['', 'a}:b', 'A', 'x'.repeat(65)]) expect(await store.namespace(name)).toBeUndefined();
  });
});
