import { describe, expect, it } from 'vitest';
import { createWasmEngine } from '../../src/scoring/engines/wasm.js';
import { batchesOf, type Example } from '../../src/training/batches.js';
import { lossOf as lossOfLogits } from '../../src/training/loss.js';
import { createNetwork } from '../../src/training/network.js';
import { createRandom } from '../../src/training/random.js';
import type { Tensorflow, Tensors } from '../../src/training/tensorflow.js';
import { randomBundle } from '../support/random-bundle.js';
import { tensors } from '../support/tensors.js';

const bundle = randomBundle({ seed: 5, embedding: 6, hidden: 5 });
const sizes = { ...bundle.manifest.architecture, vocabulary: bundle.vocabulary.size };

const options = (labelSmoothing: number) => ({
  labelSmoothing,
  distillation: { share: 0.75, temperature: 2 },
});

/** `describe.skipIf` does not narrow a type; this runs in tests that are not skipped only. */
function loaded(): Tensors {
  if (tensors === undefined) throw new TypeError('TensorFlow is not loaded');
  return tensors;
}

function batchOf(examples: readonly Example[]) {
  const [batch] = batchesOf(examples, examples.length, createRandom(1));
  if (batch === undefined) throw new RangeError('no examples');
  return batch;
}

const random = createRandom(2);
const examples = [3, 1, 7, 4].map(
  (length, i): Example => ({
    tokens: Int32Array.from({ length }, () => 1 + (random.integer() % (sizes.vocabulary - 1))),
    label: i % 3,
    softLabel: undefined,
    twoClass: i === 2,
    weight: 1 + i / 2,
  }),
);

describe.skipIf(tensors === undefined)('the network in training', () => {
  it('gives the logits of the engines that run it later', async () => {
    const batch = batchOf(examples);
    const network = createNetwork(loaded(), sizes, bundle.weights);
    const engine = await createWasmEngine(bundle, 'float32');
    const expected = await engine.score(batch);
    const logits = await network.logits(batch).data();
    await engine.close();
    network.dispose();
    expect(logits).toHaveLength(expected.length);
    logits.forEach((logit, i) => {
      expect(logit).toBeCloseTo(expected[i] ?? Number.NaN, 4);
    });
  });

  it('gives back the weights that it was made with', () => {
    const network = createNetwork(loaded(), sizes, bundle.weights);
    expect(network.weights()).toEqual(bundle.weights);
    network.dispose();
  });

  it('has the gradient that a small step in each weight shows', () => {
    const { tf } = loaded();
    const batch = batchOf(examples);
    const network = createNetwork(loaded(), sizes, bundle.weights);
    const loss = () => lossOfLogits(tf, network.logits(batch), batch.examples, options(0.1));
    const { grads } = tf.variableGrads(loss, Object.values(network.variables));
    // Small enough for the curve, large enough for float32.
    const step = 1e-2;
    for (const variable of Object.values(network.variables)) {
      const gradient = grads[variable.name]?.dataSync() ?? new Float32Array();
      const values = Float32Array.from(variable.dataSync());
      const lossWith = (at: number, change: number): number => {
        const moved = Float32Array.from(values);
        moved[at] = (moved[at] ?? 0) + change;
        variable.assign(tf.tensor(moved, variable.shape));
        return loss().dataSync()[0] ?? Number.NaN;
      };
      const steepest = [...gradient.keys()].sort(
        (a, b) => Math.abs(gradient[b] ?? 0) - Math.abs(gradient[a] ?? 0),
      );
      for (const at of steepest.slice(0, 3)) {
        const numeric = (lossWith(at, step) - lossWith(at, -step)) / (2 * step);
        expect(Math.abs((gradient[at] ?? 0) - numeric)).toBeLessThan(1e-3);
      }
      variable.assign(tf.tensor(values, variable.shape));
    }
    network.dispose();
  });

  it('drops words and values only when asked, and the same ones for the same seed', () => {
    const { tf } = loaded();
    const batch = batchOf(examples);
    const network = createNetwork(loaded(), sizes, bundle.weights);
    const logits = (seed?: number): Tensorflow.TypedArray => {
      const dropout =
        seed === undefined ? undefined : { words: 0.5, values: 0.5, random: createRandom(seed) };
      return tf.tidy(() => network.logits(batch, dropout).dataSync());
    };
    expect(logits()).toEqual(logits());
    expect(logits(1)).toEqual(logits(1));
    expect(logits(1)).not.toEqual(logits());
    expect(logits(1)).not.toEqual(logits(2));
    network.dispose();
  });
});

