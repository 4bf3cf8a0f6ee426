import { describe, expect, it } from 'vitest';
import { createAggregator } from '../../src/aggregation/aggregator.js';
import { bucketAt } from '../../src/aggregation/bucket.js';
import { closeWindows } from '../../src/aggregation/close-windows.js';
import { counters } from '../../src/aggregation/counters.js';
import { emptySums, toWindow } from '../../src/aggregation/sums.js';
import { ALL_BRANDS, brandId, epochMillis, OTHER_BRANDS } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { WindowAggregate } from '../../src/contracts/window.js';
import { batchOf, deleted, NOON, type PostLike, scored } from './posts.js';
import { defaults, manualClock, openStore, STORE_KINDS, type StoreKind } from './stores.js';

/** Two partitions, an aggregator and a closer, with a log of what the closer published. */
async function pipeline(kind: StoreKind) {
  const clock = manualClock(NOON);
  const store = await openStore(kind, clock);
  const aggregator = createAggregator({ store, config: defaults, clock, logger: silentLogger });
  const published: WindowAggregate[] = [];
  let offset = 0;
  return {
    store,
    aggregator,
    clock,
    published,
    async post(partition: number, ...posts: readonly PostLike[]) {
      await aggregator.aggregate(
        batchOf(
          posts.map((post) => scored(offset++, post)),
          partition,
        ),
      );
    },
    async delete(partition: number, id: string) {
      await aggregator.aggregate(batchOf([deleted(offset++, id)], partition));
    },
    close: (publish = async (windows: readonly WindowAggregate[]) => void published.push(...windows)) =>
      closeWindows({ store, config: defaults, clock, publish }),
    revisions: (brand = ALL_BRANDS, tier = '10s', at = 0) =>
      published.filter((one) => one.brand === brand && one.tier === tier && one.start === NOON + at),
  };
}

