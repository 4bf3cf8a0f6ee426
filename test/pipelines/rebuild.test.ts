import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openWindowStore } from '../../src/aggregation/open-store.js';
import type { WindowStore } from '../../src/aggregation/store.js';
import { configSchema } from '../../src/config/schema.js';
import type { Clock } from '../../src/contracts/clock.js';
import { ALL_BRANDS, brandId, epochMillis } from '../../src/contracts/ids.js';
import { LABELS } from '../../src/contracts/labels.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { OutputRecord } from '../../src/contracts/record.js';
import { SOURCE_HEADERS } from '../../src/contracts/scored-post.js';
import type { WindowAggregate } from '../../src/contracts/window.js';
import { startAggregating } from '../../src/pipelines/aggregating.js';
import type { Role } from '../../src/pipelines/role.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { NOON, scoredPost } from '../aggregation/posts.js';
import { send } from '../streams/reader.js';
import { canStartRedis, type OwnRedis, ownRedis } from '../support/own-redis.js';
import { redisWay } from '../support/redis-way.js';
import { kafkaBrokers } from '../support/services.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PARTITIONS = 2;
/** A machine that does much else takes its time. */
const SOON = { timeout: 50_000, interval: 50 };
const ACME = brandId('acme');

/** Runs as any other, and began at half past: no window of an hour ends, or becomes final, while a test runs. */
function clockFromHalfPast(): Clock {
  const now = Date.now();
  const behind = (now + HOUR / 2) % HOUR;
  return { now: () => epochMillis(Date.now() - behind) };
}

/** Results of posts of some twenty minutes that come every four seconds, turn by turn on both partitions. */
class Source {
  readonly begin: number;
  readonly #streams: Streams;
  readonly #topic: string;
  readonly #offsets = [0, 0];
  written = 0;

  constructor(streams: Streams, topic: string, begin: number) {
    this.#streams = streams;
    this.#topic = topic;
    this.begin = begin;
  }

