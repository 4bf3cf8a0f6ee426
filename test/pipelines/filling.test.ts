import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openWindowStore } from '../../src/aggregation/open-store.js';
import { systemClock } from '../../src/contracts/clock.js';
import { ALL_BRANDS, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { OutputRecord } from '../../src/contracts/record.js';
import { SOURCE_HEADERS } from '../../src/contracts/scored-post.js';
import { TIER_MILLIS, type Tier } from '../../src/contracts/window.js';
import { type FillingOptions, fillWindows } from '../../src/pipelines/filling.js';
import { openStreams } from '../../src/streams/open.js';
import { NOON, type PostLike, scoredPost } from '../aggregation/posts.js';
import { PARTITIONS, STORE_KINDS, type StoreKind, storeConfig } from '../aggregation/stores.js';
import { freshName, freshTopic, send } from '../streams/reader.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

interface Result extends PostLike {
  /** Milliseconds after noon at which its post came; when it was posted by default. */
  readonly recordAt?: number;
}

/** A topic of results in memory, and an empty namespace; all of it lies in the past. */
async function open(kind: StoreKind) {
  const config = storeConfig(kind);
  const streams = await openStreams({ ...config.streams, kind: 'memory' }, silentLogger);
  onTestFinished(() => streams.close());
  const topic = await freshTopic(streams, PARTITIONS);
  const store = await openWindowStore({
    config,
    partitionCount: PARTITIONS,
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(() => store.close());
  const written = Array.from({ length: PARTITIONS }, () => 0);

  function record(partition: number, result: Result | null): OutputRecord {
    const offset = written[partition] ?? 0;
    written[partition] = offset + 1;
    const at = result?.recordAt ?? result?.at ?? 0;
    return {
      topic,
      partition,
      key: Buffer.from(result?.id ?? 'none'),
      value: Buffer.from(result === null ? 'no result' : JSON.stringify(scoredPost(result))),
      headers: {
        [SOURCE_HEADERS.offset]: Buffer.from(String(offset)),
        [SOURCE_HEADERS.timestamp]: Buffer.from(String(NOON + at)),
      },
    };
  }
  return {
    streams,
    topic,
    store,
    write: (partition: number, results: ReadonlyArray<Result | null>) =>
      send(
        streams,
        results.map((result) => record(partition, result)),
      ),
    fill: (options: Partial<FillingOptions> = {}) =>
      fillWindows({
        config,
        streams,
        topic,
        group: freshName('fill'),
        store,
        logger: silentLogger,
        ...options,
      }),
    /** Minutes after noon at which windows of all posts begin, and their posts. */
    async windows(tier: Tier, from = -DAY, to = 40 * DAY) {
      const range = { from: epochMillis(NOON + from), to: epochMillis(NOON + to) };
      const found = await store.windows({ brand: ALL_BRANDS, tier, ...range });
      return found.map(({ start, posts }) => [(start - NOON) / MINUTE, posts]);
    },
  };
}

describe.each(STORE_KINDS)('windows that are filled from a topic, in %s', (kind) => {
  it('hold each post at the time of its posting, however long ago that is', async () => {
    const { write, fill, windows } = await open(kind);
    await write(0, [{ id: 'a' }, { id: 'b', at: 61_000 }]);
    await write(1, [{ id: 'c', at: 62_000 }]);
    const { records, invalid, counters, watermark } = await fill();
    expect({ records, invalid }).toEqual({ records: 3, invalid: 0 });
    expect(counters).toMatchObject({ counted: 3, late: 0, old: 0, future: 0 });
    expect(await windows('1m')).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(await windows('1h')).toEqual([[0, 3]]);
    // The end of the last hour and the allowed lateness: every window is closed for good.
    expect(watermark).toBe(NOON + 62 * MINUTE);
  });

  it('take no post for late, in whatever order and however far behind others it comes', async () => {
    const { write, fill, windows } = await open(kind);
    await write(0, [{ id: 'a', at: 50 * MINUTE }, { id: 'b', at: 20 * MINUTE }, { id: 'c' }]);
    await write(1, [{ id: 'd', at: 10 * MINUTE }]);
    expect((await fill()).counters).toMatchObject({ counted: 4, late: 0, old: 0 });
    // Nor what comes after the windows of that time were closed.
    await write(1, [{ id: 'e', at: 1 * MINUTE }]);
    expect((await fill()).counters).toMatchObject({ counted: 5, late: 0, old: 0 });
    expect(await windows('1m')).toEqual([
      [0, 1],
      [1, 1],
      [10, 1],
      [20, 1],
      [50, 1],
    ]);
  });

  it('leave out posts that were older than every retention when they came, and those of the future', async () => {
    const { write, fill, windows } = await open(kind);
    await write(0, [
      { id: 'old', at: 0, recordAt: 93 * DAY },
      { id: 'future', at: 60 * MINUTE, recordAt: 0 },
      { id: 'a', at: 5 * MINUTE },
    ]);
    expect((await fill()).counters).toMatchObject({ counted: 1, old: 1, future: 1 });
    expect(await windows('1h')).toEqual([[0, 1]]);
  });

  it('count each post once, also when the filling was stopped or runs again', async () => {
    const { write, fill, windows } = await open(kind);
    const posts = Array.from({ length: 40 }, (_, i) => ({ id: `p${i}`, at: i * 1_000 }));
    await write(0, posts.slice(0, 20));
    const stopped = new AbortController();
    stopped.abort();
    await fill({ stop: stopped.signal });
    await write(0, posts.slice(10));
    expect((await fill()).counters).toMatchObject({ counted: 40, duplicates: 10 });
    expect(await fill()).toMatchObject({ records: 0, counters: { counted: 40, duplicates: 10 } });
    expect(await windows('1m')).toEqual([[0, 40]]);
  });

  it('pass over what is no result, and count it', async () => {
    const { write, fill } = await open(kind);
    await write(0, [{ id: 'a' }, null, { id: 'b' }]);
    expect(await fill()).toMatchObject({ records: 3, invalid: 1, counters: { counted: 2 } });
  });

  it('of an empty topic are none', async () => {
    const { fill, windows } = await open(kind);
    expect(await fill()).toMatchObject({ records: 0, counters: { counted: 0 }, watermark: undefined });
    expect(await windows('1h')).toEqual([]);
  });

  it('move no position of a group', async () => {
    const { write, fill, streams, topic } = await open(kind);
    await write(0, [{ id: 'a' }]);
    const group = freshName('fill');
    await fill({ group });
    expect((await streams.lagOf(group, topic)).get(0)).toBe(1);
  });

  it('go on at the end of the topic where that is asked for, until it is stopped', async () => {
    const { write, fill, windows } = await open(kind);
    const stopping = new AbortController();
    await write(0, [{ id: 'a' }]);
    const filling = fill({ follow: true, stop: stopping.signal });
    await write(0, [{ id: 'b', at: 90_000 }]);
    // The first minute is over as soon as a later post says so.
    await expect.poll(() => windows('1m')).toEqual([[0, 1]]);
    stopping.abort();
    expect(await filling).toMatchObject({ records: 2, counters: { counted: 2 } });
    expect(await windows('1h')).toEqual([[0, 2]]);
  });

  it('tell of results that are gone, and are incomplete where some went after others were counted', async () => {
    const { write, fill, streams, topic, store } = await open(kind);
    await write(0, [{ id: 'a' }, { id: 'b' }]);
    await streams.deleteBefore(topic, new Map([[0, 1]]));
    const gaps: unknown[] = [];
    await fill({ onGap: (gap) => gaps.push(gap) });
    expect(gaps).toEqual([{ partition: 0, from: 0, to: 1 }]);
    await write(0, [{ id: 'c' }, { id: 'd', at: 1_000 }]);
    await streams.deleteBefore(topic, new Map([[0, 3]]));
    expect((await fill({ onGap: (gap) => gaps.push(gap) })).counters).toMatchObject({ counted: 2, gaps: 1 });
    expect(gaps).toHaveLength(2);
    const range = { from: epochMillis(NOON), to: epochMillis(NOON + TIER_MILLIS['1h']) };
    expect(await store.windows({ brand: ALL_BRANDS, tier: '1h', ...range })).toMatchObject([
      { posts: 2, complete: false },
    ]);
  });

  it('are not filled from a topic that was made anew', async () => {
    const { write, fill, streams } = await open(kind);
    await write(0, [{ id: 'a' }, { id: 'b' }]);
    await fill();
    const shorter = { ...streams, ranges: async () => new Map([[0, { start: 0, end: 1 }]]) };
    await expect(fill({ streams: shorter })).rejects.toMatchObject({
      code: 'SF_USAGE',
      message: expect.stringContaining('was counted up to 2 and ends at 1'),
    });
  });
});

describe('windows that are filled', () => {
  it('are the same however the posts lie over partitions and in whatever order they come', async () => {
    const post = fc.record({
      at: fc.integer({ min: 0, max: 90 * MINUTE }),
      partition: fc.nat(PARTITIONS - 1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(post, { minLength: 1, maxLength: 40 }), async (posts) => {
        const { write, fill, windows } = await open('memory');
        for (const [i, { at, partition }] of posts.entries()) await write(partition, [{ id: `p${i}`, at }]);
        await fill();
        const counts = new Map<number, number>();
        for (const { at } of posts) {
          const start = Math.floor(at / MINUTE);
          counts.set(start, (counts.get(start) ?? 0) + 1);
        }
        expect(await windows('1m')).toEqual([...counts].sort(([a], [b]) => a - b));
      }),
      { numRuns: 30 },
    );
  });
});
