/** Nobody is waited for longer: after hours of silence it would be too late to hear of it. */
const LONGEST_WAIT_MILLIS = 3_600_000;

/**
 * How long `Retry-After` (RFC 9110, 10.2.3) asks to wait: seconds, or a date.
 *
 * @param now milliseconds since the epoch
 * @returns milliseconds, an hour at most; `undefined` where nothing is asked, or nothing that can be read
 */
export function retryAfterMillis(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const millis = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(millis) ? undefined : Math.min(Math.max(millis, 0), LONGEST_WAIT_MILLIS);
}
