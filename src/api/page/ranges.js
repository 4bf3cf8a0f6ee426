/** @import { Range } from './types.js' */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Times to choose from, in windows that a screen can show; before them as many as tell what is usual, and as are kept.
 * Windows of 10 s have no terms, so those of a minute are asked for them.
 *
 * @type {readonly Range[]}
 */
export const RANGES = [
  { name: '10 min', tier: '10s', size: 10 * SECOND, windows: 60, history: 120, composedOf: '1m' },
  { name: '1 h', tier: '1m', size: MINUTE, windows: 60, history: 180, composedOf: '1m' },
  { name: '6 h', tier: '5m', size: 5 * MINUTE, windows: 72, history: 2_016, composedOf: '5m' },
  { name: '24 h', tier: '5m', size: 5 * MINUTE, windows: 288, history: 2_016, composedOf: '5m' },
  { name: '2 d', tier: '1h', size: HOUR, windows: 48, history: 672, composedOf: '1h' },
  { name: '7 d', tier: '1h', size: HOUR, windows: 168, history: 672, composedOf: '1h' },
];

/** While nobody has chosen, the first of these that has posts. */
export const AUTOMATIC = RANGES.filter(({ name }) => name === '24 h' || name === '10 min').toReversed();

/**
 * The time that a range shows. "Now" is the watermark: a replay has a time of its own.
 *
 * @param {Range} range
 * @param {number | null} watermark
 */
export function spanOf({ tier, size, windows }, watermark) {
  const to = Math.floor((watermark ?? Date.now()) / size) * size;
  return { tier, from: to - windows * size, to };
}
