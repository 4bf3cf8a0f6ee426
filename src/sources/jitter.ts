/** Up to this part of a wait is left out or added by chance, so that no two processes ask at the same time for long. */
const JITTER = 0.1;

/**
 * @param millis of the wait on average
 * @param random from 0 up to 1, as `Math.random` gives it
 */
export function jittered(millis: number, random: () => number): number {
  return Math.round(millis * (1 + JITTER * (2 * random() - 1)));
}
