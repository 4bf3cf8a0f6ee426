import { describe, expect, it } from 'vitest';
import { createAggregator } from '../../src/aggregation/aggregator.js';
import { closeWindows } from '../../src/aggregation/close-windows.js';
import { ALL_BRANDS, brandId, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { Tier } from '../../src/contracts/window.js';
import { batchOf, NOON, type PostLike, scored } from './posts.js';
import { defaults, manualClock, openStore, STORE_KINDS, type StoreKind } from './stores.js';

const HOUR = 3_600_000;
const acme = brandId('acme');

/** The windows of posts that came in this order. */
async function windowsOf(kind: StoreKind, posts: readonly PostLike[], timeZone = 'UTC', hours = 2) {
  const clock = manualClock(NOON);
  const store = await openStore(kind, clock);
  const timeZoneOf = () => timeZone;
  const aggregator = createAggregator({ store, config: defaults, clock, logger: silentLogger, timeZoneOf });
  await aggregator.aggregate(batchOf(posts.map((post, offset) => scored(offset, post))));
  clock.set(NOON + hours * HOUR);
  await store.markIdle(0, posts.length, clock.now());
  await store.markIdle(1, undefined, clock.now());
  await closeWindows({ store, config: defaults, clock, publish: async () => {} });
  return (brand = ALL_BRANDS, tier: Tier = '1h') =>
    store.windows({ brand, tier, from: epochMillis(0), to: epochMillis(2 * NOON) });
}

describe.each(STORE_KINDS)('what a window tells (%s)', (kind) => {
  it('has the spread of polarity and the reach of each label', async () => {
    const windows = await windowsOf(kind, [
      { id: 'a', label: 'negative', polarity: -0.5, reach: 100 },
      { id: 'b', label: 'positive', polarity: 0.9, reach: 7 },
    ]);
    expect(await windows()).toMatchObject([
      { polaritySum: 0.4, polaritySquareSum: 1.06, reachByLabel: { negative: 100, neutral: 0, positive: 7 } },
    ]);
  });

  it('tells the terms of negative posts, the most telling first, in windows of a minute and more', async () => {
    const negative = Array.from(
      { length: 20 },
      (_, i): PostLike => ({
        id: `n${i}`,
        at: i,
        label: 'negative',
        terms: ['flight', i < 12 ? 'refund' : 'queue'],
      }),
    );
    const others = Array.from(
      { length: 30 },
      (_, i): PostLike => ({
        id: `o${i}`,
        at: 100 + i,
        label: 'positive',
        terms: ['flight', 'crew'],
      }),
    );
    const windows = await windowsOf(kind, [...negative, ...others]);
    const [hour] = await windows();
    expect(hour?.negativeTerms?.map(({ term }) => term)).toEqual(['refund', 'queue']);
    expect(hour?.negativeTerms?.[0]).toMatchObject({ negative: 12, other: 0 });
    expect((await windows(ALL_BRANDS, '10s'))[0]).not.toHaveProperty('negativeTerms');
  });

  it('names the most negative posts and those repeated most', async () => {
    const windows = await windowsOf(kind, [
      ...[-0.3, -0.95, -0.6, -0.7, -0.8, -0.9].map(
        (polarity, i): PostLike => ({ id: `n${i}`, at: i, label: 'negative', polarity }),
      ),
      ...[1, 2, 3].map((i): PostLike => ({ id: `r${i}`, at: 10 + i, near: '0f0f0f0f0f0f0f0f' })),
      ...[1, 2].map((i): PostLike => ({ id: `s${i}`, at: 20 + i, near: 'f0f0f0f0f0f0f0f0' })),
    ]);
    expect(await windows()).toMatchObject([
      {
        mostNegative: ['n1', 'n5', 'n4', 'n3', 'n2'],
        mostNegativePolarity: [-0.95, -0.9, -0.8, -0.7, -0.6],
        mostRepeated: [
          { id: 'r2', repeats: 2 },
          { id: 's2', repeats: 1 },
        ],
      },
    ]);
  });

  it('tells 32 names apart and counts the others together, however many a producer invents', async () => {
    const windows = await windowsOf(
      kind,
      Array.from(
        { length: 200 },
        (_, i): PostLike => ({ id: `p${i}`, at: i, source: `s${i}`, language: `l${i}` }),
      ),
    );
    const [hour] = await windows();
    for (const counts of [hour?.bySource, hour?.byLanguage]) {
      expect(Object.keys(counts ?? {})).toHaveLength(33);
      expect(counts).toMatchObject({ _other: 168 });
    }
  });

  it('keeps days of the brand’s time zone, where clocks change of 23 or 25 hours', async () => {
    const at = (iso: string): number => Date.parse(iso) - NOON;
    const days = async (zone: string, ...times: readonly string[]) => {
      const posts = times.map((time, i): PostLike => ({ id: `p${i}`, at: at(time), brands: ['acme'] }));
      const windows = await windowsOf(kind, posts, zone, 100);
      return (await windows(acme, '1d')).map(({ start, end, posts: count }) => [
        new Date(start).toISOString(),
        (end - start) / HOUR,
        count,
      ]);
    };
    expect(
      await days('Europe/Berlin', '2025-10-26T21:59:59Z', '2025-10-26T22:59:59Z', '2025-10-26T23:00:00Z'),
    ).toEqual([
      ['2025-10-25T22:00:00.000Z', 25, 2],
      ['2025-10-26T23:00:00.000Z', 24, 1],
    ]);
    expect(await days('Asia/Kathmandu', '2026-01-14T18:14:59Z', '2026-01-14T18:15:00Z')).toEqual([
      ['2026-01-13T18:15:00.000Z', 24, 1],
      ['2026-01-14T18:15:00.000Z', 24, 1],
    ]);
  });
});
