import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../src/contracts/errors.js';
import type { TokenBatch } from '../../src/contracts/token-batch.js';
import { createNativeEngine, openNativeEngine } from '../../src/scoring/engines/native.js';
import { createOnnxEngine } from '../../src/scoring/engines/onnx.js';
import { randomBundle } from '../support/random-bundle.js';

/** Sizes that fill neither a vector nor a group of four weights. */
const bundle = randomBundle({ seed: 5, embedding: 21, hidden: 19 });
/** Sizes that fill vectors of 8 and of 16. */
const evenBundle = randomBundle({ seed: 6, embedding: 32, hidden: 48 });
const float32 = await createOnnxEngine(bundle, 'float32');
const KERNELS = ['avx512-vnni', 'avx2'] as const;
const opened = KERNELS.map((instructions) => {
  try {
    return { instructions, engine: openNativeEngine(bundle, instructions) };
  } catch (error) {
    return { instructions, problem: messageOf(error) };
  }
});

/** Rows in any order and number, more than are scored together, with whatever stands in the padding. */
const batches: fc.Arbitrary<TokenBatch> = fc
  .record({ rows: fc.integer({ min: 1, max: 110 }), width: fc.integer({ min: 1, max: 40 }) })
  .chain(({ rows, width }) =>
    fc.record({
      rows: fc.constant(rows),
      width: fc.constant(width),
      tokens: fc.int32Array({
        minLength: rows * width,
        maxLength: rows * width,
        min: 0,
        max: bundle.vocabulary.size - 1,
      }),
      lengths: fc.int32Array({ minLength: rows, maxLength: rows, min: 1, max: width }),
    }),
  );

/** 100 posts of 1 to 256 tokens. */
const posts = Array.from({ length: 100 }, (_, i) =>
  Int32Array.from(
    { length: 256 - ((i * 101) % 256) },
    (_, at) => (7 * i + 5 * at * at) % bundle.vocabulary.size,
  ),
);

function batchOf(rows: readonly Int32Array[]): TokenBatch {
  const width = Math.max(...rows.map((row) => row.length));
  const tokens = new Int32Array(rows.length * width);
  for (const [i, row] of rows.entries()) tokens.set(row, i * width);
  return { rows: rows.length, width, tokens, lengths: Int32Array.from(rows, (row) => row.length) };
}

