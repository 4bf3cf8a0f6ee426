import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createAggregator } from '../../src/aggregation/aggregator.js';
import { closeWindows } from '../../src/aggregation/close-windows.js';
import { ALL_BRANDS, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { batchOf, deleted, NOON, scored } from './posts.js';
import { defaults, manualClock, openStore, STORE_KINDS, type StoreKind, storeConfig } from './stores.js';

/** Redis expires by the real clock: no test takes as long, however busy the machine. */
const LONG = 3_600_000;
/** And a test can wait for this one to pass. */
const SHORT = 250;

/** A window of noon with a negative and a positive post that is closed and final. */
async function closedWindow(kind: StoreKind, retractionHorizonMs: number) {
  const clock = manualClock(NOON);
  const aggregation = { ...defaults, retractionHorizonMs };
  const store = await openStore(kind, clock, storeConfig(kind, aggregation));
  const aggregator = createAggregator({ store, config: aggregation, clock, logger: silentLogger });
  const close = async () => {
    await store.markIdle(1, undefined, clock.now());
    return closeWindows({ store, config: aggregation, clock, publish: async () => {} });
  };
  await aggregator.aggregate(
    batchOf([
      scored(0, { id: 'a', label: 'negative', revision: 1 }),
      scored(1, { id: 'b', label: 'positive', revision: 1 }),
      scored(2, { id: 'later', at: 600_000 }),
    ]),
  );
  await close();
  return {
    aggregator,
    store,
    async window() {
      await close();
      const [first] = await store.windows({
        brand: ALL_BRANDS,
        tier: '1m',
        from: epochMillis(NOON),
        to: epochMillis(NOON + 60_000),
      });
      return first;
    },
    /** Until what the posts added is no longer remembered. */
    async passHorizon() {
      clock.set(clock.now() + 2 * retractionHorizonMs);
      if (kind === 'redis') await wait(2 * retractionHorizonMs);
    },
  };
}

describe.each(STORE_KINDS)('the retraction horizon (%s)', (kind) => {
  it('within it a deletion takes a post out of counts and polarity, also of a final window', async () => {
    const { aggregator, window } = await closedWindow(kind, LONG);
    expect(await window()).toMatchObject({
      posts: 2,
      negative: 1,
      positive: 1,
      polaritySum: -0.1,
      final: true,
    });
    await aggregator.aggregate(batchOf([deleted(3, 'a')]));
    expect(await window()).toMatchObject({
      posts: 1,
      negative: 0,
      positive: 1,
      polaritySum: 0.7,
      revision: 1,
    });
  });

  it('within it an edit moves a post from one label to the other', async () => {
    const { aggregator, window } = await closedWindow(kind, LONG);
    const edited = scored(3, { id: 'a', label: 'positive', revision: 2, text: 'changed' });
    await aggregator.aggregate(batchOf([edited]));
    expect(await window()).toMatchObject({ posts: 2, negative: 0, positive: 2, polaritySum: 1.4 });
  });

  it('behind it a deletion changes no count, and is counted as one', async () => {
    const { aggregator, store, window, passHorizon } = await closedWindow(kind, SHORT);
    const before = await window();
    await passHorizon();
    await aggregator.aggregate(batchOf([deleted(3, 'a')]));
    expect(await window()).toEqual(before);
    expect(await store.counters()).toMatchObject({ counted: 3, deletions: 1 });
  });

  it('behind it an edit changes no window: the post is not counted a second time', async () => {
    const { aggregator, store, window, passHorizon } = await closedWindow(kind, SHORT);
    const before = await window();
    await passHorizon();
    const edited = scored(3, { id: 'a', label: 'positive', revision: 2, text: 'changed' });
    await aggregator.aggregate(batchOf([edited]));
    expect(await window()).toEqual(before);
    expect(await store.counters()).toMatchObject({ counted: 3, old: 1 });
  });
});
