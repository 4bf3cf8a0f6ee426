import { messageOf, SentifluxError } from '../../contracts/errors.js';
import type { TokenBatch } from '../../contracts/token-batch.js';
import {
  loadTensorOperations,
  softmaxOverTime,
  type Tensorflow,
  type TensorOperations,
} from '../../model/tensorflow.js';
import type { EngineFactory } from '../engine.js';
import { BLOCK_LSTM_V2_GATES, reorderGates } from './gates.js';

type Tensor2D = Tensorflow.Tensor2D;
type Tensor3D = Tensorflow.Tensor3D;

/** What a padded step adds to a score before a maximum or a softmax, so that it never counts. */
const PADDING_SCORE = -1e9;

/**
 * The network on TensorFlow: each direction is one fused, time-major `BlockLSTMV2` call, some ten times faster
 * than `tf.layers.lstm`. Float32 only: the precision that was asked for is not heeded, the engine's own says
 * which one it is.
 */
export const createTfjsNodeEngine: EngineFactory = async ({ manifest, vocabulary, weights }) => {
  const { tf, blockLstm } = await loadTensorflow();
  const { embedding, hidden } = manifest.architecture;
  const direction = (name: 'forward' | 'backward') => {
    const inOrder = (matrix: Float32Array) => reorderGates(matrix, hidden, BLOCK_LSTM_V2_GATES);
    return {
      kernel: tf.tensor2d(inOrder(weights[`${name}/kernel`]), [embedding + hidden, 4 * hidden]),
      bias: tf.tensor1d(inOrder(weights[`${name}/bias`]), 'float32'),
    };
  };
  const table = tf.tensor2d(weights.embedding, [vocabulary.size, embedding]);
  const forwardWeights = direction('forward');
  const backwardWeights = direction('backward');
  const attention = tf.tensor2d(weights.attention, [2 * hidden, 1]);
  const outputKernel = tf.tensor2d(weights['output/kernel'], [4 * hidden, 3]);
  const outputBias = tf.tensor1d(weights['output/bias'], 'float32');

  const states = (
    tokens: Int32Array,
    { rows, width }: TokenBatch,
    { kernel, bias }: ReturnType<typeof direction>,
  ): Tensor3D =>
    blockLstm(
      tf.gather(table, tf.tensor1d(tokens, 'int32')).reshape<Tensor3D>([width, rows, embedding]),
      kernel,
      bias,
    );

  const logits = (batch: TokenBatch): Tensor2D => {
    const { rows, width } = batch;
    const { tokens, mirroredTokens, mirror, padding } = timeMajor(batch);
    const forward = states(tokens, batch, forwardWeights);
    const mirrored = states(mirroredTokens, batch, backwardWeights);
    const backward = tf
      .gather(mirrored.reshape<Tensor2D>([width * rows, hidden]), tf.tensor1d(mirror, 'int32'))
      .reshape<Tensor3D>([width, rows, hidden]);
    const both = tf.concat([forward, backward], 2);
    const mask = tf.tensor3d(padding, [width, rows, 1]);
    const scores = tf.matMul(both.reshape<Tensor2D>([width * rows, 2 * hidden]), attention);
    const shares = softmaxOverTime(tf, scores.reshape<Tensor3D>([width, rows, 1]).add(mask));
    const attended = tf.sum<Tensor2D>(both.mul(shares), 0);
    const maximum = tf.max<Tensor2D>(both.add(mask), 0);
    return tf.concat([maximum, attended], 1).matMul<Tensor2D>(outputKernel).add(outputBias);
  };

  return {
    name: 'tfjs-node',
    precision: 'float32',
    async score(batch) {
      const result = tf.tidy(() => logits(batch));
      const values = result.dataSync<'float32'>();
      result.dispose();
      return values;
    },
    async close() {
      const { kernel, bias } = forwardWeights;
      tf.dispose([table, kernel, bias, backwardWeights.kernel, backwardWeights.bias]);
      tf.dispose([attention, outputKernel, outputBias]);
    },
  };
};

async function loadTensorflow(): Promise<TensorOperations> {
  try {
    return await loadTensorOperations();
  } catch (cause) {
    throw new SentifluxError(
      'SF_ENGINE_UNAVAILABLE',
      `@tensorflow/tfjs-node cannot be loaded: ${messageOf(cause)}.`,
      {
        hint: 'Run make tfjs-node (or npm i @tensorflow/tfjs-node), or choose the engine onnx or wasm.',
        cause,
      },
    );
  }
}

/**
 * The batch turned to [time × rows], forwards and with each row's tokens reversed within its length; `mirror`
 * says where each step of the forward order stands in the reversed one.
 */
function timeMajor({ rows, width, tokens, lengths }: TokenBatch) {
  const size = rows * width;
  const turned = new Int32Array(size);
  const mirroredTokens = new Int32Array(size);
  const mirror = new Int32Array(size);
  const padding = new Float32Array(size);
  for (let row = 0; row < rows; row++) {
    const length = lengths[row] ?? 0;
    for (let step = 0; step < width; step++) {
      const at = step * rows + row;
      const mirrored = (step < length ? length - 1 - step : step) * rows + row;
      const token = tokens[row * width + step] ?? 0;
      turned[at] = token;
      mirroredTokens[mirrored] = token;
      mirror[at] = mirrored;
      padding[at] = step < length ? 0 : PADDING_SCORE;
    }
  }
  return { tokens: turned, mirroredTokens, mirror, padding };
}
