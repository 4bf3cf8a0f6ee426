// The shipped network as a tf.layers model: src/model/weights.ts says what it computes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import tf from '@tensorflow/tfjs-node';

/** Where the layer's gates (input, forget, cell, output) stand among the bundle's (input, cell, forget, output). */
const GATES = [0, 2, 1, 3];
/** What keeps padding out of a maximum and of a softmax. */
const PADDING_SCORE = -1e9;

/**
 * Reads the weights of a bundle into a model from tokens [rows, width] to logits [rows, 3]. Token 0 is padding, which
 * the embedding masks for the layers behind it.
 */
export function buildModel(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const { embedding: size, hidden } = manifest.architecture;
  const tensors = readTensors(folder, manifest);
  const embedding = tf.layers.embedding({
    inputDim: manifest.vocabulary.size,
    outputDim: size,
    maskZero: true,
  });
  const lstm = tf.layers.bidirectional({
    layer: tf.layers.lstm({
      units: hidden,
      returnSequences: true,
      recurrentActivation: 'sigmoid',
      recurrentInitializer: 'zeros', // Its default takes seconds, for weights that are replaced.
    }),
    mergeMode: 'concat',
  });
  const output = tf.layers.dense({ units: 3 });

  const tokens = tf.input({ shape: [null] });
  const states = lstm.apply(embedding.apply(tokens));
  const pooled = new MaximumAndAttention(tensors.attention).apply(states);
  const model = tf.model({ inputs: tokens, outputs: output.apply(pooled) });
  embedding.setWeights([tensors.embedding]);
  lstm.setWeights(
    ['forward', 'backward'].flatMap((direction) => {
      const kernel = inOrder(tensors[`${direction}/kernel`]);
      return [...tf.split(kernel, [size, hidden]), inOrder(tensors[`${direction}/bias`])];
    }),
  );
  output.setWeights([tensors['output/kernel'], tensors['output/bias']]);
  return model;
}

/** [rows, width, states] to [rows, 2·states]: the maximum of the states over time, and their mean by attention. */
class MaximumAndAttention extends tf.layers.Layer {
  static className = 'MaximumAndAttention';

  constructor(attention) {
    super({});
    this.supportsMasking = true;
    this.attention = attention;
  }

  computeOutputShape([rows, , states]) {
    return [rows, 2 * states];
  }

  computeMask() {
    return null;
  }

  call(inputs, { mask }) {
    return tf.tidy(() => {
      const states = Array.isArray(inputs) ? inputs[0] : inputs;
      const isToken = (Array.isArray(mask) ? mask[0] : mask).toFloat().expandDims(2);
      const padding = tf.mul(tf.sub(1, isToken), PADDING_SCORE);
      const scores = tf.sum(tf.mul(states, this.attention), 2, true).add(padding);
      const attention = tf.softmax(scores.squeeze([2])).expandDims(2);
      const attended = tf.sum(tf.mul(states, attention), 1);
      return tf.concat([tf.max(tf.add(states, padding), 1), attended], 1);
    });
  }
}

function readTensors(folder, { weights }) {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, weights.file));
  const values = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  return Object.fromEntries(
    weights.tensors.map(({ name, shape, offset }) => {
      const length = shape.reduce((product, extent) => product * extent, 1);
      return [name, tf.tensor(values.subarray(offset / 4, offset / 4 + length), shape)];
    }),
  );
}

function inOrder(tensor) {
  const gates = tf.split(tensor, GATES.length, -1);
  return tf.concat(
    GATES.map((gate) => gates[gate]),
    -1,
  );
}
