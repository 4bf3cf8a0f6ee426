// From labels or scores to figures, by the measure of `sentiflux evaluate`.
import { LABELS } from '../dist/contracts/labels.js';
import { measure } from '../dist/evaluation/metrics.js';

/** How many cuts are tried on the tuning rows. */
const CUTS = 200;

/** Figures of labels that are said without a probability. */
export function figuresOf(rows, labels) {
  const { macroRecall, macroF1 } = measure(
    rows.map((row, index) => ({
      gold: row.label,
      probabilities: Object.fromEntries(LABELS.map((label) => [label, labels[index] === label ? 1 : 0])),
    })),
  );
  return { macroRecall, macroF1 };
}

export function isTwoClass(rows) {
  return !rows.some(({ label }) => label === 'neutral');
}

/** The labels that scores stand for; where the set knows no neutral, the sign alone decides. */
export function labelsOf(scores, cut, twoClass) {
  return scores.map((score) => {
    if (twoClass) return score >= 0 ? 'positive' : 'negative';
    if (score >= cut && score > 0) return 'positive';
    return score <= -cut && score < 0 ? 'negative' : 'neutral';
  });
}

/** The cut with the best macro recall on tuning rows. */
export function bestCut(rows, scores) {
  const sizes = scores.map(Math.abs).sort((a, b) => a - b);
  const cuts = new Set([
    0,
    ...Array.from({ length: CUTS }, (_, i) => sizes[Math.floor((i / CUTS) * sizes.length)]),
  ]);
  const tried = [...cuts].map((cut) => ({
    cut,
    macroRecall: figuresOf(rows, labelsOf(scores, cut, false)).macroRecall,
  }));
  return tried.reduce((best, one) => (one.macroRecall > best.macroRecall ? one : best)).cut;
}
