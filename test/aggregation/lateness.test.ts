import { describe, expect, it } from 'vitest';
import { createAggregator } from '../../src/aggregation/aggregator.js';
import { closeWindows } from '../../src/aggregation/close-windows.js';
import { latenessOf } from '../../src/aggregation/lateness.js';
import { ALL_BRANDS, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { batchOf, NOON, type PostLike, scored } from './posts.js';
import { defaults, manualClock, openStore } from './stores.js';

const MINUTE = 60_000;

/** News come up to an hour late, all else up to two minutes. */
const config = { ...defaults, latenessBySourceMs: { news: 60 * MINUTE } };

async function pipeline() {
  const clock = manualClock(NOON);
  const store = await openStore('memory', clock);
  const aggregator = createAggregator({ store, config, clock, logger: silentLogger });
  let offset = 0;
  return {
    store,
    async post(...posts: readonly PostLike[]) {
      await aggregator.aggregate(batchOf(posts.map((post) => scored(offset++, post))));
    },
    /** The minute of noon once the watermark has come to so many minutes after it. */
    async window(minutes: number) {
      clock.set(NOON + minutes * MINUTE + config.outOfOrdernessMs);
      await store.markIdle(0, offset, clock.now());
      await store.markIdle(1, undefined, clock.now());
      await closeWindows({ store, config, clock, publish: async () => {} });
      const range = { from: epochMillis(NOON), to: epochMillis(NOON + 1) };
      const [window] = await store.windows({ brand: ALL_BRANDS, tier: '1m', ...range });
      return window;
    },
  };
}

describe('the lateness of a source', () => {
  it('lets its posts into windows that are closed to others, and holds back none of them', async () => {
    const { post, window, store } = await pipeline();
    await post({ id: 'a' });
    expect(await window(5)).toMatchObject({ posts: 1, revision: 0, final: false });
    await post({ id: 'late forum post', source: 'forum' }, { id: 'late news', source: 'news' });
    expect(await window(6)).toMatchObject({ posts: 2, bySource: { forum: 1, news: 1 }, revision: 1 });
    expect(await store.counters()).toMatchObject({ counted: 2, late: 1, old: 1 });
  });

  it('ends, and the windows are final then', async () => {
    const { post, window, store } = await pipeline();
    await post({ id: 'a' });
    expect(await window(60)).toMatchObject({ final: false });
    expect(await window(61)).toMatchObject({ posts: 1, revision: 1, final: true });
    await post({ id: 'later', source: 'news' });
    expect(await window(62)).toMatchObject({ posts: 1, revision: 1 });
    expect(await store.counters()).toMatchObject({ counted: 1, old: 1 });
  });

  it('is that of all others for a source whose name is one of every object', async () => {
    const { post, window, store } = await pipeline();
    await post({ id: 'a' });
    await window(5);
    await post({ id: 'b', source: 'constructor' });
    expect(await store.counters()).toMatchObject({ counted: 1, old: 1 });
  });

  it('is never shorter than that of all others', async () => {
    const latenessBySourceMs = { rss: 30 * MINUTE };
    expect(latenessOf('rss', { allowedLatenessMs: 120_000, latenessBySourceMs })).toBe(30 * MINUTE);
    expect(latenessOf('rss', { allowedLatenessMs: 60 * MINUTE, latenessBySourceMs })).toBe(60 * MINUTE);
    expect(latenessOf('bluesky', { allowedLatenessMs: 120_000, latenessBySourceMs })).toBe(2 * MINUTE);
  });
});
