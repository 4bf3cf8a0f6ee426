import { LABELS } from '../contracts/labels.js';
import type { Evaluation } from '../evaluation/evaluate.js';

/** The figures of two models on the same posts, beside each other, and whether the second is better. */
export function beforeAfterPage(before: Evaluation, after: Evaluation): string {
  const present = LABELS.filter((label) => before.perClass[label].support > 0);
  const line = (name: string, figure: (of: Evaluation) => number): string => {
    const [first, second] = [100 * figure(before), 100 * figure(after)];
    const change = second - first;
    const signed = `${change < 0 ? '-' : '+'}${Math.abs(change).toFixed(1)}`;
    return `${name.padEnd(20)} ${first.toFixed(1).padStart(6)}  ${second.toFixed(1).padStart(6)}  ${signed.padStart(6)}`;
  };
  return [
    `held-back part: ${before.n} posts`,
    `${' '.repeat(20)} before   after  change`,
    line('macro recall', ({ macroRecall }) => macroRecall),
    line('macro F1', ({ macroF1 }) => macroF1),
    ...present.flatMap((label) => [
      line(`${label} recall`, ({ perClass }) => perClass[label].recall),
      line(`${label} F1`, ({ perClass }) => perClass[label].f1),
    ]),
    '',
  ].join('\n');
}

/** What to think of a new model, as sentences; none where it is clearly better. */
export function verdict(before: Evaluation, after: Evaluation): string | undefined {
  const gain = 100 * Math.min(after.macroRecall - before.macroRecall, after.macroF1 - before.macroF1);
  // Twice the largest standard error of a share of n posts, in points.
  const chance = 100 / Math.sqrt(Math.max(1, before.n));
  if (gain <= 0) {
    return 'The new model is not better than its base on the held-back part: keep the base, label more posts, or try more --epochs.';
  }
  if (gain < chance) {
    return `On ${before.n} posts a change of less than ${chance.toFixed(1)} points may be chance.`;
  }
  return undefined;
}
