import { LABELS } from '../contracts/labels.js';
import { batchesOf, type Example } from './batches.js';
import type { Prediction } from './calibrate.js';
import type { Network } from './network.js';
import { createRandom } from './random.js';
import type { Tensors } from './tensorflow.js';

const EVALUATION_ROWS = 256;

/** Logits of the examples that have a label, in any order. */
export function predict(
  { tf }: Tensors,
  network: Network,
  examples: readonly Example[],
): readonly Prediction[] {
  const labelled = examples.filter(({ label }) => label !== undefined);
  const predictions: Prediction[] = [];
  // The order is of no matter here; the seed only has to be one.
  for (const batch of batchesOf(labelled, EVALUATION_ROWS, createRandom(0))) {
    const logits = tf.tidy(() => network.logits(batch).dataSync());
    batch.examples.forEach(({ label, twoClass }, row) => {
      if (label === undefined) return;
      predictions.push({
        label,
        twoClass,
        logits: [...logits.slice(row * LABELS.length, (row + 1) * LABELS.length)],
      });
    });
  }
  return predictions;
}

/** Mean over the labels of the share of their examples that are predicted as such. */
export function macroRecall(predictions: readonly Prediction[]): number {
  const right = LABELS.map(() => 0);
  const all = LABELS.map(() => 0);
  for (const { label, twoClass, logits } of predictions) {
    const open = logits.map((logit, index) =>
      twoClass && LABELS[index] === 'neutral' ? Number.NEGATIVE_INFINITY : logit,
    );
    const best = open.indexOf(Math.max(...open));
    all[label] = (all[label] ?? 0) + 1;
    if (best === label) right[label] = (right[label] ?? 0) + 1;
  }
  const recalls = all.flatMap((count, label) => (count === 0 ? [] : [(right[label] ?? 0) / count]));
  return recalls.reduce((sum, recall) => sum + recall, 0) / Math.max(1, recalls.length);
}
