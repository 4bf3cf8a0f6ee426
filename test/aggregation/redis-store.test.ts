import { connect, createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAggregator } from '../../src/aggregation/aggregator.js';
import { bucketAt } from '../../src/aggregation/bucket.js';
import { closeWindows } from '../../src/aggregation/close-windows.js';
import { openWindowStore } from '../../src/aggregation/open-store.js';
import { emptySums, toWindow } from '../../src/aggregation/sums.js';
import { ALL_BRANDS, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { redisUrl } from '../support/services.js';
import { batchOf, NOON, scored } from './posts.js';
import { defaults, manualClock, openStore, redisClient, storeConfig } from './stores.js';

const clock = manualClock(NOON);

async function open(aggregation: Partial<typeof defaults> = {}) {
  const config = storeConfig('redis', aggregation);
  const client = redisClient();
  onTestFinished(async () => void (await client.quit()));
  const store = await openStore('redis', clock, config);
  const aggregator = createAggregator({ store, config: defaults, clock, logger: silentLogger });
  const { namespace } = config.aggregation;
  return {
    store,
    aggregator,
    client,
    config,
    keys: async () => (await client.keys(`sf:*${namespace}*`)).sort(),
    key: (partition: number, name: string) => `sf:{${namespace}:${partition}}:${name}`,
    close: () => closeWindows({ store, config: defaults, clock, publish: async () => {} }),
    /** Posts in both partitions, and a pass that closes a window. */
    async fill() {
      for (const partition of [0, 1]) {
        const records = [scored(0, { id: 'a', brands: ['acme'] }), scored(1, { id: 'b', at: 15_000 })];
        await aggregator.aggregate(batchOf(records, partition));
      }
      aggregator.noteGap({ partition: 0, from: 2, to: 5 });
      await aggregator.aggregate(batchOf([scored(5, { id: 'c', at: 16_000 })]));
      return closeWindows({ store, config: defaults, clock, publish: async () => {} });
    },
  };
}

describe.skipIf(redisUrl === undefined)('windows in Redis', () => {
  it('go on when the server has forgotten the scripts at any time', async () => {
    const { aggregator, store, client, close } = await open();
    for (let i = 0; i < 4; i += 1) {
      await client.script('FLUSH');
      await aggregator.aggregate(batchOf([scored(i, { id: `p${i}`, at: i * 15_000 })]));
      await client.script('FLUSH');
      await store.markIdle(1, undefined, clock.now());
      await client.script('FLUSH');
      expect(await close()).toMatchObject({ kind: 'closed' });
    }
    expect(await store.counters()).toMatchObject({ counted: 4 });
  });

  it('expire, every key', async () => {
    const { fill, keys, client } = await open();
    expect(await fill()).toMatchObject({ kind: 'closed', revisions: 2 });
    const all = await keys();
    for (const part of [
      'state',
      'dirty',
      'gaps',
      'bucket:10s',
      'posts:',
      'names',
      'recent',
      'closer',
      'watermark',
      'unfinished',
      'windows',
    ]) {
      expect(all.some((key) => key.includes(part))).toBe(true);
    }
    for (const key of all)
      expect([key, await client.pttl(key)]).toEqual([key, expect.toSatisfy((ms) => ms > 0)]);
  });

  it('hash the keys that change together to one slot of a cluster', async () => {
    const { fill, keys } = await open();
    await fill();
    const tags = (await keys())
      .filter((key) => !key.includes(':windows:'))
      .map((key) => /^sf:\{([^}]+)\}:/.exec(key)?.[1]);
    expect(new Set(tags).size).toBe(3);
    expect(tags).not.toContain(undefined);
  });

  it('stay as they are where something that the batch needs is no hash', async () => {
    const { aggregator, client, key, keys } = await open();
    await client.set(key(0, `bucket:5m:${NOON}`), 'somebody else wrote this');
    const before = await keys();
    await expect(aggregator.aggregate(batchOf([scored(0, { id: 'a' })]))).rejects.toThrow('WRONGTYPE');
    expect(await keys()).toEqual(before);
  });

  it('forget what a post added after the retraction horizon', async () => {
    const { fill, client, keys } = await open({ retractionHorizonMs: 60_000 });
    await fill();
    const posts = (await keys()).filter((key) => key.includes(':posts:'));
    expect(posts).toHaveLength(5);
    // Those of a quarter of the horizon go together.
    for (const key of posts) expect(await client.pttl(key)).toBeLessThanOrEqual(75_000);
  });

  it('live with a retention and a horizon of nothing', async () => {
    const { fill } = await open({
      retractionHorizonMs: 0,
      retentionMs: { '10s': 0, '1m': 0, '5m': 0, '1h': 0, '1d': 0 },
    });
    expect(await fill()).toMatchObject({ kind: 'closed' });
  });

  it('have one closer of many, and another one when it resigns', async () => {
    const { store, config } = await open();
    const other = await openStore('redis', clock, config);
    expect([await store.elect(), await other.elect()]).toEqual([true, false]);
    await other.resign();
    expect([await store.elect(), await other.elect()]).toEqual([true, false]);
    await store.resign();
    expect([await other.elect(), await store.elect()]).toEqual([true, false]);
    expect(await closeWindows({ store, config: defaults, clock, publish: async () => {} })).toEqual({
      kind: 'not-elected',
    });
  });

  it('do not take a revision from a closer that was held up while another one went on', async () => {
    const { store } = await open();
    const bucket = bucketAt('1m', epochMillis(NOON));
    const window = (posts: number, revision: number) =>
      toWindow(ALL_BRANDS, bucket, { ...emptySums(), posts }, { revision, complete: true, final: false });
    await store.replace([{ before: undefined, after: window(1, 0) }]);
    await store.replace([{ before: window(1, 0), after: window(5, 1) }]);
    expect(await store.replace([{ before: window(1, 0), after: window(2, 1) }])).toBe(false);
    expect(await store.replace([{ before: undefined, after: window(2, 0) }])).toBe(false);
    expect((await store.closed(bucket, [ALL_BRANDS])).get(ALL_BRANDS)).toEqual(window(5, 1));
  });
});

