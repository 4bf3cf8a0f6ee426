import { retryDelay } from '../contracts/retry-delay.js';

const FIRST_MILLIS = 1_000;
const LONGEST_MILLIS = 60_000;

/** Waits that grow while something fails. */
export interface Backoff {
  /**
   * Milliseconds to wait before the next attempt: 1 s, 2 s, 4 s, … up to the longest, as `retryDelay` has it.
   *
   * @param atLeastMs what the other side asks for
   */
  next(atLeastMs?: number): number;
  /** After a success the next wait is short again. */
  reset(): void;
}

/**
 * @param random a number from 0 up to 1, as `Math.random` gives it
 * @param longestMs milliseconds
 */
export function createBackoff(random: () => number, longestMs = LONGEST_MILLIS): Backoff {
  let failures = 0;
  return {
    next(atLeastMs) {
      failures += 1;
      return retryDelay(failures, FIRST_MILLIS, random, { afterMillis: atLeastMs, longestMillis: longestMs });
    },
    reset() {
      failures = 0;
    },
  };
}
