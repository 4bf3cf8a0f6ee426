/**
 * Wait before the next attempt: doubles each time, less up to half by chance, so that those that failed together do not
 * come back together. Where the other side said when to come back, not before.
 *
 * @param attempts attempts made so far, from 1
 * @param baseMillis wait after the first, at most
 * @param random a number from 0 up to 1, as `Math.random` gives it
 * @param afterMillis what the other side asks for
 * @param longestMillis of what is not asked for
 * @returns milliseconds
 */
export function retryDelay(
  attempts: number,
  baseMillis: number,
  random: () => number,
  { afterMillis = 0, longestMillis = Number.POSITIVE_INFINITY } = {},
): number {
  const chance = random() / 2;
  const usual = Math.min(baseMillis * 2 ** (attempts - 1), longestMillis) * (1 - chance);
  return Math.round(Math.max(usual, afterMillis * (1 + chance / 5)));
}
