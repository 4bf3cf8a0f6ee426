import type * as Tensorflow from '@tensorflow/tfjs-node';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import type { TokenBatch } from '../../contracts/token-batch.js';
import type { EngineFactory } from '../engine.js';
import { BLOCK_LSTM_V2_GATES, reorderGates } from './gates.js';

type Tensor1D = Tensorflow.Tensor1D;
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
  const { tf, lstm } = await loadTensorflow();
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

  const states = (tokens: Int32Array, { rows, width }: TokenBatch, lstmWeights: LstmWeights): Tensor3D =>
    lstm(
      tf.gather(table, tf.tensor1d(tokens, 'int32')).reshape<Tensor3D>([width, rows, embedding]),
      lstmWeights,
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

interface LstmWeights {
  /** [inputs + hidden, 4·hidden], gates as BlockLSTMV2 has them */
  readonly kernel: Tensor2D;
  /** [4·hidden] */
  readonly bias: Tensor1D;
}

/** The part of tfjs-node's backend that calls TensorFlow's operations by name. */
interface OperationBackend {
  readonly binding: {
    readonly TF_ATTR_FLOAT: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_ATTR_TYPE: number;
    readonly TF_FLOAT: number;
  };
  executeMultipleOutputs(
    name: string,
    attributes: readonly { readonly name: string; readonly type: number; readonly value: unknown }[],
    inputs: readonly unknown[],
    outputs: number,
  ): Tensorflow.Tensor[];
}

interface Operations {
  readonly tf: typeof Tensorflow;
  /** Hidden states [time, rows, hidden] of an LSTM over x [time, rows, inputs]. */
  lstm(x: Tensor3D, weights: LstmWeights): Tensor3D;
}

async function loadTensorflow(): Promise<Operations> {
  try {
    const [{ default: tf }, { Int64Scalar }] = await Promise.all([
      // A CommonJS module: its exports are the default.
      import('@tensorflow/tfjs-node') as unknown as Promise<{ default: typeof Tensorflow }>,
      import('@tensorflow/tfjs-node/dist/int64_tensors.js'),
    ]);
    return { tf, lstm: fusedLstm(tf, (value) => new Int64Scalar(value)) };
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

function fusedLstm(tf: typeof Tensorflow, int64: (value: number) => unknown): Operations['lstm'] {
  const backend = tf.backend() as unknown as OperationBackend; // tfjs types the backend as any backend's.
  const { TF_ATTR_FLOAT, TF_ATTR_BOOL, TF_ATTR_TYPE, TF_FLOAT } = backend.binding;
  const attributes = [
    { name: 'cell_clip', type: TF_ATTR_FLOAT, value: 0 },
    { name: 'use_peephole', type: TF_ATTR_BOOL, value: false },
    { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
  ];
  return (x, { kernel, bias }) => {
    const [steps, rows] = x.shape;
    const hidden = bias.shape[0] / 4;
    const zeroState = tf.zeros([rows, hidden]);
    // The operation takes peephole weights even where it does not use them.
    const peephole = tf.zeros([hidden]);
    const inputs = [int64(steps), x, zeroState, zeroState, kernel, peephole, peephole, peephole, bias];
    const [, , , , , , hiddenStates] = backend.executeMultipleOutputs('BlockLSTMV2', attributes, inputs, 7);
    if (hiddenStates === undefined) throw new TypeError('BlockLSTMV2 gave no states');
    return hiddenStates as Tensor3D; // The states have the rank of the input.
  };
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

/** Softmax over the first axis; tfjs offers it for the last one only. */
function softmaxOverTime(tf: typeof Tensorflow, scores: Tensor3D): Tensor3D {
  const exponentials = tf.exp(tf.sub(scores, tf.max(scores, 0, true)));
  return tf.div(exponentials, tf.sum(exponentials, 0, true));
}
