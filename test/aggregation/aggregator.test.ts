import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAggregator } from '../../src/aggregation/aggregator.js';
import { closeWindows } from '../../src/aggregation/close-windows.js';
import { counters } from '../../src/aggregation/counters.js';
import type { PositionedRecord } from '../../src/aggregation/decode-scored.js';
import type { WindowStore } from '../../src/aggregation/store.js';
import { createMemoryStore } from '../../src/aggregation/stores/memory.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { LABELS } from '../../src/contracts/labels.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { bucketStart, TIERS, type WindowAggregate } from '../../src/contracts/window.js';
import { batchOf, deleted, NOON, type PostLike, scored } from './posts.js';
import { defaults, manualClock, openStore, PARTITIONS, STORE_KINDS } from './stores.js';

const BRANDS = ['acme', 'globex'] as const;

/** Posts of ten minutes, some edited, some deleted, some twice; few ids, so that they meet. */
const step = fc.record({
  id: fc.integer({ min: 0, max: 15 }).map((n) => `p${n}`),
  deletion: fc.boolean().chain((maybe) => (maybe ? fc.boolean() : fc.constant(false))),
  at: fc.constantFrom(0, 3_000, 12_000, 61_000, 299_999, 300_000, 590_000),
  revision: fc.integer({ min: 1, max: 6 }),
  label: fc.constantFrom(...LABELS),
  polarity: fc.integer({ min: -1_000_000, max: 1_000_000 }).map((micros) => micros / 1_000_000),
  brands: fc.subarray([...BRANDS]),
  source: fc.constantFrom('forum', 'news'),
  reach: fc.nat(1_000),
  text: fc.constantFrom('x', 'y', 'z'),
  // The second is near the first, the third is not.
  near: fc.constantFrom('00ff00ff00ff00ff', '00ff00ff00ff00f8', 'ff00ff00ff00ff00', undefined),
  author: fc.constantFrom('ann', 'bob', undefined),
  terms: fc.subarray(['delay', 'refund', 'thanks']),
});
type Generated = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const recordsOf = (steps: readonly Step[]): readonly PositionedRecord[] =>
  steps.map((one, offset) => (one.deletion ? deleted(offset, one.id) : scored(offset, one, NOON + 600_000)));

type Step = Omit<Generated, 'near' | 'author'> & Pick<PostLike, 'near' | 'author'>;

/** Without the keys that are `undefined`. */
const stepOf = ({ near, author, ...rest }: Generated): Step => ({
  ...rest,
  ...(near !== undefined && { near }),
  ...(author !== undefined && { author }),
});

/** What is left at the end, told without any sum: each post under the revision that won. */
function survivors(steps: readonly Step[]): readonly PostLike[] {
  const posts = new Map<string, { revision: number; post: Step | undefined }>();
  for (const one of steps) {
    const known = posts.get(one.id);
    if (one.deletion) posts.set(one.id, { revision: known?.revision ?? 0, post: undefined });
    else if (known === undefined || one.revision > known.revision) {
      const same =
        known?.post !== undefined &&
        (['text', 'at', 'source', 'reach'] as const).every((field) => known.post?.[field] === one[field]);
      posts.set(one.id, { revision: one.revision, post: same ? known.post : one });
    }
  }
  return [...posts.values()].flatMap(({ post }) => post ?? []);
}

/** Counts in plain JavaScript: brand, tier and start to what people see. */
function oracle(posts: readonly PostLike[]): ReadonlyMap<string, unknown> {
  const windows = new Map<
    string,
    { posts: number; negative: number; micros: number; reach: number; news: number }
  >();
  for (const { at = 0, brands = [], label, polarity = 0, reach = 0, source } of posts) {
    for (const brand of ['_all', ...(brands.length > 0 ? brands : ['_other'])]) {
      for (const tier of TIERS) {
        const key = `${brand} ${tier} ${bucketStart(tier, epochMillis(NOON + at)) - NOON}`;
        const sums = windows.get(key) ?? { posts: 0, negative: 0, micros: 0, reach: 0, news: 0 };
        sums.posts += 1;
        sums.negative += label === 'negative' ? 1 : 0;
        sums.micros += Math.round(polarity * 1_000_000);
        sums.reach += reach;
        sums.news += source === 'news' ? 1 : 0;
        windows.set(key, sums);
      }
    }
  }
  return windows;
}

const asOracle = (windows: readonly WindowAggregate[]): ReadonlyMap<string, unknown> =>
  new Map(
    windows
      .filter(({ posts }) => posts > 0)
      .map((one) => [
        `${one.brand} ${one.tier} ${one.start - NOON}`,
        {
          posts: one.posts,
          negative: one.negative,
          micros: Math.round(one.polaritySum * 1_000_000),
          reach: one.reach,
          news: one.bySource.news ?? 0,
        },
      ]),
  );

