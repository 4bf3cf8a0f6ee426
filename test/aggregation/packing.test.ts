import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contributionOf } from '../../src/aggregation/contribution.js';
import { countedPost } from '../../src/aggregation/counted-post.js';
import { traitsOf } from '../../src/aggregation/distinct.js';
import { type PackedSums, packSums, SUMS_PARTS, unpackSums } from '../../src/aggregation/packing.js';
import { addPost, emptySums, type Sums } from '../../src/aggregation/sums.js';
import { scoredPost } from './posts.js';

const posts = fc.array(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 8 }),
    label: fc.constantFrom('negative' as const, 'neutral' as const, 'positive' as const),
    source: fc.string({ maxLength: 4 }),
    language: fc.constantFrom('en', 'zh'),
    reach: fc.nat(1e9),
    terms: fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { maxLength: 8 }),
    standing: fc.constantFrom('distinct' as const, 'repeat' as const, 'crowded' as const),
  }),
  { maxLength: 40 },
);

function sumsOf(all: typeof posts extends fc.Arbitrary<infer Posts> ? Posts : never): Sums {
  const sums = emptySums();
  for (const { standing, ...like } of all) {
    const post = countedPost(scoredPost(like));
    addPost(sums, contributionOf(post), traitsOf(post), standing, true);
  }
  return sums;
}

/** As a store has them that was told of every change. */
function packedWhole(sums: Sums): PackedSums {
  for (const part of SUMS_PARTS) sums.unsaved[part] = true;
  return packSums(sums);
}

const damaged = expect.objectContaining({ code: 'SF_STORE_DAMAGED' });

describe('sums as a store keeps them', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(posts, (all) => {
        const sums = sumsOf(all);
        const packed = packedWhole(sums);
        expect(unpackSums(packed)).toEqual(sums);
        expect(packedWhole(unpackSums(packed))).toEqual(packed);
      }),
    );
  });

  it('are packed each by itself, however many names and terms those before them had', () => {
    fc.assert(
      fc.property(posts, posts, (some, others) => {
        const packed = packedWhole(sumsOf(others));
        packedWhole(sumsOf(some));
        expect(packedWhole(sumsOf(others))).toEqual(packed);
      }),
    );
  });

  it('leave out the parts that have not changed since', () => {
    const sums = sumsOf([]);
    packedWhole(sums);
    expect(Object.keys(packSums(sums))).toEqual(['numbers']);
  });

  it('are refused where a part is cut off, or something in it is another thing', () => {
    const whole = packedWhole(
      sumsOf(
        (['distinct', 'repeat'] as const).map((standing) => ({
          id: standing,
          label: 'negative',
          source: 'forum',
          language: 'en',
          reach: 1,
          terms: ['refund'],
          standing,
        })),
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('numbers' as const, 'terms' as const, 'samples' as const, 'distinctPosts' as const),
        fc.nat(),
        fc.constantFrom('null', '0.5', '"x"', '[]', '{}', ''),
        (part, at, other) => {
          const text = whole[part] ?? '';
          const cut = text.slice(0, 1 + (at % (text.length - 1)));
          expect(() => unpackSums({ ...whole, [part]: cut })).toThrow(damaged);
          const values = [...text.matchAll(/"[^"]*"|-?\d+/g)];
          const value = values[at % values.length];
          if (value === undefined || value[0].startsWith('"') === other.startsWith('"')) return;
          const changed = text.slice(0, value.index) + other + text.slice(value.index + value[0].length);
          // Sums of polarity and reach are numbers of any kind.
          if (part === 'numbers' && other === '0.5') return;
          expect(() => unpackSums({ ...whole, [part]: changed }), changed).toThrow(damaged);
        },
      ),
      { numRuns: 500 },
    );
    // As versions before packed it: names and distinct posts row by row.
    const numbers = '[[1,1,0,0,0,0,0,0,0,0,1,0,0],[["forum",1]],[["en",1]],[["m1",1]]]';
    for (const earlier of [
      { numbers },
      { terms: '[[1,0,[["refund",1]]],[0,0,[]]]' },
      { distinctPosts: '[[1,2,3,4,0]]' },
    ])
      expect(() => unpackSums({ ...whole, ...earlier })).toThrow(damaged);
    for (const authors of ['x', 'd000', 's0'])
      expect(() => unpackSums({ ...whole, authors })).toThrow(damaged);
  });
});