describe.each(STORE_KINDS)('closing windows (%s)', (kind) => {
  it('publishes a window once the watermark has passed it in every partition', async () => {
    const { post, close, revisions, store } = await pipeline(kind);
    await post(0, { id: 'a', brands: ['acme'], label: 'negative' }, { id: 'b', at: 15_000 });
    expect(await close()).toEqual({ kind: 'no-watermark' });
    await post(1, { id: 'c', label: 'positive' });
    expect(await close()).toEqual({ kind: 'closed', watermark: NOON - 5_000, revisions: 0 });
    await post(1, { id: 'd', at: 20_000 });
    expect(await close()).toEqual({ kind: 'closed', watermark: NOON + 10_000, revisions: 3 });
    expect(revisions()).toMatchObject([
      { posts: 2, negative: 1, positive: 1, polaritySum: -0.1, revision: 0, complete: true, final: false },
    ]);
    expect(revisions(brandId('acme'))).toMatchObject([
      { posts: 1, bySource: { forum: 1 }, byModel: { m1: 1 } },
    ]);
    expect(revisions(OTHER_BRANDS)).toMatchObject([{ posts: 1, positive: 1 }]);
    expect(await store.watermark()).toBe(NOON + 10_000);
    const query = {
      brand: ALL_BRANDS,
      tier: '10s',
      from: epochMillis(NOON),
      to: epochMillis(NOON + 1),
    } as const;
    expect(await store.windows(query)).toEqual(revisions());
  });

  it('has nothing to say where nothing changed', async () => {
    const { post, close } = await pipeline(kind);
    await post(0, { id: 'a' }, { id: 'b', at: 15_000 });
    await post(1, { id: 'c', at: 15_000 });
    expect(await close()).toMatchObject({ revisions: 2 });
    expect(await close()).toMatchObject({ revisions: 0 });
  });

  it('raises the revision for a late post, and says once that the window is final', async () => {
    const { post, close, revisions, store } = await pipeline(kind);
    await post(0, { id: 'a' }, { id: 'b', at: 15_000 });
    await post(1, { id: 'c', at: 15_000 });
    await close();
    await post(1, { id: 'late', at: 5_000 });
    await close();
    await post(0, { id: 'd', at: 135_000 });
    await post(1, { id: 'e', at: 135_000 });
    await close();
    await post(1, { id: 'too late', at: 6_000 });
    await close();
    expect(revisions().map(({ posts, revision, final }) => [posts, revision, final])).toEqual([
      [1, 0, false],
      [2, 1, false],
      [2, 2, true],
    ]);
    expect(await store.counters()).toMatchObject({ counted: 6, late: 1, old: 1 });
  });

  it('closes a window as final at once when the watermark has jumped beyond the lateness', async () => {
    const { post, close, revisions } = await pipeline(kind);
    await post(0, { id: 'a' }, { id: 'b', at: 3_600_000 });
    await post(1, { id: 'c', at: 3_600_000 });
    await close();
    await close();
    expect(revisions().map(({ revision, final }) => [revision, final])).toEqual([[0, true]]);
  });

  it('corrects a final window for a deletion, down to none', async () => {
    const { post, delete: remove, close, revisions } = await pipeline(kind);
    await post(0, { id: 'a' }, { id: 'b', at: 3_600_000 });
    await post(1, { id: 'c', at: 3_600_000 });
    await close();
    await remove(0, 'a');
    await close();
    expect(revisions().at(-1)).toMatchObject({ posts: 0, bySource: {}, revision: 1, final: true });
  });

  it('does not publish a window whose only post was taken back before', async () => {
    const { post, delete: remove, close, published } = await pipeline(kind);
    await post(0, { id: 'a' });
    await remove(0, 'a');
    await post(0, { id: 'b', at: 15_000 });
    await post(1, { id: 'c', at: 15_000 });
    await close();
    expect(published).toEqual([]);
  });

  it('publishes again what it could not publish', async () => {
    const { post, close, revisions } = await pipeline(kind);
    await post(0, { id: 'a' }, { id: 'b', at: 15_000 });
    await post(1, { id: 'c', at: 15_000 });
    await expect(
      close(async () => {
        throw new Error('the broker is away');
      }),
    ).rejects.toThrow('the broker is away');
    expect(await close()).toMatchObject({ kind: 'closed', watermark: NOON + 10_000 });
    expect(revisions()).toMatchObject([{ posts: 1, revision: 0 }]);
  });

  it('does not wait for an idle partition, and follows the clock when all are idle', async () => {
    const { post, close, clock, aggregator, store } = await pipeline(kind);
    await post(0, { id: 'a' });
    const nothingWaits = new Map([
      [0, 0],
      [1, 0],
    ]);
    await aggregator.reportLag(nothingWaits);
    expect(await close()).toEqual({ kind: 'no-watermark' });
    clock.set(NOON + 30_000);
    await aggregator.reportLag(nothingWaits);
    expect(await close()).toMatchObject({ watermark: NOON + 25_000 });
    await post(1, { id: 'b', at: 40_000 });
    expect(await close()).toMatchObject({ watermark: NOON + 35_000 });
    expect(await store.watermark()).toBe(NOON + 35_000);
  });

  it('waits for a partition whose records wait to be read', async () => {
    const { post, close, clock, aggregator } = await pipeline(kind);
    await post(0, { id: 'a' });
    for (const seconds of [0, 30, 60]) {
      clock.set(NOON + seconds * 1_000);
      await aggregator.reportLag(
        new Map([
          [0, 0],
          [1, 25],
        ]),
      );
    }
    expect(await close()).toEqual({ kind: 'no-watermark' });
  });

  it('marks windows incomplete that were open when records were lost', async () => {
    const { post, close, aggregator, revisions, store } = await pipeline(kind);
    await aggregator.aggregate(batchOf([scored(0, { id: 'a' }), scored(1, { id: 'b', at: 15_000 })]));
    await post(1, { id: 'c', at: 15_000 });
    await close();
    aggregator.noteGap({ partition: 0, from: 2, to: 500 });
    await aggregator.aggregate(
      batchOf([scored(500, { id: 'd', at: 35_000 }), scored(501, { id: 'e', at: 36_000 })]),
    );
    await aggregator.aggregate(batchOf([scored(502, { id: 'f', at: 55_000 })]));
    await post(1, { id: 'g', at: 55_000 });
    await close();
    const complete = [0, 10_000, 30_000].map((at) => revisions(ALL_BRANDS, '10s', at).at(-1)?.complete);
    expect(complete).toEqual([true, false, false]);
    await aggregator.aggregate(batchOf([scored(503, { id: 'h', at: 75_000 })]));
    await post(1, { id: 'i', at: 75_000 });
    await close();
    expect(revisions(ALL_BRANDS, '10s', 50_000).at(-1)?.complete).toBe(true);
    expect(await store.counters()).toMatchObject({ gaps: 498 });
  });

  it('counts a gap with the batch that passes it, not with one that was still waiting', async () => {
    const { post, close, aggregator, revisions, store } = await pipeline(kind);
    aggregator.noteGap({ partition: 0, from: 2, to: 500 });
    await aggregator.aggregate(batchOf([scored(0, { id: 'a' }), scored(1, { id: 'b', at: 21_000 })]));
    expect(await store.counters()).toMatchObject({ gaps: 0 });
    await aggregator.aggregate(batchOf([scored(500, { id: 'c', at: 35_000 })]));
    await post(1, { id: 'd', at: 35_000 });
    await close();
    expect([0, 20_000].map((at) => revisions(ALL_BRANDS, '10s', at).at(-1)?.complete)).toEqual([true, false]);
    expect(await store.counters()).toMatchObject({ gaps: 498 });
  });

  it('marks windows incomplete though no post follows the gap', async () => {
    const { post, close, clock, aggregator, revisions, store } = await pipeline(kind);
    await post(0, { id: 'a' });
    await post(1, { id: 'b' });
    aggregator.noteGap({ partition: 0, from: 1, to: 9 });
    const nothingWaits = new Map([
      [0, 0],
      [1, 0],
    ]);
    for (const seconds of [0, 30, 60]) {
      clock.set(NOON + seconds * 1_000);
      await aggregator.reportLag(nothingWaits);
    }
    await close();
    expect(revisions()).toMatchObject([{ posts: 2, complete: false }]);
    expect(await store.counters()).toMatchObject({ gaps: 8 });
  });
});

