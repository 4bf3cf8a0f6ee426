import { describe, expect, it } from 'vitest';
import { bucketAt } from '../../src/aggregation/bucket.js';
import type { ScoredRecords } from '../../src/aggregation/decode-scored.js';
import { PartitionMemory } from '../../src/aggregation/partition-memory.js';
import type {
  BucketChange,
  PartitionUpdate,
  PartitionView,
  WindowStore,
} from '../../src/aggregation/store.js';
import { summarise, unknownSums } from '../../src/aggregation/summarise.js';
import { emptySums, toWindow } from '../../src/aggregation/sums.js';
import { ALL_BRANDS, brandId, epochMillis, postId } from '../../src/contracts/ids.js';
import { batchOf, deleted, NOON, scored } from './posts.js';
import { defaults, manualClock, openStore, STORE_KINDS } from './stores.js';

const BUCKET = bucketAt('10s', epochMillis(NOON));
const acme = brandId('acme');

/** Takes the records into a partition as the aggregator does. */
async function take(store: WindowStore, partition: number, ...records: Parameters<typeof batchOf>[0]) {
  const ids = records.map((record) => (record.kind === 'deleted' ? record.id : record.post.id));
  const view = await store.read(partition, ids);
  const update = await updateOf(store, view, batchOf(records, partition));
  return { update, outcome: await store.apply(update) };
}

/** What an aggregator makes of a batch that has never seen the partition before. */
async function updateOf(store: WindowStore, view: PartitionView, batch: ScoredRecords) {
  const memory = await PartitionMemory.load(store, batch.partition, defaults.recentPosts);
  const queries = unknownSums(batch.records, view, memory, inUtc);
  memory.fill(queries, await store.sums(batch.partition, queries));
  return summarise(batch, view, memory, [], defaults, inUtc);
}

const inUtc = () => 'UTC';

