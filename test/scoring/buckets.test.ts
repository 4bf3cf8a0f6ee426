import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketByLength } from '../../src/scoring/buckets.js';

const posts = (...lengths: number[]) =>
  lengths.map((length, post) => Int32Array.from({ length }, (_, i) => 100 * post + i + 1));

/** Steps times rows, and two more rows for each step. */
const costOf = (buckets: ReturnType<typeof bucketByLength>) =>
  buckets.reduce((sum, { batch }) => sum + batch.width * (2 + batch.rows), 0);

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

  it('share a batch where one of their own would take as many steps again', () => {
    expect(bucketByLength(posts(10, 9, 8)).map(({ batch }) => batch.rows)).toEqual([3]);
    expect(bucketByLength(posts(10, 1, 1, 1)).map(({ batch }) => batch.rows)).toEqual([1, 3]);
  });

  it('are all there, each once, at no more than the least cost of two halves, and with at most 64 rows', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 128 }), { maxLength: 600 }), (lengths) => {
        const given = posts(...lengths);
        const buckets = bucketByLength(given);
        expect(buckets.flatMap(({ indices }) => indices).sort((a, b) => a - b)).toEqual([...given.keys()]);
        const sorted = lengths.toSorted((a, b) => b - a);
        for (let cut = 0; cut <= sorted.length; cut += 1) {
          const halves = [sorted.slice(0, cut), sorted.slice(cut)].filter(({ length }) => length > 0);
          if (halves.every(({ length }) => length <= 64))
            expect(costOf(buckets)).toBeLessThanOrEqual(
              halves.reduce((sum, half) => sum + (half[0] ?? 0) * (2 + half.length), 0),
            );
        }
        for (const { indices, batch } of buckets) {
          expect(batch.rows).toBeLessThanOrEqual(64);
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
