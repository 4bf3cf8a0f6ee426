import { describe, expect, it } from 'vitest';
import { createAggregator } from '../../src/aggregation/aggregator.js';
import { closeWindows } from '../../src/aggregation/close-windows.js';
import { ALL_BRANDS, brandId, epochMillis, OTHER_BRANDS } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { Tier } from '../../src/contracts/window.js';
import { batchOf, deleted, NOON, type PostLike, scored } from './posts.js';
import { defaults, manualClock, openStore, STORE_KINDS, type StoreKind } from './stores.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Three bits apart, and four. */
const COMPLAINT = '00ff00ff00ff00ff';
const NEAR_COMPLAINT = '00ff00ff00ff00f8';
const UNLIKE_COMPLAINT = '00ff00ff00ff00f0';

async function pipeline(kind: StoreKind) {
  const clock = manualClock(NOON);
  const store = await openStore(kind, clock);
  const newAggregator = () => createAggregator({ store, config: defaults, clock, logger: silentLogger });
  let aggregator = newAggregator();
  const offsets = [0, 0];
  const next = (partition: number) => {
    const offset = offsets[partition] ?? 0;
    offsets[partition] = offset + 1;
    return offset;
  };
  return {
    async post(partition: number, ...posts: readonly PostLike[]) {
      await aggregator.aggregate(
        batchOf(
          posts.map((post) => scored(next(partition), post)),
          partition,
        ),
      );
    },
    async delete(partition: number, id: string) {
      await aggregator.aggregate(batchOf([deleted(next(partition), id)], partition));
    },
    /** Another process takes over. */
    restart() {
      aggregator = newAggregator();
    },
    async window(brand = ALL_BRANDS, tier: Tier = '1m', at = 0) {
      clock.set(clock.now() + 3 * HOUR);
      for (const partition of [0, 1])
        await store.markIdle(partition, offsets[partition] || undefined, clock.now());
      await closeWindows({ store, config: defaults, clock, publish: async () => {} });
      const [window] = await store.windows({
        brand,
        tier,
        from: epochMillis(NOON + at),
        to: epochMillis(NOON + at + 1),
      });
      return window;
    },
  };
}

const complaint = (id: string, more: Partial<PostLike> = {}): PostLike => ({
  id,
  label: 'negative',
  brands: ['acme'],
  near: COMPLAINT,
  ...more,
});

describe.each(STORE_KINDS)('distinct posts (%s)', (kind) => {
  it('leaves out repeats, up to three bits apart', async () => {
    const { post, window } = await pipeline(kind);
    await post(
      0,
      complaint('a'),
      complaint('b', { at: 1_000 }),
      complaint('c', { at: 2_000, near: NEAR_COMPLAINT }),
      complaint('d', { at: 3_000, near: UNLIKE_COMPLAINT }),
    );
    expect(await window(brandId('acme'))).toMatchObject({
      posts: 4,
      negative: 4,
      distinct: { posts: 2, negative: 2, neutral: 0, positive: 0 },
      mostRepeated: [{ id: 'b', repeats: 2 }],
    });
  });

  it('knows what is repeated after another process has taken over', async () => {
    const { post, restart, window } = await pipeline(kind);
    await post(0, complaint('a'));
    restart();
    await post(0, complaint('b', { at: 1_000 }));
    expect(await window()).toMatchObject({ posts: 2, distinct: { posts: 1 } });
  });

  it('counts a text again when it comes after the time of near-duplicates', async () => {
    const { post, window } = await pipeline(kind);
    await post(0, complaint('a'), complaint('b', { at: defaults.nearDuplicateMs + 1 }));
    expect(await window(ALL_BRANDS, '1h', HOUR)).toMatchObject({ posts: 1, distinct: { posts: 1 } });
  });

  it('counts a text once for each brand that it names', async () => {
    const { post, window } = await pipeline(kind);
    await post(0, complaint('a'), complaint('b', { at: 1, brands: ['acme', 'globex'] }));
    expect(await window(brandId('globex'))).toMatchObject({ posts: 1, distinct: { posts: 1 } });
    expect(await window(brandId('acme'))).toMatchObject({ posts: 2, distinct: { posts: 1 } });
    expect(await window()).toMatchObject({ posts: 2, distinct: { posts: 1 } });
  });

  it('takes a text for new when the post that it repeats is deleted', async () => {
    const { post, delete: remove, window } = await pipeline(kind);
    await post(0, complaint('a'));
    await remove(0, 'a');
    await post(0, complaint('b', { at: 1_000 }));
    expect(await window()).toMatchObject({ posts: 1, distinct: { posts: 1 } });
  });

  it('takes an edit for no repeat of the post itself', async () => {
    const { post, window } = await pipeline(kind);
    await post(0, complaint('a', { revision: 1 }), complaint('a', { revision: 2, text: 'mended' }));
    expect(await window()).toMatchObject({ posts: 1, distinct: { posts: 1 }, mostRepeated: [] });
  });

  it('counts at most three posts of an author in each window', async () => {
    const { post, window } = await pipeline(kind);
    const posts = [0, 1, 2, 3, 4].map((n) => ({ id: `p${n}`, at: n * 20_000, author: 'ann' }));
    await post(0, ...posts, { id: 'q', at: 81_000, author: 'bob' });
    expect(await window(OTHER_BRANDS)).toMatchObject({ posts: 3, distinct: { posts: 3 } });
    expect(await window(OTHER_BRANDS, '1m', MINUTE)).toMatchObject({ posts: 3, distinct: { posts: 3 } });
    expect(await window(OTHER_BRANDS, '5m')).toMatchObject({ posts: 6, distinct: { posts: 4 }, authors: 2 });
  });

  it('takes posts without an author for those of as many people', async () => {
    const { post, window } = await pipeline(kind);
    await post(0, ...[0, 1, 2, 3, 4].map((n) => ({ id: `p${n}` })));
    expect(await window()).toMatchObject({ posts: 5, distinct: { posts: 5 }, authors: 5 });
  });

  it('takes back what a deletion or an edit changes, repeat or not', async () => {
    const { post, delete: remove, window } = await pipeline(kind);
    await post(0, complaint('a'), complaint('b', { at: 1 }), {
      id: 'c',
      at: 2,
      label: 'negative',
      polarity: -0.9,
    });
    await remove(0, 'b');
    expect(await window()).toMatchObject({ posts: 2, distinct: { posts: 2 }, mostRepeated: [] });
    await remove(0, 'c');
    expect(await window()).toMatchObject({ posts: 1, distinct: { posts: 1 }, mostNegative: ['a'] });
  });

  it('counts a text that is on several partitions once, and an author’s posts together', async () => {
    const { post, window } = await pipeline(kind);
    for (const partition of [0, 1]) {
      await post(
        partition,
        complaint(`a${partition}`),
        complaint(`b${partition}`, { at: 1 }),
        ...[1, 2].map((n) => ({ id: `c${partition}${n}`, author: 'ann', at: n })),
      );
    }
    expect(await window()).toMatchObject({
      posts: 8,
      distinct: { posts: 4, negative: 1, neutral: 3 },
      authors: 5,
      mostRepeated: [{ id: 'b0', repeats: 2 }],
    });
  });
});
