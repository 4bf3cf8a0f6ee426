import { LABELS, type Label, type Probabilities } from '../contracts/labels.js';

/** A label that people gave and the probabilities that the model gave. */
export interface Judgement {
  readonly gold: Label;
  readonly probabilities: Probabilities;
}

export interface ClassMetrics {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Posts with this gold label. */
  readonly support: number;
}

/** Figures from 0 to 1. A ratio without a denominator is 0; macro figures are means over the labels of the set. */
export interface Metrics {
  readonly n: number;
  readonly accuracy: number;
  readonly macroRecall: number;
  readonly macroF1: number;
  readonly perClass: Readonly<Record<Label, ClassMetrics>>;
  /** Posts by gold label, then by predicted label. */
  readonly confusion: Readonly<Record<Label, Readonly<Record<Label, number>>>>;
  /** Expected calibration error (Naeini et al. 2015) over 15 equal-width bins of the top probability. */
  readonly ece: number;
}

const CALIBRATION_BINS = 15;

interface Prediction {
  readonly gold: Label;
  readonly predicted: Label;
  readonly confidence: number;
}

/**
 * Compares gold labels with probabilities. Where the set has two labels only, those two compete alone: their
 * probabilities are renormalised, so that a set of reviews is not held against a model that knows neutral.
 */
export function measure(judgements: readonly Judgement[]): Metrics {
  const present = LABELS.filter((label) => judgements.some(({ gold }) => gold === label));
  const competing = present.length === 2 ? present : LABELS;
  const predictions = judgements.map((judgement) => predict(judgement, competing));

  const count = (gold: Label, predicted: Label): number =>
    predictions.filter((prediction) => prediction.gold === gold && prediction.predicted === predicted).length;
  const confusion = byLabel((gold) => byLabel((predicted) => count(gold, predicted)));
  const perClass = byLabel((label) => classMetrics(label, confusion));
  const macro = (figure: 'recall' | 'f1'): number =>
    ratio(sum(present.map((label) => perClass[label][figure])), present.length);
  return {
    n: judgements.length,
    accuracy: ratio(sum(LABELS.map((label) => confusion[label][label])), judgements.length),
    macroRecall: macro('recall'),
    macroF1: macro('f1'),
    perClass,
    confusion,
    ece: expectedCalibrationError(predictions),
  };
}

function predict({ gold, probabilities }: Judgement, competing: readonly Label[]): Prediction {
  const predicted = competing.reduce((best, label) =>
    probabilities[label] > probabilities[best] ? label : best,
  );
  const total = sum(competing.map((label) => probabilities[label]));
  // Two labels that both have no probability at all are equally likely.
  const confidence = total > 0 ? probabilities[predicted] / total : 1 / competing.length;
  return { gold, predicted, confidence };
}

function classMetrics(label: Label, confusion: Metrics['confusion']): ClassMetrics {
  const support = sum(LABELS.map((predicted) => confusion[label][predicted]));
  const claimed = sum(LABELS.map((gold) => confusion[gold][label]));
  const right = confusion[label][label];
  return {
    precision: ratio(right, claimed),
    recall: ratio(right, support),
    f1: ratio(2 * right, support + claimed),
    support,
  };
}

/** Mean distance between confidence and accuracy of the bins (0, 1/15], (1/15, 2/15], …, weighted by their posts. */
function expectedCalibrationError(predictions: readonly Prediction[]): number {
  const gaps = new Float64Array(CALIBRATION_BINS);
  for (const { gold, predicted, confidence } of predictions) {
    const bin = Math.min(CALIBRATION_BINS, Math.max(1, Math.ceil(confidence * CALIBRATION_BINS))) - 1;
    gaps[bin] = (gaps[bin] ?? 0) + confidence - (gold === predicted ? 1 : 0);
  }
  return ratio(sum([...gaps].map(Math.abs)), predictions.length);
}

/** A value for each label. */
export function byLabel<Value>(make: (label: Label) => Value): Record<Label, Value> {
  return { negative: make('negative'), neutral: make('neutral'), positive: make('positive') };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
