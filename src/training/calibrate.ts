import { LABELS } from '../contracts/labels.js';

export interface Prediction {
  readonly label: number;
  /** True where negative and positive compete alone. */
  readonly twoClass: boolean;
  readonly logits: readonly number[];
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
