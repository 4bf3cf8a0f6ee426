import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { messageOf } from '../../src/contracts/errors.js';
import { loadBundle, type ModelBundle } from '../../src/model/bundle.js';
import { shippedModel } from '../../src/pipelines/scorer.js';
import { normalise } from '../../src/preprocess/normalise.js';
import { createTokeniser } from '../../src/preprocess/tokenise.js';
import { measureBatchDependence } from '../../src/scoring/batch-dependence.js';
import type { ScoringEngine } from '../../src/scoring/engine.js';
import { createNativeEngine } from '../../src/scoring/engines/native.js';
import { createOnnxEngine } from '../../src/scoring/engines/onnx.js';
import { createWasmEngine } from '../../src/scoring/engines/wasm.js';
import { randomBundle, randomNumbers } from '../support/random-bundle.js';

const BATCHINGS = 3;
const LARGEST_CHANGE = 1e-5;

/** An engine that says what it is told to. */
function engine(logitsOf: (rows: number, row: number) => readonly number[]): ScoringEngine {
  return {
    name: 'wasm',
    precision: 'int8',
    score: async ({ rows }) =>
      Float32Array.from(Array.from({ length: rows }, (_, row) => logitsOf(rows, row)).flat()),
    close: async () => {},
  };
}

const posts = Array.from({ length: 20 }, () => Int32Array.of(1, 2, 3));
const options = () => ({ batchings: 5, temperature: 1, random: randomNumbers(1) });

describe('the measure of batch dependence', () => {
  it('is 0 where a score has nothing to do with the batch', async () => {
    const steady = engine(() => [1, 2, 3]);
    expect(await measureBatchDependence(steady, posts, options())).toEqual({
      posts: 20,
      batchings: 5,
      largestChange: 0,
      flippedShare: 0,
    });
  });

  it('finds a post that gets another label in company', async () => {
    const sociable = engine((rows) => (rows === 1 ? [0, 0, 9] : [9, 0, 0]));
    const { largestChange, flippedShare } = await measureBatchDependence(sociable, posts, options());
    expect(largestChange).toBeGreaterThan(0.99);
    expect(flippedShare).toBeGreaterThan(0.9);
  });

  it('tells the change of a probability that is no change of the label', async () => {
    const sociable = engine((rows) => [0, 0, rows === 1 ? 2 : 3]);
    const { largestChange, flippedShare } = await measureBatchDependence(sociable, posts, options());
    const probability = (logit: number) => Math.exp(logit) / (2 + Math.exp(logit));
    expect(largestChange).toBeCloseTo(probability(3) - probability(2), 6);
    expect(flippedShare).toBe(0);
  });
});

const noKernels = await createNativeEngine(randomBundle(), 'int8').then(() => undefined, messageOf);

describe('the shipped model on the posts of the demo', () => {
  let bundle: ModelBundle;
  let tokens: readonly Int32Array[];

  beforeAll(async () => {
    bundle = await loadBundle(shippedModel());
    const tokenise = createTokeniser(bundle.vocabulary, bundle.manifest.maxTokens);
    tokens = ['en', 'zh', 'other'].flatMap((name) => {
      const [, ...lines] = readFileSync(`demo/source/${name}.tsv`, 'utf8').trimEnd().split('\n');
      return lines.map((line) => tokenise(normalise(line.split('\t')[4] ?? '')).tokens);
    });
  });

  async function measured(create: typeof createOnnxEngine, precision: 'float32' | 'int8') {
    const network = await create(bundle, precision);
    try {
      const { temperature } = bundle.manifest.calibration;
      const random = randomNumbers(7);
      return await measureBatchDependence(network, tokens, {
        batchings: BATCHINGS,
        temperature,
        random,
      });
    } finally {
      await network.close();
    }
  }

  it.each([
    ['float32', 'onnx', createOnnxEngine],
    ['float32', 'wasm', createWasmEngine],
    ['int8', 'onnx', createOnnxEngine],
    ['int8', 'wasm', createWasmEngine],
    ...(noKernels === undefined ? ([['int8', 'native', createNativeEngine]] as const) : []),
  ] as const)('scores a post in %s on %s as if it were alone', async (precision, _, create) => {
    const { largestChange, flippedShare } = await measured(create, precision);
    expect(largestChange).toBeLessThanOrEqual(LARGEST_CHANGE);
    expect(flippedShare).toBe(0);
  });
});