  async write(count: number): Promise<void> {
    const records = Array.from({ length: count }, () => this.#next());
    await send(this.#streams, records);
  }

  #next(): OutputRecord {
    const i = this.written++;
    const partition = i % PARTITIONS;
    const sourceOffset = this.#offsets[partition] ?? 0;
    this.#offsets[partition] = sourceOffset + 1;
    const time = this.begin + (i % 280) * 4_000;
    const post = scoredPost({
      id: `post-${i}`,
      at: time - NOON,
      label: LABELS[i % 3] ?? 'neutral',
      brands: i % 2 === 0 ? ['acme'] : [],
      reach: i,
    });
    return {
      topic: this.#topic,
      partition,
      timestamp: epochMillis(time),
      key: Buffer.from(post.id),
      value: Buffer.from(JSON.stringify(post)),
      headers: {
        [SOURCE_HEADERS.offset]: Buffer.from(String(sourceOffset)),
        [SOURCE_HEADERS.timestamp]: Buffer.from(String(time)),
      },
    };
  }

  /** Deletes one of the posts that were written. */
  async delete(i: number): Promise<void> {
    const partition = i % PARTITIONS;
    const sourceOffset = this.#offsets[partition] ?? 0;
    this.#offsets[partition] = sourceOffset + 1;
    const now = Buffer.from(String(Date.now()));
    const headers = {
      [SOURCE_HEADERS.offset]: Buffer.from(String(sourceOffset)),
      [SOURCE_HEADERS.timestamp]: now,
    };
    await send(this.#streams, [
      { topic: this.#topic, partition, key: Buffer.from(`post-${i}`), value: null, headers },
    ]);
  }
}

interface SetUp {
  readonly redis?: Pick<OwnRedis, 'url'>;
  readonly kind?: 'memory' | 'kafka';
  /** How long windows may still change after their end. */
  readonly allowedLatenessMs?: number;
  /** How long ago the posts begin. */
  readonly ago?: number;
}

/** Every window, but for the last ones of an hour or a day, is final from the start: none becomes it meanwhile. */
const ALL_FINAL = { allowedLatenessMs: 5 * MINUTE, ago: 80 * MINUTE };
/** No window becomes final while a test runs. */
const NONE_FINAL = { allowedLatenessMs: HOUR, ago: 20 * MINUTE };

/** The role on streams in memory, or on Kafka. Everything else is what a worker has. */
async function setUp({ redis, kind = 'memory', allowedLatenessMs = 5 * MINUTE, ago = 20 * MINUTE }: SetUp) {
  const clock = clockFromHalfPast();
  const run = randomUUID();
  const names = ['posts', 'scored', 'aggregates', 'alerts', 'deadLetters'];
  const config = configSchema.parse({
    streams: { kind, group: run, kafka: { brokers: kafkaBrokers, sessionTimeoutMs: 6_000 } },
    topics: {
      ...Object.fromEntries(names.map((name) => [name, `${run}.${name}`])),
      partitions: PARTITIONS,
      replication: 1,
    },
    aggregation: {
      store: redis === undefined ? 'memory' : 'redis',
      namespace: `test-${run}`,
      closeEveryMs: 20,
      idleAfterMs: 100,
      allowedLatenessMs,
    },
    redis: { url: redis?.url ?? 'redis://127.0.0.1:1' },
  });
  const streams = await openStreams(config.streams, silentLogger);
  await streams.topics().create(topicSpecs(config.topics));
  const failures: Error[] = [];
  const openStore = () =>
    openWindowStore({ config, partitionCount: PARTITIONS, clock, logger: silentLogger });
  let store: WindowStore = await openStore();
  let role: Role | undefined;

  async function stop(): Promise<void> {
    await role?.stop();
    role = undefined;
  }
  async function start(): Promise<void> {
    role = await startAggregating({
      config,
      brands: { current: [] },
      streams,
      store,
      clock,
      logger: silentLogger,
      onFailure: (error) => failures.push(error),
    });
  }
  await start();
  onTestFinished(async () => {
    await stop();
    await store.close();
    await streams.close();
  });

  const source = new Source(streams, config.topics.scored, clock.now() - ago);
  const windowsOf = (brand: typeof ACME, tier: '1m' | '1h' = '1m') =>
    store.windows({
      brand,
      tier,
      from: epochMillis(clock.now() - 120 * MINUTE),
      to: epochMillis(clock.now() + MINUTE),
    });
  /** Whether the store has read every result that is on the topic, and again what it had lost. */
  const isCounted = async () => {
    const ranges = [...(await streams.ranges(config.topics.scored))];
    const states = await Promise.all(ranges.map(([partition]) => store.read(partition, [])));
    const isRead = ranges.every(([, { end }], i) => (states[i]?.state.nextOffset ?? 0) >= end);
    return isRead && (await store.rebuilding()) === undefined;
  };
  /** Whether a pass of the closer has gone to its end since; windows of ten minutes may be published after those of their minutes. */
  const isClosed = async () => (await store.dirtyBuckets()).every(({ bucket: { end } }) => end > clock.now());
  const published = async () => {
    const ranges = await streams.ranges(config.topics.aggregates);
    return [...ranges.values()].reduce((sum, { end }) => sum + end, 0);
  };
  return {
    config,
    streams,
    failures,
    source,
    start,
    stop,
    async reopenStore() {
      await store.close();
      store = await openStore();
    },
    windowsOf,
    published,
    counters: () => store.counters(),
    rebuilding: () => store.rebuilding(),
    readiness: () => role?.readiness(),
    /**
     * Waits until all that is on the topic is counted and closed and so many posts are in closed windows, and gives those
     * windows. The sum alone would not do: windows that were restored have it before any result is read again.
     */
    async closed(posts: number): Promise<readonly WindowAggregate[]> {
      const state = async () => ({
        isCounted: await isCounted(),
        isClosed: await isClosed(),
        posts: sumOf(await windowsOf(ALL_BRANDS)),
      });
      await expect.poll(state, SOON).toEqual({ isCounted: true, isClosed: true, posts });
      return [...(await windowsOf(ALL_BRANDS)), ...(await windowsOf(ACME))];
    },
  };
}

const sumOf = (windows: readonly WindowAggregate[]): number =>
  windows.reduce((sum, { posts }) => sum + posts, 0);

describe.skipIf(!canStartRedis)('windows after Redis has lost its data', () => {
  it('are the same again, at the same revisions, and nothing is published twice', async () => {
    const redis = await ownRedis();
    const { source, closed, counters, published, failures } = await setUp({ redis, ...NONE_FINAL });
    await source.write(300);
    const before = await closed(300);
    const revisions = await published();
    await redis.client().flushall();
    await expect.poll(counters, SOON).toMatchObject({ counted: 300, duplicates: 0 });
    expect(await closed(300)).toEqual(before);
    expect(await published()).toBe(revisions);
    await source.write(60);
    await closed(360);
    expect(failures).toEqual([]);
  });

  it('hold each post once when it happens under load', async () => {
    const redis = await ownRedis();
    const { source, closed, counters, failures } = await setUp({ redis, ...NONE_FINAL });
    const client = redis.client();
    for (let i = 0; i < 40; i += 1) {
      await source.write(100);
      if (i === 10 || i === 25) await client.flushall();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await closed(4_000);
    expect(await counters()).toMatchObject({ counted: 4_000, old: 0, duplicates: 0, gaps: 0 });
    expect(failures).toEqual([]);
  });

  it('come back when it was restarted without a disk', async () => {
    const redis = await ownRedis();
    const { source, closed, failures } = await setUp({ redis });
    await source.write(300);
    const before = await closed(300);
    await redis.kill();
    await source.write(30);
    await redis.start();
    await closed(330);
    expect(before.length).toBeGreaterThan(0);
    expect(failures).toEqual([]);
  });

  it('are said to be incomplete meanwhile, and no window is closed', async () => {
    const redis = await ownRedis();
    const { source, closed, published, rebuilding, readiness, stop, start, failures } = await setUp({
      redis,
    });
    await source.write(280);
    await closed(280);
    await stop();
    const revisions = await published();
    // More than is read again between two looks.
    await source.write(20_000);
    await redis.client().flushall();
    await start();
    await expect.poll(rebuilding, { interval: 1 }).toMatchObject({ partitions: expect.any(Number) });
    expect(await published()).toBe(revisions);
    await expect
      .poll(async () => (await readiness())?.detail, { interval: 5 })
      .toMatch(/rebuilding, \d+ results/);
    expect(failures).toEqual([]);
  });

  it('come back when one partition is lost', async () => {
    const redis = await ownRedis();
    const { config, source, closed, failures, published } = await setUp({ redis, ...NONE_FINAL });
    await source.write(300);
    const before = await closed(300);
    const revisions = await published();
    const client = redis.client();
    await client.del(await client.keys(`sf:{${config.aggregation.namespace}:1}:*`));
    await expect
      .poll(async () => {
        const keys = await client.keys('sf:*:1}:posts:*');
        const lengths = await Promise.all(keys.map((key) => client.hlen(key)));
        return lengths.reduce((sum, length) => sum + length, 0);
      }, SOON)
      .toBe(150);
    expect(await closed(300)).toEqual(before);
    expect(await published()).toBe(revisions);
    await source.delete(1);
    await closed(299);
    expect(failures).toEqual([]);
  });

  it('come back at the next start too, although the group has committed its offsets', async () => {
    const redis = await ownRedis();
    const { source, closed, start, stop, counters } = await setUp({ redis, ...ALL_FINAL });
    await source.write(300);
    const before = await closed(300);
    await stop();
    await redis.client().flushall();
    await start();
    expect(await closed(300)).toEqual(before);
    expect((await counters()).counted).toBe(300);
  });

  it('come back from their own topic where the results are gone from theirs, and count no part of them', async () => {
    const redis = await ownRedis();
    const { config, streams, source, closed, windowsOf, start, stop, counters } = await setUp({
      redis,
      ...ALL_FINAL,
    });
    await source.write(280);
    const before = await closed(280);
    const hours = await windowsOf(ALL_BRANDS, '1h');
    await stop();
    await streams.deleteBefore(config.topics.scored, new Map([[0, 100]]));
    await redis.client().flushall();
    await start();
    expect(await closed(280)).toEqual(before);
    expect(await windowsOf(ALL_BRANDS, '1h')).toEqual(hours);
    expect(await counters()).toMatchObject({ counted: 180, gaps: 100 });
  });

  it('can be corrected: a post is known again that is deleted later', async () => {
    const redis = await ownRedis();
    const { source, closed, counters } = await setUp({ redis });
    await source.write(300);
    await closed(300);
    await redis.client().flushall();
    await source.delete(7);
    await closed(299);
    expect(await counters()).toMatchObject({ counted: 299, deletions: 1 });
  });
});

describe.skipIf(!canStartRedis)('a fail-over', () => {
  it('to a replica that is behind reads again what the replica does not have', async () => {
    const [primary, replica] = [await ownRedis(), await ownRedis()];
    const way = await redisWay(primary.port);
    const { source, closed, counters, failures } = await setUp({ redis: way, ...NONE_FINAL });
    await source.write(200);
    await closed(200);
    const client = replica.client();
    await client.replicaof('127.0.0.1', primary.port);
    await expect.poll(() => client.info('replication'), SOON).toContain('link_status:up');
    // From here on the replica hears of nothing more.
    await client.replicaof('NO', 'ONE');
    await source.write(200);
    await closed(400);
    way.leadTo(replica.port);
    await primary.kill();
    await source.write(100);
    await closed(500);
    expect(await counters()).toMatchObject({ counted: 500, duplicates: 0 });
    expect(failures).toEqual([]);
  });
});

describe('records that fell below the start of the log before they were read', () => {
  it('are counted as a gap, and those behind it are counted as ever', async () => {
    const { config, streams, source, closed, start, stop, counters } = await setUp(NONE_FINAL);
    await source.write(100);
    await closed(100);
    await stop();
    await source.write(100);
    await streams.deleteBefore(config.topics.scored, new Map([[1, 80]]));
    await start();
    await closed(170);
    expect(await counters()).toMatchObject({ counted: 170, gaps: 30 });
  });
});

describe.skipIf(!canStartRedis || kafkaBrokers === undefined)(
  'windows on Kafka after Redis was emptied',
  () => {
    it('hold each post once, under load and once more while nothing comes', async () => {
      const redis = await ownRedis();
      const { source, closed, counters, failures } = await setUp({ redis, kind: 'kafka', ...NONE_FINAL });
      const client = redis.client();
      for (let i = 0; i < 30; i += 1) {
        await source.write(100);
        if (i === 10) await client.flushall();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const before = await closed(3_000);
      expect(await counters()).toMatchObject({ counted: 3_000, old: 0, gaps: 0 });
      await client.flushall();
      await expect.poll(async () => (await counters()).counted, SOON).toBe(3_000);
      expect(await closed(3_000)).toEqual(before);
      expect(failures).toEqual([]);
    }, 60_000);
  },
);

describe('windows of an embedded worker that starts again', () => {
  it('come back from its streams, as nothing else of it is kept', async () => {
    const { source, closed, start, stop, reopenStore } = await setUp(ALL_FINAL);
    await source.write(300);
    const before = await closed(300);
    await stop();
    await reopenStore();
    await start();
    expect(await closed(300)).toEqual(before);
  });
});