/** Closes everything, and gives the last revision of each window. */
async function closeAll(store: WindowStore): Promise<readonly WindowAggregate[]> {
  const clock = manualClock(NOON + 86_400_000);
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const { state } = await store.read(partition, []);
    await store.markIdle(partition, state.nextOffset, clock.now());
  }
  const latest = new Map<string, WindowAggregate>();
  await closeWindows({
    store,
    config: defaults,
    clock,
    publish: async (windows) => {
      for (const window of windows) latest.set(`${window.brand} ${window.tier} ${window.start}`, window);
    },
  });
  return [...latest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, window]) => window);
}

/** Batches that cover the records, each begun anew from an offset that may lie before the last one's end. */
const deliveries = (length: number) =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 8 })), {
      minLength: 1,
      maxLength: 8,
    })
    .map((cuts) => {
      const batches: Array<readonly [number, number]> = [];
      let begin = 0;
      for (const [size, back] of cuts) {
        const end = Math.min(length, begin + size);
        batches.push([begin, end]);
        begin = Math.max(0, end - back);
      }
      return [...batches, [begin, length] as const].filter(([from, to]) => from < to);
    });

const runs = fc
  .array(step.map(stepOf), { minLength: 1, maxLength: 40 })
  .chain((steps) => fc.tuple(fc.constant(steps), deliveries(steps.length)));

describe('however records are cut into batches and whatever is delivered again', () => {
  const clock = manualClock(NOON);

  async function deliver(
    store: WindowStore,
    steps: readonly Step[],
    batches: ReadonlyArray<readonly [number, number]>,
  ) {
    const records = recordsOf(steps);
    for (const [from, to] of batches) {
      // A new aggregator each time, as after a restart: it knows only what the store says.
      const aggregator = createAggregator({ store, config: defaults, clock, logger: silentLogger });
      await aggregator.aggregate(batchOf(records.slice(from, to)));
    }
  }

  it('the windows are those of the surviving posts, and the counters add up (memory)', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ([steps, batches]) => {
        const store = createMemoryStore(PARTITIONS, defaults, clock);
        await deliver(store, steps, batches);
        const alive = survivors(steps);
        const { counted, future, old } = await store.counters();
        expect(counted + future + old).toBe(alive.length);
        expect(asOracle(await closeAll(store))).toEqual(oracle(alive));
      }),
      { numRuns: 200 },
    );
  });

  it('nothing in the windows differs, whatever is told of them (memory)', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ([steps, batches]) => {
        const [cut, whole] = [
          createMemoryStore(PARTITIONS, defaults, clock),
          createMemoryStore(PARTITIONS, defaults, clock),
        ];
        await deliver(cut, steps, batches);
        await deliver(whole, steps, [[0, steps.length]]);
        expect(await closeAll(cut)).toEqual(await closeAll(whole));
      }),
      { numRuns: 100 },
    );
  });

  it.skipIf(!STORE_KINDS.some((kind) => kind === 'redis'))('and the same in Redis', async () => {
    const examples = fc.sample(runs, { numRuns: 12, seed: 7 });
    for (const [steps, batches] of examples) {
      const store = await openStore('redis', clock);
      await deliver(store, steps, batches);
      const alive = survivors(steps);
      expect((await store.counters()).counted).toBe(alive.length);
      const windows = await closeAll(store);
      expect(asOracle(windows)).toEqual(oracle(alive));
      const inMemory = createMemoryStore(PARTITIONS, defaults, clock);
      await deliver(inMemory, steps, [[0, steps.length]]);
      expect(windows).toEqual(await closeAll(inMemory));
    }
  });

  it('counted, future and old posts are all the posts there are', async () => {
    const times = fc.array(fc.integer({ min: -40 * 86_400_000, max: 86_400_000 }), {
      minLength: 1,
      maxLength: 50,
    });
    await fc.assert(
      fc.asyncProperty(times, fc.integer({ min: 1, max: 9 }), async (ats, size) => {
        const store = createMemoryStore(PARTITIONS, defaults, clock);
        const aggregator = createAggregator({ store, config: defaults, clock, logger: silentLogger });
        const records = ats.map((at, i) => scored(i, { id: `p${i % 30}`, at, revision: 1 }, NOON));
        let watermark = Number.NEGATIVE_INFINITY;
        for (let i = 0; i < records.length; i += size) {
          await aggregator.aggregate(batchOf(records.slice(i, i + size)));
          await store.markIdle(1, undefined, clock.now());
          const pass = await closeWindows({ store, config: defaults, clock, publish: async () => {} });
          if (pass.kind !== 'closed') continue;
          expect(pass.watermark).toBeGreaterThanOrEqual(watermark);
          watermark = pass.watermark;
        }
        const { counted, future, old } = await store.counters();
        expect(counted + future + old).toBe(Math.min(30, ats.length));
      }),
    );
  });
});

