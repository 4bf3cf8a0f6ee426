const FIRST_MILLIS = 1_000;
const LONGEST_MILLIS = 60_000;

/** Waits that grow while something fails. */
export interface Backoff {
  /**
   * Milliseconds to wait before the next attempt: 1 s, 2 s, 4 s, … up to the longest, less up to half by chance, so that many
   * clients of one server do not come back at once.
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
    next(atLeastMs = 0) {
      const longest = Math.min(FIRST_MILLIS * 2 ** failures, longestMs);
      failures += 1;
      const wait = Math.round(longest * (1 - random() / 2));
      // Asked to wait, it comes no earlier, and by chance a little later.
      return atLeastMs === 0 ? wait : Math.max(wait, atLeastMs + Math.round(random() * FIRST_MILLIS));
    },
    reset() {
      failures = 0;
    },
  };
}