describe.each(STORE_KINDS)('the %s store, taking batches', (kind) => {
  const open = () => openStore(kind, manualClock(NOON));

  it('knows nothing at first', async () => {
    const store = await open();
    const { state, remembered } = await store.read(0, [postId('a')]);
    expect(state).toEqual({
      nextOffset: undefined,
      sourceOffset: -1,
      greatestEventTime: undefined,
      idleAt: undefined,
      watermark: undefined,
    });
    expect(remembered.size).toBe(0);
    expect(await store.watermark()).toBeUndefined();
    expect(await store.counters()).toMatchObject({ counted: 0, gaps: 0 });
    expect(await store.windows({ brand: acme, tier: '10s', from: BUCKET.start, to: BUCKET.start })).toEqual(
      [],
    );
  });

  it('keeps position, sums, counters and what each post added', async () => {
    const store = await open();
    const post = { id: 'a', brands: ['acme'], label: 'negative', polarity: -0.25, reach: 7 } as const;
    const { update } = await take(
      store,
      0,
      scored(4, post),
      scored(5, { id: '' }),
      scored(6, { id: '键 🙂' }),
    );
    const { state, remembered } = await store.read(0, [postId('键 🙂'), postId('x'), postId('a')]);
    expect(state).toMatchObject({ nextOffset: 7, sourceOffset: 6, greatestEventTime: NOON });
    expect([...remembered]).toEqual([
      ['键 🙂', update.remembered.get(postId('键 🙂'))],
      ['a', update.remembered.get(postId('a'))],
    ]);
    expect(await store.partials(BUCKET)).toEqual([update.changes[0]?.brands]);
    expect(await store.counters()).toMatchObject({ counted: 3 });
  });

  it('changes nothing where the partition stands elsewhere', async () => {
    const store = await open();
    const first = (await take(store, 0, scored(0, { id: 'a' }))).update;
    await take(store, 0, scored(1, { id: 'b' }));
    expect(await store.apply(first)).toBe('conflict');
    expect(await store.counters()).toMatchObject({ counted: 2 });
    expect((await store.partials(BUCKET))[0]?.get(ALL_BRANDS)?.posts).toBe(2);
    expect((await store.read(0, [])).state.nextOffset).toBe(2);
  });

  it('changes nothing where the watermark has moved since: the post may be late by now', async () => {
    const store = await open();
    const view = await store.read(0, []);
    await store.announce(epochMillis(NOON));
    const update = await updateOf(store, view, batchOf([scored(0, { id: 'a' })]));
    expect(await store.apply(update)).toBe('conflict');
    expect(await store.counters()).toMatchObject({ counted: 0 });
    expect((await take(store, 0, scored(0, { id: 'a' }))).outcome).toBe('applied');
  });

  it('keeps partitions apart', async () => {
    const store = await open();
    await take(store, 0, scored(0, { id: 'a' }));
    await take(store, 1, scored(0, { id: 'a' }), scored(1, { id: 'b' }));
    expect((await store.partitions()).map(({ nextOffset }) => nextOffset)).toEqual([1, 2]);
    expect((await store.partials(BUCKET)).map((brands) => brands.get(ALL_BRANDS)?.posts)).toEqual([1, 2]);
    expect(await store.counters()).toMatchObject({ counted: 3 });
  });

  it('takes back what it added', async () => {
    const store = await open();
    await take(store, 0, scored(0, { id: 'a', brands: ['acme'], polarity: 0.123456, reach: 9 }));
    await take(store, 0, deleted(1, 'a'));
    const [brands] = await store.partials(BUCKET);
    expect(toWindow(acme, BUCKET, brands?.get(acme) ?? emptySums(), WINDOW_STATE)).toMatchObject({
      posts: 0,
      polaritySum: 0,
      reach: 0,
      bySource: {},
    });
    expect((await store.read(0, [postId('a')])).remembered.get(postId('a'))).toEqual({
      kind: 'deleted',
      revision: NOON,
    });
  });

  it('does not bring back an expired bucket for a mere correction', async () => {
    const store = await open();
    const { update } = await take(store, 0, scored(0, { id: 'a' }));
    const elsewhere: BucketChange = {
      bucket: bucketAt('10s', epochMillis(NOON + 60_000)),
      correction: true,
      brands: update.changes[0]?.brands ?? new Map(),
    };
    const correcting: PartitionUpdate = {
      ...update,
      expected: { nextOffset: 1, watermark: undefined },
      next: { ...update.next, nextOffset: 2 },
      changes: [elsewhere],
      recent: { journal: undefined, outdated: 0 },
      remembered: new Map(),
    };
    expect(await store.apply(correcting)).toBe('applied');
    expect(await store.partials(elsewhere.bucket)).toEqual([]);
  });

  it('keeps names that look like something else', async () => {
    const store = await open();
    const names = ['__proto__', 'a|b:c', 'constructor', '', '来源 "x"'];
    await take(store, 0, ...names.map((source, i) => scored(i, { id: source || 'none', source })));
    const [brands] = await store.partials(BUCKET);
    expect([...(brands?.get(ALL_BRANDS)?.sources.keys() ?? [])].sort()).toEqual([...names].sort());
  });

  it('marks a partition idle until its next posts, unless it has moved on', async () => {
    const store = await open();
    const idleAt = async () => (await store.read(0, [])).state.idleAt;
    await store.markIdle(0, undefined, epochMillis(5));
    expect(await idleAt()).toBe(5);
    await take(store, 0, scored(0, { id: 'a' }));
    expect(await idleAt()).toBeUndefined();
    await store.markIdle(0, undefined, epochMillis(6));
    expect(await idleAt()).toBeUndefined();
    await store.markIdle(0, 1, epochMillis(7));
    expect(await idleAt()).toBe(7);
  });
});

const WINDOW_STATE = { revision: 0, complete: true, final: false };

