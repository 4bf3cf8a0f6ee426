import { clockTime, count, say } from './words.js';

/** @typedef {import('./live.js').Live} Live */

/** So long without news, and the page says so. */
const QUIET_MILLIS = 30_000;

/**
 * How far what is shown can be trusted.
 *
 * @param {Live} live
 * @param {number} now wall time
 * @returns {{ kind: 'live' | 'quiet' | 'stale' | 'connecting', words: string }}
 */
export function statusOf({ standing, failed, answeredAt, movedAt }, now) {
  if (standing === undefined) {
    return failed ? { kind: 'stale', words: say('never') } : { kind: 'connecting', words: say('connecting') };
  }
  if (failed) return { kind: 'stale', words: say('stale', { time: clockTime(answeredAt, 'second') }) };
  const { rebuilding, watermark } = standing;
  if (rebuilding !== null) {
    return { kind: 'quiet', words: say('rebuilding', { left: count(rebuilding.records) }) };
  }
  if (watermark === null) return { kind: 'quiet', words: say('empty') };
  const time = clockTime(watermark, 'day');
  return now - movedAt > QUIET_MILLIS
    ? { kind: 'quiet', words: say('quiet', { time }) }
    : { kind: 'live', words: say('live', { time }) };
}
