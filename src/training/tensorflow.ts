import { messageOf, SentifluxError } from '../contracts/errors.js';
import { loadTensorOperations, type Tensorflow } from '../model/tensorflow.js';

export type { Tensorflow };

/** TensorFlow as training uses it. */
export interface Tensors {
  readonly tf: typeof Tensorflow;
  /**
   * Hidden states [time, rows, hidden] of an LSTM over x [time, rows, inputs], with its gradient.
   *
   * @param kernel [inputs + hidden, 4·hidden], gates input, cell, forget, output
   * @param bias [4·hidden]
   */
  lstm(x: Tensorflow.Tensor3D, kernel: Tensorflow.Tensor2D, bias: Tensorflow.Tensor1D): Tensorflow.Tensor3D;
}

/** @throws SentifluxError SF_TRAIN_NEEDS_TFJS */
export async function loadTensors(): Promise<Tensors> {
  try {
    const { tf, blockLstm } = await loadTensorOperations();
    // Reordered with each step: the gradient is to reach the weights where they stand in the bundle.
    const ordered = <Gates extends Tensorflow.Tensor>(gates: Gates): Gates => inOperationOrder(tf, gates);
    return { tf, lstm: (x, kernel, bias) => blockLstm(x, ordered(kernel), ordered(bias)) };
  } catch (cause) {
    throw new SentifluxError(
      'SF_TRAIN_NEEDS_TFJS',
      `@tensorflow/tfjs-node cannot be loaded: ${messageOf(cause)}.`,
      {
        hint: 'Run make tfjs-node (or npm i @tensorflow/tfjs-node) first.',
        cause,
      },
    );
  }
}

/** Ours is input, cell, forget, output; the operation's is input, forget, cell, output. */
function inOperationOrder<Gates extends Tensorflow.Tensor>(tf: typeof Tensorflow, gates: Gates): Gates {
  const last = gates.rank - 1;
  const [input, cell, forget, output] = tf.split(gates, 4, last);
  if (!input || !cell || !forget || !output) throw new RangeError('an LSTM has four gates');
  return tf.concat<Gates>([input as Gates, forget as Gates, cell as Gates, output as Gates], last); // Of the rank that was split.
}
