import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinSeries, type Series } from '../../src/api/series.js';
import { cacheSeries, type ReadSeries, readSeries, type SeriesQuery } from '../../src/api/series-cache.js';
import { type EpochMillis, epochMillis } from '../../src/contracts/ids.js';
import type { WindowAggregate } from '../../src/contracts/window.js';
import type { WindowQuery, WindowReader } from '../../src/contracts/window-reader.js';
import { windowsOf } from './support/fakes.js';
import { minute, NOON, ORBIT } from './support/posts.js';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

const joined =
  (read: ReadSeries) =>
  async (asked: SeriesQuery, upTo: EpochMillis): Promise<Series> =>
    joinSeries(asked.brand, await read(asked, upTo));

/** A store whose windows may change, a clock to turn, and what was asked of the store. */
function open(windows: readonly WindowAggregate[]) {
  const world = { windows, now: 0, queries: [] as WindowQuery[] };
  const reader: WindowReader = {
    ...windowsOf([]),
    summaries: (query, upTo) => {
      world.queries.push(query);
      return windowsOf(world.windows).summaries(query, upTo);
    },
  };
  const series = joined(cacheSeries(reader, () => world.now));
  return { world, reader, series };
}

const day = Array.from({ length: 1_440 }, (_, i) => minute(ORBIT, NOON - DAY + i * MINUTE, { posts: i }));
const query = {
  brand: ORBIT,
  tier: '1m',
  from: epochMillis(NOON - DAY),
  to: epochMillis(NOON),
  fill: false,
} as const;
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
    expect(asked(world.queries)).toBeLessThanOrEqual(2 * 64);
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
    for (world.now = 100; world.now < 120_000; world.now += 100) {
      world.queries = [];
      await series(query, watermark);
      most = Math.max(most, asked(world.queries));
    }
    // A tenth of the day.
    expect(most).toBeLessThanOrEqual(2 * 64);
  });

  it.each([true, false])('are the very same parts until one has changed, filled: %s', async (fill) => {
    const { world, reader } = open(day.filter(({ posts }) => posts % 3 > 0));
    const read = cacheSeries(reader, () => world.now);
    const asking = { ...query, from: epochMillis(query.from + 7 * MINUTE), fill };
    const first = await read(asking, watermark);
    world.queries = [];
    for (world.now = 1_000; world.now < 65_000; world.now += 1_000)
      expect(await read(asking, watermark)).toBe(first);
    expect(asked(world.queries)).toBeGreaterThan(1_440);
    // Another span, and back.
    expect(await read(query, watermark)).not.toBe(first);
    expect(await read(asking, watermark)).toEqual(first);
  });

  it.each<Partial<WindowAggregate>>([
    { posts: 77 },
    { negative: 7 },
    { neutral: 7 },
    { positive: 7 },
    { polaritySum: 0.5 },
    { reach: 7 },
    { complete: false },
  ])('are others where a window has changed: %j', async (change) => {
    const { world, series } = open(day);
    const last = day.at(-1)?.start ?? 0;
    const before = await series(query, watermark);
    world.windows = [...day.slice(0, -1), minute(ORBIT, last, { posts: 1_439, ...change })];
    world.now = 1_000;
    const after = await series(query, watermark);
    expect(after).not.toEqual(before);
    expect(after).toEqual(await joined(readSeries(windowsOf(world.windows)))(query, watermark));
  });

  it('are read again after the store could not be reached', async () => {
    const { world, reader } = open(day);
    let isAway = true;
    const flaky = joined(
      cacheSeries(
        {
          ...reader,
          summaries: (asking, upTo) =>
            isAway ? Promise.reject(new Error('away')) : reader.summaries(asking, upTo),
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
      fc.asyncProperty(minutes, minutes, fc.boolean(), fc.nat(20), async (a, b, fill, closed) => {
        const [from = 0, to = 0] = [a, b]
          .toSorted((x, y) => x - y)
          .map((at) => epochMillis(NOON + at * MINUTE));
        const span = { ...query, from: epochMillis(from), to: epochMillis(to), fill };
        // The watermark moves on by whole minutes and parts of them while what was read is kept.
        const upTo = epochMillis(NOON + closed * 0.4 * MINUTE);
        expect(await series(span, upTo)).toEqual(await joined(readSeries(reader))(span, upTo));
      }),
      { numRuns: 60 },
    );
    expect(world.windows).not.toEqual([]);
  });
});