for (const { instructions, engine, problem } of opened) {
  describe.skipIf(engine === undefined)(
    `the kernel for ${instructions}${problem ? ` (${problem})` : ''}`,
    () => {
      const score = async (batch: TokenBatch) => (await engine?.score(batch)) ?? new Float32Array();
      const batch = (tokens: readonly number[], lengths: readonly number[], width: number): TokenBatch => ({
        rows: lengths.length,
        width,
        tokens: Int32Array.from(tokens),
        lengths: Int32Array.from(lengths),
      });

      it('is near ONNX Runtime in float32, whatever the batch', async () => {
        await fc.assert(
          fc.asyncProperty(batches, async (any) => {
            const [ours, theirs] = [await score(any), await float32.score(any)];
            expect(ours).toHaveLength(any.rows * 3);
            const differences = ours.map((value, i) => Math.abs(value - (theirs[i] ?? Number.NaN)));
            expect(Math.max(...differences)).toBeLessThan(0.05);
          }),
          { numRuns: 30 },
        );
      });

      it('gives the same bits again after a batch of another size', async () => {
        const small = batch([1, 2, 3], [3], 3);
        const before = await score(small);
        await score(
          batch(
            Array.from({ length: 60 * 50 }, (_, i) => i % 10),
            Array(60).fill(50),
            50,
          ),
        );
        expect(await score(small)).toEqual(before);
      });

      it.each([
        ['that fill no vector', bundle],
        ['that fill vectors', evenBundle],
      ])('gives a post the same bits alone and in batches of any size, by sizes %s', async (_, of) => {
        const engineOf = openNativeEngine(of, instructions);
        const alone: number[] = [];
        for (const post of posts) alone.push(...(await engineOf.score(batchOf([post]))));
        for (const rows of [2, 15, 16, 17, 47, 48, 49, 100]) {
          expect([...(await engineOf.score(batchOf(posts.slice(0, rows))))]).toEqual(
            alone.slice(0, 3 * rows),
          );
        }
      });

      it('is near the kernels of other instructions', async () => {
        const ours = await score(batchOf(posts));
        for (const other of opened) {
          const theirs = (await other.engine?.score(batchOf(posts))) ?? ours;
          const differences = ours.map((value, i) => Math.abs(value - (theirs[i] ?? Number.NaN)));
          expect(Math.max(...differences)).toBeLessThan(0.01);
        }
      });

      it('reads no weights of JavaScript after it is opened', async () => {
        const embedding = bundle.weights.embedding.slice();
        const engineOfCopy = openNativeEngine(
          { ...bundle, weights: { ...bundle.weights, embedding } },
          instructions,
        );
        embedding.fill(Number.NaN);
        expect(await engineOfCopy.score(batchOf(posts))).toEqual(await score(batchOf(posts)));
      });

      it('scores a token whose embedding is zero', async () => {
        const zeros = { ...bundle.weights, embedding: new Float32Array(bundle.weights.embedding.length) };
        const logits = await openNativeEngine({ ...bundle, weights: zeros }, instructions).score(
          batch([1, 2], [2], 2),
        );
        expect(logits.every(Number.isFinite)).toBe(true);
      });

      it('scores a token whose embedding is next to nothing', async () => {
        const tiny = bundle.weights.embedding.map((_, i) => (i % 2) * 1e-40);
        const engineOfTiny = openNativeEngine(
          { ...bundle, weights: { ...bundle.weights, embedding: tiny } },
          instructions,
        );
        const logits = await engineOfTiny.score(batch([1, 2, 3], [3], 3));
        const none = { ...bundle.weights, embedding: new Float32Array(tiny.length) };
        expect(logits).toEqual(
          await openNativeEngine({ ...bundle, weights: none }, instructions).score(batch([1, 2, 3], [3], 3)),
        );
      });

      it('stays finite where weights are huge', async () => {
        const huge = bundle.weights.embedding.map((value) => value * 1e30);
        const engineOfHuge = openNativeEngine(
          { ...bundle, weights: { ...bundle.weights, embedding: huge } },
          instructions,
        );
        const logits = await engineOfHuge.score(batch([1, 2, 3, 4], [4], 4));
        expect(logits.every(Number.isFinite)).toBe(true);
      });

      it.each([
        [
          'a token past the vocabulary',
          batch([1, bundle.vocabulary.size], [2], 2),
          'a token is not in the vocabulary',
        ],
        ['a token below 0', batch([-1], [1], 1), 'a token is not in the vocabulary'],
        ['a length of 0', batch([1], [0], 1), 'a length is not within the batch'],
        ['a length past the width', batch([1], [2], 1), 'a length is not within the batch'],
        ['fewer tokens than rows and width tell', batch([1, 2, 3], [2, 2], 2), 'another type or length'],
      ])('refuses %s', async (_, wrong, why) => {
        await expect(score(wrong)).rejects.toThrow(why);
      });

      it('scores no rows to no logits', async () => {
        expect(await score(batch([], [], 0))).toHaveLength(0);
      });
    },
  );
}

const native = await createNativeEngine(bundle, 'int8').catch(() => undefined);

describe.skipIf(native === undefined)('the native engine', () => {
  it('takes the fastest kernel of the processor, and is int8 whatever was asked for', async () => {
    expect(await createNativeEngine(bundle, 'float32')).toMatchObject({ name: 'native', precision: 'int8' });
  });

  it('refuses weights that are not of the sizes that the manifest tells', () => {
    const { attention, ...others } = bundle.weights;
    const weights = { ...others, attention: attention.subarray(1) };
    expect(() => openNativeEngine({ ...bundle, weights })).toThrow(
      expect.objectContaining({
        code: 'SF_ENGINE_UNAVAILABLE',
        message: expect.stringContaining('another type or length'),
      }),
    );
  });
});
