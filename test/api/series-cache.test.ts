import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinSeries, type Series } from '../../src/api/series.js';
import { cacheSeries, type ReadSeries, readSeries } from '../../src/api/series-cache.js';
import { type EpochMillis, epochMillis } from '../../src/contracts/ids.js';
import type { WindowAggregate } from '../../src/contracts/window.js';
import type { WindowQuery, WindowReader } from '../../src/contracts/window-reader.js';
import { windowsOf } from './support/fakes.js';
import { minute, NOON, ORBIT } from './support/posts.js';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

const joined =
  (read: ReadSeries) =>
  async (asked: WindowQuery, upTo: EpochMillis): Promise<Series> =>
    joinSeries(asked.brand, await read(asked, upTo));

/** A store whose windows may change, a clock to turn, and what was asked of the store. */
function open(windows: readonly WindowAggregate[]) {
  const world = { windows, now: 0, queries: [] as WindowQuery[] };
  const reader: WindowReader = {
    ...windowsOf([]),
    summaries: (query) => {
      world.queries.push(query);
      return windowsOf(world.windows).summaries(query);
    },
  };
  const series = joined(cacheSeries(reader, () => world.now));
  return { world, reader, series };
}

const day = Array.from({ length: 1_440 }, (_, i) => minute(ORBIT, NOON - DAY + i * MINUTE, { posts: i }));
const query = { brand: ORBIT, tier: '1m', from: epochMillis(NOON - DAY), to: epochMillis(NOON) } as const;
const watermark = epochMillis(NOON);
/** How many windows the store was asked for. */
const asked = (queries: readonly WindowQuery[]): number =>
  queries.reduce((sum, { from, to }) => sum + (to - from) / MINUTE, 0);

describe('windows that are kept for a time', () => {
  it('are those of the store', async () => {
    const { reader, series } = open(day);
    expect(await series(query, watermark)).toEqual(await joined(readSeries(reader))(query, watermark));
  });

  it('are read from the store at once where none is there, and then not again', async () => {
    const { world, series } = open(day);
    await series(query, watermark);
    expect(world.queries).toHaveLength(1);
    const again = await series(query, watermark);
    expect(world.queries).toHaveLength(1);
    expect(again.posts).toHaveLength(1_440);
  });

  it('are read once for all who ask at the same time', async () => {
    const { world, series } = open(day);
    await Promise.all([series(query, watermark), series(query, watermark)]);
    expect(world.queries).toHaveLength(1);
  });

  it('are at most a second old where late posts still change them', async () => {
    const { world, series } = open(day);
    await series(query, watermark);
    world.windows = [...day.slice(0, -1), minute(ORBIT, NOON - MINUTE, { posts: 5_000, complete: false })];
    world.queries = [];
    world.now = 1_000;
    const { posts, incomplete } = await series(query, watermark);
    expect(posts.at(-1)).toBe(5_000);
    expect(incomplete).toEqual([NOON - MINUTE]);
    expect(asked(world.queries)).toBeLessThanOrEqual(32);
  });

  it('are at most a minute old where only an edit or a deletion does', async () => {
    const { world, series } = open(day);
    await series(query, watermark);
    world.windows = [];
    world.now = 29_000;
    expect((await series(query, watermark)).posts.length).toBeGreaterThan(1_300);
    world.now = 60_000;
    expect((await series(query, watermark)).posts).toEqual([]);
  });

  it('do not all grow old at once', async () => {
    const { world, series } = open(day);
    await series(query, watermark);
    let most = 0;
    for (world.now = 1_000; world.now < 120_000; world.now += 1_000) {
      world.queries = [];
      await series(query, watermark);
      most = Math.max(most, asked(world.queries));
    }
    expect(most).toBeLessThan(150);
  });

  it('are read again after the store could not be reached', async () => {
    const { world, reader } = open(day);
    let isAway = true;
    const flaky = joined(
      cacheSeries(
        {
          ...reader,
          summaries: (asking) => (isAway ? Promise.reject(new Error('away')) : reader.summaries(asking)),
        },
        () => world.now,
      ),
    );
    await expect(flaky(query, watermark)).rejects.toThrow('away');
    isAway = false;
    expect((await flaky(query, watermark)).posts).toHaveLength(1_440);
  });

  it('are cut as they were asked for, whatever was asked for before', async () => {
    const { world, reader, series } = open(day.filter(({ posts }) => posts % 3 > 0));
    const minutes = fc.integer({ min: -1_500, max: 60 });
    await fc.assert(
      fc.asyncProperty(minutes, minutes, async (a, b) => {
        const [from = 0, to = 0] = [a, b]
          .toSorted((x, y) => x - y)
          .map((at) => epochMillis(NOON + at * MINUTE));
        const span = { ...query, from: epochMillis(from), to: epochMillis(to) };
        expect(await series(span, watermark)).toEqual(await joined(readSeries(reader))(span, watermark));
      }),
      { numRuns: 30 },
    );
    expect(world.windows).not.toEqual([]);
  });
});
