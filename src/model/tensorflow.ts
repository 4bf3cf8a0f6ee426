import type * as Tensorflow from '@tensorflow/tfjs-node';

export type { Tensorflow };

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

/** TensorFlow: its own interface and two operations that it does not offer. */
export interface TensorOperations {
  readonly tf: typeof Tensorflow;
  /**
   * Hidden states [time, rows, hidden] of an LSTM over x [time, rows, inputs], with its gradient. Its gates stand in
   * the order input, forget, cell, output, which is not that of the bundle's weights.
   *
   * @param kernel [inputs + hidden, 4·hidden]
   * @param bias [4·hidden]
   */
  blockLstm(
    x: Tensorflow.Tensor3D,
    kernel: Tensorflow.Tensor2D,
    bias: Tensorflow.Tensor1D,
  ): Tensorflow.Tensor3D;
}

/** Loads tfjs-node, an optional package with a native part: throws what the import throws where it is missing. */
export async function loadTensorOperations(): Promise<TensorOperations> {
  const [{ default: tf }, { Int64Scalar }] = await Promise.all([
    // A CommonJS module: its exports are the default.
    import('@tensorflow/tfjs-node') as unknown as Promise<{ default: typeof Tensorflow }>,
    import('@tensorflow/tfjs-node/dist/int64_tensors.js'),
  ]);
  return { tf, blockLstm: blockLstmOf(tf, (value) => new Int64Scalar(value)) };
}

/**
 * TensorFlow's BlockLSTMV2, a whole LSTM in one operation, with BlockLSTMGradV2 as its gradient. Some ten times as
 * fast as `tf.layers.lstm` when it scores, twice as fast when it trains.
 */
function blockLstmOf(
  tf: typeof Tensorflow,
  int64: (value: number) => unknown,
): TensorOperations['blockLstm'] {
  const backend = tf.backend() as unknown as OperationBackend; // tfjs types the backend as any backend's.
  const { TF_ATTR_FLOAT, TF_ATTR_BOOL, TF_ATTR_TYPE, TF_FLOAT } = backend.binding;
  const noPeephole = { name: 'use_peephole', type: TF_ATTR_BOOL, value: false };
  const float = { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT };
  const noClip = { name: 'cell_clip', type: TF_ATTR_FLOAT, value: 0 };

  return (x, kernel, bias) => {
    const [steps, rows] = x.shape;
    const hidden = bias.shape[0] / 4;
    const zeroState = tf.zeros([rows, hidden]);
    // The operation takes peephole weights even where it does not use them.
    const peephole = tf.zeros([hidden]);
    const run = tf.customGrad((...args) => {
      // What tfjs hands to the function: the three tensors below, then a function that keeps tensors for the gradient.
      const [input, w, b, save] = args as unknown as [
        Tensorflow.Tensor3D,
        Tensorflow.Tensor2D,
        Tensorflow.Tensor1D,
        (kept: Tensorflow.Tensor[]) => void,
      ];
      const inputs = [input, zeroState, zeroState, w, peephole, peephole, peephole, b];
      const states = backend.executeMultipleOutputs(
        'BlockLSTMV2',
        [noClip, noPeephole, float],
        [int64(steps), ...inputs],
        7,
      );
      const [, cells, , , , , hiddenStates] = states;
      if (cells === undefined || hiddenStates === undefined)
        throw new TypeError('BlockLSTMV2 gave no states');
      save([...inputs, ...states]);
      return {
        value: hiddenStates,
        gradFunc: (gradient: Tensorflow.Tensor, saved: Tensorflow.Tensor[]) => {
          const gradients = backend.executeMultipleOutputs(
            'BlockLSTMGradV2',
            [noPeephole, float],
            [int64(steps), ...saved, tf.zerosLike(cells), gradient],
            8,
          );
          const [ofInput, , , ofKernel, , , , ofBias] = gradients;
          if (ofInput === undefined || ofKernel === undefined || ofBias === undefined) {
            throw new TypeError('BlockLSTMGradV2 gave no gradients');
          }
          return [ofInput, ofKernel, ofBias];
        },
      };
    });
    return run(x, kernel, bias) as Tensorflow.Tensor3D; // The states have the rank of the input.
  };
}

/** Softmax over the first axis; tfjs offers it for the last one only. */
export function softmaxOverTime(tf: typeof Tensorflow, scores: Tensorflow.Tensor3D): Tensorflow.Tensor3D {
  const exponentials = tf.exp(tf.sub(scores, tf.max(scores, 0, true)));
  return tf.div(exponentials, tf.sum(exponentials, 0, true));
}