describe.each(STORE_KINDS)('the %s store, closing windows', (kind) => {
  const open = () => openStore(kind, manualClock(NOON));
  const window = (posts: number, revision: number) =>
    toWindow(acme, BUCKET, { ...emptySums(), posts }, { ...WINDOW_STATE, revision });

  it('elects one closer and lets it resign', async () => {
    const store = await open();
    expect(await store.elect()).toBe(true);
    expect(await store.elect()).toBe(true);
    await store.resign();
    expect(await store.elect()).toBe(true);
  });

  it('announces a watermark that never goes back', async () => {
    const store = await open();
    for (const time of [20, 30, 10]) await store.announce(epochMillis(time));
    expect((await store.partitions()).map(({ watermark }) => watermark)).toEqual([30, 30]);
  });

  it('takes a mark away only if nothing came in between', async () => {
    const store = await open();
    await take(store, 0, scored(0, { id: 'a' }));
    const merged = await store.dirtyBuckets();
    expect(merged.map(({ bucket, version }) => [bucket.tier, version])).toEqual([
      ['10s', 1],
      ['1m', 1],
      ['5m', 1],
      ['1h', 1],
      ['1d', 1],
    ]);
    await take(store, 0, scored(1, { id: 'b', at: 10_000 }));
    const outcome = { merged, unfinished: [], finished: [], watermark: epochMillis(NOON) };
    await store.finishPass(outcome);
    const left = (await store.dirtyBuckets()).map(({ bucket }) => `${bucket.tier} ${bucket.start - NOON}`);
    expect(left.sort()).toEqual(['10s 10000', '1d -43200000', '1h 0', '1m 0', '5m 0']);
  });

  it('keeps buckets that are closed and not final until they are', async () => {
    const store = await open();
    const hour = bucketAt('1h', epochMillis(NOON));
    const pass = { merged: [], unfinished: [], finished: [], watermark: epochMillis(NOON) };
    await store.finishPass({ ...pass, unfinished: [BUCKET, hour] });
    expect(await store.unfinished(epochMillis(NOON + 9_999))).toEqual([]);
    expect(await store.unfinished(epochMillis(NOON + 10_000))).toEqual([BUCKET]);
    await store.finishPass({ ...pass, finished: [BUCKET] });
    expect(await store.unfinished(epochMillis(NOON + 3_600_000))).toEqual([hour]);
  });

  it('serves closed windows in order of time, up to the watermark', async () => {
    const store = await open();
    const starts = [7_200_000, 0, 10_000].map((at) => epochMillis(NOON + at));
    const after = starts.map((start) => toWindow(acme, bucketAt('10s', start), emptySums(), WINDOW_STATE));
    expect(await store.replace(after.map((one) => ({ before: undefined, after: one })))).toBe(true);
    await store.finishPass({
      merged: [],
      unfinished: [],
      finished: [],
      watermark: epochMillis(NOON + 7_210_000),
    });
    const query = { brand: acme, tier: '10s', from: epochMillis(0), to: epochMillis(NOON * 2) } as const;
    // The first has outlived its retention of two hours.
    expect((await store.windows(query)).map(({ start }) => start - NOON)).toEqual([10_000, 7_200_000]);
    expect(await store.windows({ ...query, to: epochMillis(NOON + 7_200_000) })).toHaveLength(1);
    expect(await store.windows({ ...query, from: epochMillis(NOON + 10_001) })).toHaveLength(1);
    expect(await store.windows({ ...query, brand: brandId('globex') })).toEqual([]);
    expect(await store.watermark()).toBe(NOON + 7_210_000);
  });

  it('serves the same windows summed up, and as JSON', async () => {
    const store = await open();
    const tiers = ['10s', '1h', '1d'] as const;
    const after = tiers.map((tier) =>
      toWindow(acme, bucketAt(tier, epochMillis(NOON)), { ...emptySums(), posts: 3, reach: 8 }, WINDOW_STATE),
    );
    await store.replace(after.map((one) => ({ before: undefined, after: one })));
    const watermark = epochMillis(NOON + 86_400_000);
    await store.finishPass({ merged: [], unfinished: [], finished: [], watermark });
    for (const [i, tier] of tiers.entries()) {
      const query = { brand: acme, tier, from: epochMillis(0), to: watermark };
      const [window] = await store.windows(query);
      expect(window).toEqual(tier === '10s' ? undefined : after[i]);
      const { posts, reach, complete } = window ?? {};
      const found = window === undefined ? [] : [window];
      expect(await store.summaries(query, watermark)).toMatchObject(
        found.map(({ start }) => ({ start, posts, reach, complete })),
      );
      expect(
        (await store.texts(query, watermark)).map(({ start, json }) => [start, Buffer.from(json).toString()]),
      ).toEqual(found.map((one) => [one.start, JSON.stringify(one)]));
    }
  });

  it('gives a bucket’s windows as they are served', async () => {
    const store = await open();
    await store.replace([{ before: undefined, after: window(3, 0) }]);
    expect([...(await store.closed(BUCKET, [brandId('globex'), acme]))]).toEqual([[acme, window(3, 0)]]);
    expect(await store.replace([{ before: window(3, 0), after: window(4, 1) }])).toBe(true);
    expect((await store.closed(BUCKET, [acme])).get(acme)).toEqual(window(4, 1));
  });
});
