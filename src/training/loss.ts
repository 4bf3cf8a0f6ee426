import { LABELS } from '../contracts/labels.js';
import type { Example } from './batches.js';
import type { Tensorflow } from './tensorflow.js';

/** Takes a label out of the race: its exponential is 0. */
const CLOSED = -1e9;

/**
 * Mean cross-entropy against smoothed labels, weighted by example. Where an example's set knows two labels only,
 * neutral is out of the race: the set says nothing about it, neither that it is there nor that it is not.
 *
 * @param logits [examples, 3]
 */
export function crossEntropy(
  tf: typeof Tensorflow,
  logits: Tensorflow.Tensor2D,
  examples: readonly Example[],
  labelSmoothing: number,
): Tensorflow.Scalar {
  const classes = LABELS.length;
  const target = new Float32Array(examples.length * classes);
  const closed = new Float32Array(examples.length * classes);
  examples.forEach(({ label, twoClass, weight }, row) => {
    const open = LABELS.map((name) => !twoClass || name !== 'neutral');
    const share = labelSmoothing / open.filter(Boolean).length;
    open.forEach((isOpen, index) => {
      const at = row * classes + index;
      if (!isOpen) closed[at] = CLOSED;
      else target[at] = weight * (share + (index === label ? 1 - labelSmoothing : 0));
    });
  });
  const weights = examples.reduce((sum, { weight }) => sum + weight, 0);
  const shape: [number, number] = [examples.length, classes];
  return tf
    .logSoftmax(logits.add(tf.tensor2d(closed, shape)))
    .mul(tf.tensor2d(target, shape))
    .sum()
    .div(-weights)
    .asScalar();
}
