import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageOf } from '../../src/contracts/errors.js';
import type { TokenBatch } from '../../src/contracts/token-batch.js';
import type { ScoringEngine } from '../../src/scoring/engine.js';
import { type Instructions, openNativeEngine } from '../../src/scoring/engines/native.js';
import { createOnnxEngine } from '../../src/scoring/engines/onnx.js';
import { createTfjsNodeEngine } from '../../src/scoring/engines/tfjs-node.js';
import { createWasmEngine } from '../../src/scoring/engines/wasm.js';
import { randomBundle, randomNumbers } from '../support/random-bundle.js';

const bundle = randomBundle({ seed: 7, embedding: 24, hidden: 32 });
const FACTORIES = { onnx: createOnnxEngine, wasm: createWasmEngine, 'tfjs-node': createTfjsNodeEngine };
/** Two float32 libraries that add in different orders. */
const TOLERANCE = 1e-5;
/** Of logits; 512 random rows differ by 0.013 at most with these weights. */
const INT8_TOLERANCE = 0.03;

const next = randomNumbers(3);
const texts = [1, 9, 4, 4, 17, 2].map((length) =>
  Array.from({ length }, () => 1 + Math.floor(next() * (bundle.vocabulary.size - 1))),
);

function batchOf(rows: readonly (readonly number[])[], width = Math.max(...rows.map((row) => row.length))) {
  const tokens = new Int32Array(rows.length * width);
  for (const [i, row] of rows.entries()) tokens.set(row, i * width);
  const lengths = Int32Array.from(rows, (row) => row.length);
  return { rows: rows.length, width, tokens, lengths } satisfies TokenBatch;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

/** The formulas of `model/weights.ts`, one number at a time and in float64. */
function referenceLogits(row: readonly number[]): number[] {
  const { weights, manifest } = bundle;
  const { embedding: inputs, hidden } = manifest.architecture;
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const at = (values: Float32Array, i: number) => values[i] ?? Number.NaN;
  const run = (tokens: readonly number[], direction: 'forward' | 'backward'): number[][] => {
    const kernel = weights[`${direction}/kernel`];
    const bias = weights[`${direction}/bias`];
    let h = new Array<number>(hidden).fill(0);
    let c = new Array<number>(hidden).fill(0);
    return tokens.map((token) => {
      const x = [...weights.embedding.subarray(token * inputs, (token + 1) * inputs), ...h];
      const gate = (index: number, unit: number) => {
        const column = index * hidden + unit;
        return x.reduce(
          (sum, value, i) => sum + value * at(kernel, i * 4 * hidden + column),
          at(bias, column),
        );
      };
      c = c.map(
        (cell, unit) => sigmoid(gate(2, unit)) * cell + sigmoid(gate(0, unit)) * Math.tanh(gate(1, unit)),
      );
      h = c.map((cell, unit) => sigmoid(gate(3, unit)) * Math.tanh(cell));
      return h;
    });
  };
  const forward = run(row, 'forward');
  const backward = run(row.toReversed(), 'backward').toReversed();
  const states = forward.map((h, step) => [...h, ...(backward[step] ?? [])]);
  const scores = states.map((h) => Math.exp(h.reduce((sum, v, i) => sum + v * at(weights.attention, i), 0)));
  const total = scores.reduce((sum, score) => sum + score, 0);
  const units = [...Array(2 * hidden).keys()];
  const maximum = units.map((unit) => Math.max(...states.map((h) => h[unit] ?? Number.NaN)));
  const attended = units.map((unit) =>
    states.reduce((sum, h, step) => sum + ((h[unit] ?? 0) * (scores[step] ?? 0)) / total, 0),
  );
  return [0, 1, 2].map((label) =>
    [...maximum, ...attended].reduce(
      (sum, value, i) => sum + value * at(weights['output/kernel'], i * 3 + label),
      at(weights['output/bias'], label),
    ),
  );
}

const expected = Float32Array.from(texts.flatMap(referenceLogits));
const tfjsProblem = await createTfjsNodeEngine(bundle, 'float32').then((engine) => engine.close(), messageOf);

for (const name of ['onnx', 'wasm', 'tfjs-node'] as const) {
  const problem = name === 'tfjs-node' ? tfjsProblem : undefined;

  describe.skipIf(problem !== undefined)(`the engine ${name}${problem ? ` (${problem})` : ''}`, () => {
    let engine: ScoringEngine;
    beforeAll(async () => {
      engine = await FACTORIES[name](bundle, 'float32');
    });
    afterAll(() => engine.close());

    it('computes the logits of the network as the model describes it', async () => {
      expect(engine).toMatchObject({ name, precision: 'float32' });
      expect(largestDifference(await engine.score(batchOf(texts)), expected)).toBeLessThan(TOLERANCE);
    });

    it('gives a text the same logits alone as among others', async () => {
      const alone: number[] = [];
      for (const text of texts) alone.push(...(await engine.score(batchOf([text]))));
      expect(largestDifference(Float32Array.from(alone), expected)).toBeLessThan(TOLERANCE);
    });

    it('does not count padding', async () => {
      const padded = await engine.score(batchOf(texts, 40));
      expect(largestDifference(padded, expected)).toBeLessThan(TOLERANCE);
    });
  });
}

const native = (instructions: Instructions) => async () => openNativeEngine(bundle, instructions);
const onOnnx = () => createOnnxEngine(bundle, 'int8');
const onWasm = () => createWasmEngine(bundle, 'int8');
const int8Engines = [
  ['onnx', onOnnx, undefined],
  ['wasm', onWasm, undefined],
  ...(await Promise.all(
    (['avx512-vnni', 'avx2'] as const).map(async (instructions) => {
      const open = native(instructions);
      return [
        `native, ${instructions}`,
        open,
        await open().then((engine) => engine.close(), messageOf),
      ] as const;
    }),
  )),
] as const;

for (const [name, open, problem] of int8Engines) {
  describe.skipIf(problem !== undefined)(`int8 on ${name}${problem ? ` (${problem})` : ''}`, () => {
    let engine: ScoringEngine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => engine.close());

    it('is near float32', async () => {
      expect(engine.precision).toBe('int8');
      const difference = largestDifference(await engine.score(batchOf(texts)), expected);
      expect(difference).toBeGreaterThan(0);
      expect(difference).toBeLessThan(INT8_TOLERANCE);
    });

    it('does not depend on the texts beside', async () => {
      const together = await engine.score(batchOf(texts));
      const alone: number[] = [];
      for (const text of texts) alone.push(...(await engine.score(batchOf([text]))));
      expect(largestDifference(Float32Array.from(alone), together)).toBeLessThan(TOLERANCE);
    });

    it('does not count padding', async () => {
      const padded = await engine.score(batchOf(texts, 40));
      expect(largestDifference(padded, await engine.score(batchOf(texts)))).toBeLessThan(TOLERANCE);
    });
  });
}

it.skipIf(tfjsProblem !== undefined)('int8 is float32 on tfjs-node, which says so', async () => {
  const engine = await createTfjsNodeEngine(bundle, 'int8');
  expect(engine.precision).toBe('float32');
  await engine.close();
});