describe.each(STORE_KINDS)('closing windows of a store that has lost them (%s)', (kind) => {
  const lost = async (to: number) => {
    const clock = manualClock(NOON);
    const store = await openStore(kind, clock);
    const aggregator = createAggregator({ store, config: defaults, clock, logger: silentLogger });
    const published: WindowAggregate[] = [];
    for (const partition of [0, 1]) {
      const { state } = await store.read(partition, []);
      const rebuild = { to: partition === 0 ? to : 0, watermark: epochMillis(NOON + 20_000) };
      await store.apply({
        partition,
        expected: state,
        next: { nextOffset: 0, sourceOffset: -1, greatestEventTime: undefined, rebuild },
        counters: counters(() => 0),
        changes: [],
        recent: { journal: undefined, outdated: 0 },
        remembered: new Map(),
        // Of the first twenty seconds not every post is read again.
        gaps: [{ from: 0, to: 0, earliest: epochMillis(0), latest: epochMillis(NOON + 9_999) }],
      });
      await store.markIdle(1, 0, clock.now());
    }
    const publish = async (windows: readonly WindowAggregate[]) => void published.push(...windows);
    const close = () => closeWindows({ store, config: defaults, clock, publish });
    return { store, aggregator, published, close };
  };

  it('waits until everything has been read again, and says what is left', async () => {
    const { store, aggregator, published, close } = await lost(3);
    await aggregator.aggregate(
      batchOf([scored(0, { id: 'a', at: 10_000 }), scored(1, { id: 'b', at: 90_000 })]),
    );
    expect(await close()).toEqual({ kind: 'rebuilding' });
    expect(await store.rebuilding()).toEqual({ partitions: 1, records: 1 });
    expect(published).toEqual([]);
    await aggregator.aggregate(batchOf([scored(2, { id: 'c', at: 95_000 })]));
    expect(await store.rebuilding()).toBeUndefined();
    expect(await close()).toMatchObject({ kind: 'closed', watermark: NOON + 90_000 });
  });

  it('leaves a window as it was published of which not every post is read again', async () => {
    const { store, aggregator, published, close } = await lost(3);
    const bucket = bucketAt('10s', epochMillis(NOON));
    const state = { revision: 4, complete: true, final: false };
    const before = toWindow(ALL_BRANDS, bucket, { ...emptySums(), posts: 7 }, state);
    await store.restore([before]);
    await aggregator.aggregate(
      batchOf([
        scored(0, { id: 'a' }),
        scored(1, { id: 'b', at: 10_000 }),
        scored(2, { id: 'c', at: 95_000 }),
      ]),
    );
    await close();
    expect((await store.closed(bucket, [ALL_BRANDS])).get(ALL_BRANDS)).toEqual(before);
    const tens = published.filter(({ brand, tier }) => brand === ALL_BRANDS && tier === '10s');
    expect(tens.map(({ start, posts, complete }) => [start - NOON, posts, complete])).toEqual([
      [10_000, 1, true],
    ]);
  });
});
