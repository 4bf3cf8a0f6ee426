import { LABELS } from '../contracts/labels.js';
import type { Evaluation } from '../evaluation/evaluate.js';

/** A set of a recipe: its figures, or why there are none. */
export type SetOutcome = { readonly set: string } & (
  | { readonly kind: 'evaluated'; readonly evaluation: Evaluation }
  | { readonly kind: 'unreadable'; readonly problem: string }
);

/** All figures of one set. */
export function evaluationPage(evaluation: Evaluation): string {
  const { n, skipped, accuracy, macroRecall, macroF1, ece, perClass, confusion } = evaluation;
  const present = LABELS.filter((label) => perClass[label].support > 0);
  return [
    `${n} posts, ${skipped} skipped`,
    `macro recall ${percent(macroRecall)}   macro F1 ${percent(macroF1)}   accuracy ${percent(accuracy)}   calibration error ${ece.toFixed(3)}`,
    '',
    'label     precision  recall     F1  posts',
    ...present.map((label) => {
      const { precision, recall, f1, support } = perClass[label];
      return `${label.padEnd(9)}     ${percent(precision)}   ${percent(recall)}  ${percent(f1)}  ${String(support).padStart(5)}`;
    }),
    '',
    `gold \\ predicted  ${LABELS.map((label) => label.padStart(8)).join('  ')}`,
    ...present.map(
      (gold) =>
        `${gold.padEnd(16)}  ${LABELS.map((label) => String(confusion[gold][label]).padStart(8)).join('  ')}`,
    ),
    '',
  ].join('\n');
}

/** One line a set. */
export function setTable(outcomes: readonly SetOutcome[]): string {
  const width = Math.max(3, ...outcomes.map(({ set }) => set.length));
  return [
    `${'set'.padEnd(width)}  posts  macro recall  macro F1  accuracy  negative recall  calibration error`,
    ...outcomes.map((outcome) => {
      const name = outcome.set.padEnd(width);
      if (outcome.kind === 'unreadable') return `${name}  ${outcome.problem}`;
      const { n, macroRecall, macroF1, accuracy, perClass, ece } = outcome.evaluation;
      return [
        name,
        String(n).padStart(5),
        percent(macroRecall).padStart(12),
        percent(macroF1).padStart(8),
        percent(accuracy).padStart(8),
        (perClass.negative.support > 0 ? percent(perClass.negative.recall) : '-').padStart(15),
        ece.toFixed(3).padStart(17),
      ].join('  ');
    }),
    '',
  ].join('\n');
}

function percent(share: number): string {
  return (100 * share).toFixed(1).padStart(5);
}
