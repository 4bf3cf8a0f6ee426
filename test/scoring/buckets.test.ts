import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketByLength } from '../../src/scoring/buckets.js';

const posts = (...lengths: number[]) =>
  lengths.map((length, post) => Int32Array.from({ length }, (_, i) => 100 * post + i + 1));

describe('posts in buckets', () => {
  it('stand beside posts of like length, padded to the longest', () => {
    expect(bucketByLength(posts(2, 10, 9, 2))).toEqual([
      {
        indices: [1, 2],
        batch: {
          rows: 2,
          width: 10,
          tokens: Int32Array.of(
            ...[101, 102, 103, 104, 105, 106, 107, 108, 109, 110],
            ...[201, 202, 203, 204, 205, 206, 207, 208, 209, 0],
          ),
          lengths: Int32Array.of(10, 9),
        },
      },
      {
        indices: [0, 3],
        batch: {
          rows: 2,
          width: 2,
          tokens: Int32Array.of(1, 2, 301, 302),
          lengths: Int32Array.of(2, 2),
        },
      },
    ]);
  });

  it('are none where there is no post', () => {
    expect(bucketByLength([])).toEqual([]);
  });

  it('are all there, each once, with little padding and at most 64 rows', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 128 }), { maxLength: 600 }), (lengths) => {
        const given = posts(...lengths);
        const buckets = bucketByLength(given);
        expect(buckets.flatMap(({ indices }) => indices).sort((a, b) => a - b)).toEqual([...given.keys()]);
        for (const { indices, batch } of buckets) {
          expect(batch.rows).toBeLessThanOrEqual(64);
          const total = batch.lengths.reduce((sum, length) => sum + length, 0);
          expect(1 - total / batch.tokens.length).toBeLessThanOrEqual(0.2 + 1e-9);
          indices.forEach((index, row) => {
            const start = row * batch.width;
            const end = start + (batch.lengths[row] ?? 0);
            expect(batch.tokens.subarray(start, end)).toEqual(given[index]);
            expect(batch.tokens.subarray(end, start + batch.width).every((token) => token === 0)).toBe(true);
          });
        }
      }),
      { numRuns: 30 },
    );
  });
});
