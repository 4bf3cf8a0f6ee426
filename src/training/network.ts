import { TENSOR_NAMES, type TensorName, tensorShapes, type Weights } from '../model/bundle.js';
import { softmaxOverTime } from '../model/tensorflow.js';
import { UNKNOWN_ID } from '../model/vocabulary.js';
import type { Batch } from './batches.js';
import type { Random } from './random.js';
import type { Tensorflow, Tensors } from './tensorflow.js';

export interface Sizes {
  readonly vocabulary: number;
  readonly embedding: number;
  readonly hidden: number;
}

export interface Dropout {
  /** Share of tokens that become unknown. */
  readonly words: number;
  /** Share of the embedding's and the pooled states' values that become 0. */
  readonly values: number;
  readonly random: Random;
}

/** The network of `model/weights.ts` with weights that can be trained. */
export interface Network {
  readonly variables: Readonly<Record<TensorName, Tensorflow.Variable>>;
  /** Logits [rows, 3]. Dropout only while training. */
  logits(batch: Batch, dropout?: Dropout): Tensorflow.Tensor2D;
  weights(): Weights;
  dispose(): void;
}

const PADDING_SCORE = -1e9;
/** Forget gates begin open, so that a cell keeps what it has until it learns otherwise (Jozefowicz et al. 2015). */
const FORGET_BIAS = 1;

export function createNetwork({ tf, lstm }: Tensors, sizes: Sizes, weights: Weights): Network {
  const shapes = tensorShapes(sizes);
  const variables = byName((name) =>
    tf.tidy(() => tf.variable(tf.tensor(weights[name], [...shapes[name]], 'float32'))),
  );
  const { hidden } = sizes;

  /** A variable as the tensor of its rank. */
  const tensor = <Rank extends Tensorflow.Rank>(name: TensorName): Tensorflow.Tensor<Rank> =>
    variables[name] as unknown as Tensorflow.Tensor<Rank>; // Made above with that shape.

  function embed(
    tokens: Int32Array,
    steps: number,
    rows: number,
    dropout: Dropout | undefined,
  ): Tensorflow.Tensor3D {
    const embedded = tf.gather(tensor<Tensorflow.Rank.R2>('embedding'), tf.tensor1d(tokens, 'int32'));
    const dropped =
      dropout === undefined
        ? embedded
        : tf.dropout(embedded, dropout.values, undefined, dropout.random.integer());
    return dropped.reshape([steps, rows, sizes.embedding]);
  }

  return {
    variables,

    logits({ rows, width, tokens, lengths }, dropout) {
      const forwardTokens = new Int32Array(width * rows);
      const backwardTokens = new Int32Array(width * rows);
      const aligned = new Int32Array(width * rows);
      const padding = new Float32Array(width * rows);
      for (let row = 0; row < rows; row += 1) {
        const length = lengths[row] ?? 0;
        for (let step = 0; step < width; step += 1) {
          const at = step * rows + row;
          const mirrored = (step < length ? length - 1 - step : step) * rows + row;
          const isDropped = dropout !== undefined && step < length && dropout.random.next() < dropout.words;
          const token = isDropped ? UNKNOWN_ID : (tokens[row * width + step] ?? 0);
          forwardTokens[at] = token;
          backwardTokens[mirrored] = token;
          aligned[at] = mirrored;
          padding[at] = step < length ? 0 : PADDING_SCORE;
        }
      }
      const mask = tf.tensor3d(padding, [width, rows, 1]);
      const forward = lstm(
        embed(forwardTokens, width, rows, dropout),
        tensor('forward/kernel'),
        tensor('forward/bias'),
      );
      const mirrored = lstm(
        embed(backwardTokens, width, rows, dropout),
        tensor('backward/kernel'),
        tensor('backward/bias'),
      );
      const backward = tf.gather(mirrored.reshape([width * rows, hidden]), tf.tensor1d(aligned, 'int32'));
      const states = tf.concat([forward, backward.reshape<Tensorflow.Tensor3D>([width, rows, hidden])], 2);
      const scores = tf.matMul(
        states.reshape([width * rows, 2 * hidden]),
        tensor<Tensorflow.Rank.R1>('attention').reshape([2 * hidden, 1]),
      );
      const attention = softmaxOverTime(tf, scores.reshape<Tensorflow.Tensor3D>([width, rows, 1]).add(mask));
      const attended = tf.sum(states.mul(attention), 0);
      const maximum = tf.max(states.add(mask), 0);
      const pooled = tf.concat<Tensorflow.Tensor2D>(
        [maximum as Tensorflow.Tensor2D, attended as Tensorflow.Tensor2D],
        1,
      ); // Reduced over one of three axes.
      const dropped =
        dropout === undefined
          ? pooled
          : tf.dropout(pooled, dropout.values, undefined, dropout.random.integer());
      return tf.matMul<Tensorflow.Tensor2D>(dropped, tensor('output/kernel')).add(tensor('output/bias'));
    },

    weights: () => byName((name) => Float32Array.from(variables[name].dataSync<'float32'>())),

    dispose() {
      for (const name of TENSOR_NAMES) variables[name].dispose();
    },
  };
}

/** Uniform by fan-in and fan-out (Glorot & Bengio 2010) for the kernels, small noise for the embedding. */
export function initialWeights(sizes: Sizes, random: Random): Weights {
  const { hidden } = sizes;
  const shapes = tensorShapes(sizes);
  return byName((name) => {
    const shape = shapes[name];
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (name.endsWith('/bias')) {
      const isForgetGate = (i: number): boolean =>
        name !== 'output/bias' && i >= 2 * hidden && i < 3 * hidden;
      return Float32Array.from({ length: size }, (_, i) => (isForgetGate(i) ? FORGET_BIAS : 0));
    }
    const [rows = 1, columns = 1] = shape;
    const limit = name === 'embedding' ? 0.1 : Math.sqrt(6 / (rows + columns));
    return Float32Array.from({ length: size }, () => (2 * random.next() - 1) * limit);
  });
}

function byName<Value>(make: (name: TensorName) => Value): Record<TensorName, Value> {
  return {
    embedding: make('embedding'),
    'forward/kernel': make('forward/kernel'),
    'forward/bias': make('forward/bias'),
    'backward/kernel': make('backward/kernel'),
    'backward/bias': make('backward/bias'),
    attention: make('attention'),
    'output/kernel': make('output/kernel'),
    'output/bias': make('output/bias'),
  };
}