describe.skipIf(tensors === undefined)('the loss', () => {
  const example = (label: number, twoClass: boolean, weight = 1): Example => ({
    tokens: Int32Array.of(1),
    label,
    softLabel: undefined,
    twoClass,
    weight,
  });

  function lossOf(logits: number[][], held: readonly Example[], smoothing: number): number {
    const { tf } = loaded();
    return tf.tidy(
      () => lossOfLogits(tf, tf.tensor2d(logits), held, options(smoothing)).dataSync()[0] ?? Number.NaN,
    );
  }

  it('is the mean surprise at the labels', () => {
    const logits = [
      [Math.log(0.7), Math.log(0.2), Math.log(0.1)],
      [Math.log(0.3), Math.log(0.3), Math.log(0.4)],
    ];
    const expected = -(Math.log(0.7) + Math.log(0.4)) / 2;
    expect(lossOf(logits, [example(0, false), example(2, false)], 0)).toBeCloseTo(expected, 5);
  });

  it('weighs examples', () => {
    const logits = [
      [0, 0, 0],
      [Math.log(0.5), Math.log(0.25), Math.log(0.25)],
    ];
    const expected = (3 * Math.log(3) + Math.log(2)) / 4;
    expect(lossOf(logits, [example(0, false, 3), example(0, false, 1)], 0)).toBeCloseTo(expected, 5);
  });

  it('leaves neutral out of the race in a set of two labels', () => {
    expect(lossOf([[Math.log(0.3), 5, Math.log(0.1)]], [example(0, true)], 0)).toBeCloseTo(
      -Math.log(0.75),
      5,
    );
  });

  it('gives a share of the target to every label in the race', () => {
    const logits = [[Math.log(0.8), 5, Math.log(0.2)]];
    const expected = -(0.9 * Math.log(0.8) + 0.1 * Math.log(0.2));
    expect(lossOf(logits, [example(0, true)], 0.2)).toBeCloseTo(expected, 5);
  });

  it('is the surprise at what the teacher says where there is no label, softened and at its full size', () => {
    const taught = { ...example(0, false), label: undefined, softLabel: [2, 0, -2] };
    const soft = [1, 0, -1].map((half) => Math.exp(half));
    const sum = soft.reduce((total, one) => total + one, 0);
    const expected = -4 * soft.reduce((total, one) => total + (one / sum) * Math.log(1 / 3), 0);
    expect(lossOf([[0, 0, 0]], [taught], 0)).toBeCloseTo(expected, 5);
    // Least where the network says what the teacher says.
    expect(lossOf([[2, 0, -2]], [taught], 0)).toBeLessThan(lossOf([[2.2, 0, -2]], [taught], 0));
    expect(lossOf([[2, 0, -2]], [taught], 0)).toBeLessThan(lossOf([[1.8, 0, -2]], [taught], 0));
  });

  it('mixes label and teacher by their shares where there are both', () => {
    const logits = [[1, 0, 0.5]];
    const both = { ...example(2, false), softLabel: [0, 1, 3] };
    const expected =
      0.25 * lossOf(logits, [example(2, false)], 0) +
      0.75 * lossOf(logits, [{ ...both, label: undefined }], 0);
    expect(lossOf(logits, [both], 0)).toBeCloseTo(expected, 5);
  });
});
