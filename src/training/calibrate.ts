import { groupBy } from '../contracts/group-by.js';
import { LABELS } from '../contracts/labels.js';
import type { Calibration } from '../model/manifest.js';

export interface Prediction {
  readonly label: number;
  /** True where negative and positive compete alone. */
  readonly twoClass: boolean;
  readonly logits: readonly number[];
}

export interface JudgedSet {
  readonly language: string | undefined;
  readonly predictions: readonly Prediction[];
}

/** Rows from which a language has a temperature of its own: fewer would fit their noise. */
const ENOUGH_ROWS = 300;

/**
 * A temperature for all, and for each language with enough rows its own; the languages with fewer share the one that
 * fits them together, if together they are enough.
 */
export function calibrate(sets: readonly JudgedSet[]): Calibration {
  const languages = groupBy(
    sets.filter(({ language }) => language !== undefined),
    ({ language }) => language ?? '',
  );
  const rows = [...languages].map(([language, own]) => ({
    language,
    predictions: own.flatMap(({ predictions }) => predictions),
  }));
  const few = rows.filter(({ predictions }) => predictions.length < ENOUGH_ROWS);
  const together = few.flatMap(({ predictions }) => predictions);
  const groups = rows.map(({ language, predictions }) => ({
    language,
    predictions: predictions.length < ENOUGH_ROWS ? together : predictions,
  }));
  return {
    temperature: fitTemperature(sets.flatMap(({ predictions }) => predictions)),
    languages: Object.fromEntries(
      groups
        .filter(({ predictions }) => predictions.length >= ENOUGH_ROWS)
        .map(({ language, predictions }) => [language, fitTemperature(predictions)]),
    ),
  };
}

const LEAST = 0.25;
const GREATEST = 8;
const STEPS = 60;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The temperature T for which softmax(logits / T) fits the labels best, by negative log-likelihood (Guo et al.
 * 2017), found by golden-section search: the likelihood has one peak over T.
 */
export function fitTemperature(predictions: readonly Prediction[]): number {
  let [low, high] = [Math.log(LEAST), Math.log(GREATEST)];
  for (let i = 0; i < STEPS; i += 1) {
    const a = high - GOLDEN * (high - low);
    const b = low + GOLDEN * (high - low);
    if (negativeLogLikelihood(predictions, Math.exp(a)) < negativeLogLikelihood(predictions, Math.exp(b)))
      high = b;
    else low = a;
  }
  return Math.exp((low + high) / 2);
}

function negativeLogLikelihood(predictions: readonly Prediction[], temperature: number): number {
  let sum = 0;
  for (const { label, twoClass, logits } of predictions) {
    let total = 0;
    logits.forEach((logit, index) => {
      if (!twoClass || LABELS[index] !== 'neutral') total += Math.exp(logit / temperature);
    });
    sum += Math.log(total) - (logits[label] ?? 0) / temperature;
  }
  return sum;
}
