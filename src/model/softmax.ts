/** Probabilities of logits, without an overflow; a temperature divides the logits before. */
export function softmax(logits: readonly number[]): readonly number[] {
  const greatest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - greatest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}
