import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchesOf, type Example } from '../../src/training/batches.js';
import { createRandom } from '../../src/training/random.js';

function examplesOf(lengths: readonly number[]): readonly Example[] {
  return lengths.map((length, i) => ({
    tokens: new Int32Array(length).fill(i + 2),
    softLabel: undefined,
    label: i % 3,
    twoClass: false,
    weight: 1,
  }));
}

describe('batchesOf', () => {
  it('gives every example once, padded to the longest of its batch', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer(),
        (lengths, size, seed) => {
          const examples = examplesOf(lengths);
          const batches = [...batchesOf(examples, size, createRandom(seed))];
          expect(new Set(batches.flatMap((batch) => batch.examples))).toEqual(new Set(examples));
          expect(batches.reduce((sum, { rows }) => sum + rows, 0)).toBe(examples.length);
          for (const { rows, width, tokens, lengths: own, examples: held } of batches) {
            expect(rows).toBeLessThanOrEqual(size);
            expect(width).toBe(Math.max(...own));
            held.forEach((example, row) => {
              const padded = [...tokens.subarray(row * width, (row + 1) * width)];
              expect(padded.slice(0, own[row])).toEqual([...example.tokens]);
              expect(padded.slice(own[row]).every((token) => token === 0)).toBe(true);
            });
          }
        },
      ),
    );
  });

  it('puts posts of like length together', () => {
    const lengths = Array.from({ length: 400 }, (_, i) => 1 + (i % 40));
    const batches = [...batchesOf(examplesOf(lengths), 20, createRandom(1))];
    const padding = batches.reduce(
      (sum, { tokens }) => sum + tokens.filter((token) => token === 0).length,
      0,
    );
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    expect(padding / tokens).toBeLessThan(0.1);
  });

  it('repeats its order for a seed, and only for that', () => {
    const examples = examplesOf(Array.from({ length: 50 }, (_, i) => 1 + (i % 7)));
    const order = (seed: number) =>
      [...batchesOf(examples, 8, createRandom(seed))].flatMap(({ examples: held }) =>
        held.map(({ tokens }) => tokens[0]),
      );
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
  });
});