describe.each(STORE_KINDS)('the aggregator (%s)', (kind) => {
  it('tells where to read on', async () => {
    const store = await openStore(kind, manualClock(NOON));
    const options = { store, config: defaults, clock: manualClock(NOON), logger: silentLogger };
    const aggregator = createAggregator(options);
    expect(await aggregator.positionOf(0)).toBeUndefined();
    await aggregator.aggregate(batchOf([scored(41, { id: 'a' })]));
    expect(await createAggregator(options).positionOf(0)).toBe(42);
  });

  it('takes a batch whose records were all of another kind', async () => {
    const store = await openStore(kind, manualClock(NOON));
    const aggregator = createAggregator({
      store,
      config: defaults,
      clock: manualClock(NOON),
      logger: silentLogger,
    });
    await aggregator.aggregate({ partition: 0, records: [], invalid: [], nextOffset: 8 });
    expect(await aggregator.positionOf(0)).toBe(8);
  });

  it('counts each post once when two aggregators have the same partition', async () => {
    const store = await openStore(kind, manualClock(NOON));
    const options = { store, config: defaults, clock: manualClock(NOON), logger: silentLogger };
    const [one, other] = [createAggregator(options), createAggregator(options)];
    const records = Array.from({ length: 40 }, (_, i) => scored(i, { id: `p${i}` }));
    await Promise.all([
      (async () => {
        for (let i = 0; i < 40; i += 8) await one.aggregate(batchOf(records.slice(i, i + 8)));
      })(),
      (async () => {
        for (let i = 0; i < 40; i += 5) await other.aggregate(batchOf(records.slice(i, i + 5)));
      })(),
    ]);
    expect(await store.counters()).toMatchObject({ counted: 40, duplicates: 0 });
  });

  it('has read everything again also where the topic ends in what holds no records', async () => {
    const clock = manualClock(NOON);
    const store = await openStore(kind, clock);
    const { state } = await store.read(0, []);
    await store.apply({
      partition: 0,
      expected: state,
      next: {
        nextOffset: 0,
        sourceOffset: -1,
        greatestEventTime: undefined,
        // The third offset is the marker of a transaction.
        rebuild: { to: 3, watermark: undefined },
      },
      counters: counters(() => 0),
      changes: [],
      recent: { journal: undefined, outdated: 0 },
      remembered: new Map(),
      gaps: [],
    });
    const aggregator = createAggregator({ store, config: defaults, clock, logger: silentLogger });
    expect(await aggregator.positionOf(0)).toBe(0);
    await aggregator.aggregate(batchOf([scored(0, { id: 'a' }), scored(1, { id: 'b' })]));
    await store.markIdle(1, undefined, clock.now());
    expect(await store.rebuilding()).toEqual({ partitions: 1, records: 1 });
    await aggregator.reportLag(new Map([[0, 0]]));
    clock.set(NOON + defaults.idleAfterMs);
    await aggregator.reportLag(new Map([[0, 0]]));
    expect(await store.rebuilding()).toBeUndefined();
    expect(await aggregator.lost()).toEqual([]);
  });

  it('refuses to go on over a store that has lost what it had counted', async () => {
    const clock = manualClock(NOON);
    const aggregator = createAggregator({
      store: await openStore(kind, clock),
      config: defaults,
      clock,
      logger: silentLogger,
    });
    await aggregator.aggregate(batchOf([scored(0, { id: 'a' }), scored(1, { id: 'b' })]));
    const emptied = createAggregator({
      store: {
        ...(await openStore(kind, clock)),
        // The position that the aggregator asks for on assignment, before the store is emptied.
        read: (() => {
          let asked = 0;
          const states = [2, undefined];
          return async () => ({
            state: {
              nextOffset: states[asked++],
              sourceOffset: -1,
              greatestEventTime: undefined,
              idleAt: undefined,
              watermark: undefined,
              rebuildTo: undefined,
            },
            remembered: new Map(),
          });
        })(),
      },
      config: defaults,
      clock,
      logger: silentLogger,
    });
    await emptied.positionOf(0);
    await expect(emptied.aggregate(batchOf([scored(2, { id: 'c' })]))).rejects.toMatchObject({
      code: 'SF_STORE_CONFLICT',
    });
  });
});
