import { LABELS, type Label, type Probabilities } from '../contracts/labels.js';
import { softmax } from '../model/softmax.js';

/** What the network says of a text. */
export interface Classification {
  readonly label: Label;
  readonly probabilities: Probabilities;
  /** Probability of positive less probability of negative, -1 to 1. */
  readonly polarity: number;
  /** The label's calibrated probability. */
  readonly confidence: number;
}

/**
 * Row's class: softmax of its logits over the calibration's temperature, in four decimals; equal
 * probabilities go to the first label.
 *
 * @param logits [rows × 3], in the order of `LABELS`
 * @param temperature above 1 for a network that is too sure of itself (Guo et al. 2017)
 */
export function classify(logits: Float32Array, row: number, temperature: number): Classification {
  const own = LABELS.map((_, i) => (logits[row * LABELS.length + i] ?? Number.NaN) / temperature);
  const greatest = Math.max(...own);
  if (!Number.isFinite(greatest)) throw new RangeError(`the logits ${own.join(', ')} are no numbers`);
  const [negative = 0, neutral = 0, positive = 0] = softmax(own).map(fourDecimals);
  const probabilities = { negative, neutral, positive };
  const label = LABELS[own.indexOf(greatest)] ?? 'neutral';
  return {
    label,
    probabilities,
    polarity: fourDecimals(positive - negative),
    confidence: probabilities[label],
  };
}

function fourDecimals(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