/** Listens on a port of loopback that is free, and gives the port. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.skipIf(redisUrl === undefined)('a connection to Redis that breaks', () => {
  it('after a batch was applied and before the reply came: each post counts once', async () => {
    const target = new URL(redisUrl ?? '');
    let loseReply = false;
    let lost = 0;
    const proxy = createServer((socket) => {
      const redis = connect(Number(target.port), target.hostname);
      socket.pipe(redis);
      redis.on('data', (reply) => {
        if (!loseReply || !reply.equals(Buffer.from(':1\r\n'))) return void socket.write(reply);
        loseReply = false;
        lost += 1;
        socket.destroy();
      });
      socket.on('close', () => redis.destroy()).on('error', () => redis.destroy());
      redis.on('close', () => socket.destroy()).on('error', () => socket.destroy());
    });
    const port = await listen(proxy);
    onTestFinished(() => void proxy.close());
    const config = storeConfig('redis');
    const store = await openStore('redis', clock, {
      ...config,
      redis: { ...config.redis, url: `redis://127.0.0.1:${port}` },
    });
    const aggregator = createAggregator({ store, config: defaults, clock, logger: silentLogger });

    await aggregator.aggregate(batchOf([scored(0, { id: 'a' }), scored(1, { id: 'b' })]));
    loseReply = true;
    await aggregator.aggregate(batchOf([scored(2, { id: 'c' }), scored(3, { id: 'd' })]));
    expect(lost).toBe(1);
    expect(await store.counters()).toMatchObject({ counted: 4, duplicates: 0 });
  });
});

describe('a Redis that does not serve', () => {
  /** A port where nobody listens any more. */
  async function freePort(): Promise<number> {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  it('is named with a hint and without its password', async () => {
    const port = await freePort();
    const config = {
      aggregation: { ...defaults, store: 'redis' as const },
      redis: {
        url: `redis://user:secret@127.0.0.1:${port}`,
        connectTimeoutMs: 1_000,
        tls: { rejectUnauthorized: true },
      },
    };
    const opening = openWindowStore({ config, partitionCount: 1, clock, logger: silentLogger });
    await expect(opening).rejects.toMatchObject({
      code: 'SF_STORE_UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:${port}`),
      hint: expect.stringContaining('redis.url'),
    });
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
  });
});
