import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentPosts } from '../../src/aggregation/recent-posts.js';
import type { RecentPost } from '../../src/aggregation/recent-slots.js';
import { areNear, simHash } from '../../src/aggregation/sim-hash.js';
import { brandId, epochMillis } from '../../src/contracts/ids.js';

const post = (tag: number, hex: string, more: Partial<RecentPost> = {}): RecentPost => ({
  tag,
  near: simHash(hex),
  author: 0,
  time: epochMillis(1_000),
  brands: [],
  ...more,
});
const tags = (posts: readonly RecentPost[]) => posts.map(({ tag }) => tag);

/** Differs from a SimHash in so many bits, spread over it. */
function flip(hex: string, bits: readonly number[]): string {
  const flipped = bits.reduce((value, bit) => value ^ (1n << BigInt(bit)), BigInt(`0x${hex}`));
  return flipped.toString(16).padStart(16, '0');
}
const hex = fc
  .tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff))
  .map((words) => words.map((word) => word.toString(16).padStart(8, '0')).join(''));
const bits = (count: number) => fc.uniqueArray(fc.nat(63), { minLength: count, maxLength: count });

describe('recent posts', () => {
  it('finds a text that differs in up to three bits, wherever they are, and none that differs in four', () => {
    fc.assert(
      fc.property(hex, bits(4), (original, four) => {
        const recent = new RecentPosts(100);
        recent.add(post(1, original));
        for (const count of [0, 1, 2, 3]) {
          const near = post(2, flip(original, four.slice(0, count)));
          expect(tags(recent.near(near, 0))).toEqual([1]);
          expect(areNear(near.near, simHash(original))).toBe(true);
        }
        expect(tags(recent.near(post(2, flip(original, four)), 0))).toEqual([]);
      }),
    );
  });

  it('finds no post that is too far in time, nor itself', () => {
    const recent = new RecentPosts(100);
    recent.add(post(1, 'ff'.repeat(8)));
    expect(tags(recent.near(post(2, 'ff'.repeat(8), { time: epochMillis(1_500) }), 500))).toEqual([1]);
    expect(tags(recent.near(post(2, 'ff'.repeat(8), { time: epochMillis(1_501) }), 500))).toEqual([]);
    expect(tags(recent.near(post(1, 'ff'.repeat(8)), 500))).toEqual([]);
  });

  it('lets the oldest go where there are too many, unless it is repeated still', () => {
    const texts = Array.from({ length: 8 }, (_, i) =>
      (0x1111 * (i + 1)).toString(16).padStart(4, '0').repeat(4),
    );
    const recent = new RecentPosts(4);
    texts.slice(0, 4).forEach((text, tag) => {
      recent.add(post(tag, text));
    });
    recent.refresh(post(0, texts[0] ?? ''));
    texts.slice(4, 7).forEach((text, i) => {
      recent.add(post(4 + i, text));
    });
    const kept = texts.flatMap((text, i) => (tags(recent.near(post(99, text), 0)).length > 0 ? [i] : []));
    expect(kept).toEqual([0, 4, 5, 6]);
  });

  it('tells when the posts of an author came, the newest first', () => {
    const recent = new RecentPosts(100);
    for (const tag of [1, 2, 3]) {
      const author = tag === 2 ? 8 : 7;
      recent.add(post(tag, `000${tag}`.repeat(4), { author, time: epochMillis(1_000 + tag) }));
    }
    expect(recent.timesByAuthor(post(4, '0'.repeat(16), { author: 7 }), 9)).toEqual([1_003, 1_001]);
    expect(recent.timesByAuthor(post(4, '0'.repeat(16), { author: 7 }), 1)).toEqual([1_003]);
    expect(recent.timesByAuthor(post(4, '0'.repeat(16)), 9)).toEqual([]);
  });

  it('lets a post go that was deleted', () => {
    const recent = new RecentPosts(100);
    recent.add(post(1, 'ab'.repeat(8)));
    recent.forget(1);
    recent.forget(2);
    expect(tags(recent.near(post(2, 'ab'.repeat(8)), 0))).toEqual([]);
  });

  it('is the same when its journal is replayed, but for the journals whose posts have left', () => {
    const steps = fc.array(
      fc.record({
        tag: fc.nat(40),
        kind: fc.constantFrom('add', 'add', 'add', 'forget', 'refresh', 'write'),
        text: fc.constantFrom('11', '1f', 'a5', 'c3', '3c'),
        author: fc.nat(3),
      }),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), (all, capacity) => {
        const recent = new RecentPosts(capacity);
        const journals: Array<{ readonly text: string; readonly added: number }> = [];
        const write = () => {
          const journal = recent.takeJournal();
          if (journal !== undefined) journals.push(journal);
          while (journals.slice(1).reduce((sum, { added }) => sum + added, 0) >= capacity) journals.shift();
        };
        all.forEach(({ tag, kind, text, author }, i) => {
          const time = epochMillis(1_000 + i);
          const one = post(tag, text.repeat(8), { author, time, brands: [brandId(`b${author}`)] });
          if (kind === 'add') recent.add(one);
          else if (kind === 'forget') recent.forget(tag);
          else if (kind === 'refresh') recent.refresh(one);
          else write();
        });
        write();
        const replayed = new RecentPosts(capacity);
        for (const { text } of journals) replayed.replay(text);
        for (const text of ['11', '1f', 'a5', 'c3', '3c']) {
          const asked = post(99, text.repeat(8), { author: 1 });
          expect(replayed.near(asked, all.length + 1_000)).toEqual(recent.near(asked, all.length + 1_000));
          expect(replayed.timesByAuthor(asked, 5)).toEqual(recent.timesByAuthor(asked, 5));
        }
      }),
    );
  });

  it('looks at no more than 256 posts of a crowd that shares a part of the SimHash', () => {
    const recent = new RecentPosts(10_000);
    recent.add(post(0, 'aaaa000000000000'));
    for (let i = 1; i <= 300; i += 1) {
      recent.add(post(i, `aaaa${(0x1000 + i * 37).toString(16).padStart(4, '0').repeat(3)}`));
    }
    // Only the first part leads to it, and 300 others share that.
    expect(tags(recent.near(post(999, 'aaaa000100010001'), 0))).not.toContain(0);
    expect(tags(recent.near(post(999, 'aaaa000000000000'), 0))).toContain(0);
  });

  it('refuses a journal that is none', () => {
    expect(() => new RecentPosts(10).replay('[[1,2]]')).toThrow();
  });
});
