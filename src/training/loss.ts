import { LABELS } from '../contracts/labels.js';
import { softmax } from '../model/softmax.js';
import type { Example } from './batches.js';
import type { Recipe } from './recipe.js';
import type { Tensorflow } from './tensorflow.js';

/** Takes a label out of the race: its exponential is 0. */
const CLOSED = -1e9;

export type LossOptions = Pick<Recipe, 'labelSmoothing' | 'distillation'>;

/**
 * Mean loss of examples, weighted by example. An example with a label gives its cross-entropy against the
 * smoothed label; one with a teacher's logits the cross-entropy against what they say at a temperature, times its
 * square, so that its gradient keeps its size (Hinton et al. 2015); one with both gives a mixture.
 *
 * Where an example's set knows two labels only, neutral is out of the race for its label: the set says nothing
 * about it, neither that it is there nor that it is not. The teacher may still call it neutral.
 *
 * @param logits [examples, 3]
 */
export function lossOf(
  tf: typeof Tensorflow,
  logits: Tensorflow.Tensor2D,
  examples: readonly Example[],
  { labelSmoothing, distillation }: LossOptions,
): Tensorflow.Scalar {
  const classes = LABELS.length;
  const { share, temperature } = distillation;
  const hard = new Float32Array(examples.length * classes);
  const soft = new Float32Array(examples.length * classes);
  const closed = new Float32Array(examples.length * classes);
  examples.forEach(({ label, softLabel, twoClass, weight }, row) => {
    const softShare = softLabel === undefined ? 0 : label === undefined ? 1 : share;
    if (softLabel !== undefined) {
      softmax(softLabel.map((logit) => logit / temperature)).forEach((probability, index) => {
        soft[row * classes + index] = weight * softShare * temperature ** 2 * probability;
      });
    }
    if (label === undefined) return;
    const open = LABELS.map((name) => !twoClass || name !== 'neutral');
    const spread = labelSmoothing / open.filter(Boolean).length;
    open.forEach((isOpen, index) => {
      const at = row * classes + index;
      if (!isOpen) closed[at] = CLOSED;
      else hard[at] = weight * (1 - softShare) * (spread + (index === label ? 1 - labelSmoothing : 0));
    });
  });
  const weights = examples.reduce((sum, { weight }) => sum + weight, 0);
  const shape: [number, number] = [examples.length, classes];
  const ofLabels = tf.logSoftmax(logits.add(tf.tensor2d(closed, shape))).mul(tf.tensor2d(hard, shape));
  const ofTeacher = tf.logSoftmax(logits.div(temperature)).mul(tf.tensor2d(soft, shape));
  return ofLabels.add(ofTeacher).sum().div(-weights).asScalar();
}
