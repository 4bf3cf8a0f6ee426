import { expect } from './expectation.js';

/** @import { Range, Series } from './types.js' */
/** @typedef {import('uplot').AlignedData} AlignedData */

/** As many parts of the time shown have a share of their own: one post alone would leap from 0 to 100 %. */
const SHARE_POINTS = 48;

/** Index of the first window that is shown; those before it tell what is usual. @param {Series} series @param {Range} range */
export const firstShown = ({ start }, { windows }) => Math.max(0, start.length - windows);

/** How many windows a share is taken over. @param {Range} range */
export const shareSpan = ({ windows }) => Math.max(1, Math.round(windows / SHARE_POINTS));

/**
 * Posts, negative posts, and the expected, least and most posts that are usual.
 *
 * @param {Series} series
 * @param {Range} range
 * @returns {AlignedData}
 */
export function volumeData(series, range) {
  const first = firstShown(series, range);
  const { expected, low, high } = expect(series, range.size, first);
  const shown = (/** @type {number[]} */ column) => column.slice(first);
  return [shown(series.start), shown(series.posts), shown(series.negative), expected, low, high];
}

/**
 * Shares of the negative, of the negative and the neutral, and of all: each is drawn above the one before it. Broken
 * where no post came: no posts have no share.
 *
 * @param {Series} series
 * @param {Range} range
 * @returns {AlignedData}
 */
export function shareData(series, range) {
  const first = firstShown(series, range);
  const span = shareSpan(range);
  /** @type {(number | null)[]} */
  const negative = [];
  /** @type {(number | null)[]} */
  const notPositive = [];
  /** @type {(number | null)[]} */
  const all = [];
  for (let i = first; i < series.start.length; i += 1) {
    const sum = (/** @type {number[]} */ column) =>
      column.slice(Math.max(0, i + 1 - span), i + 1).reduce((total, value) => total + value, 0);
    const posts = sum(series.posts);
    const bad = sum(series.negative);
    negative.push(posts === 0 ? null : bad / posts);
    notPositive.push(posts === 0 ? null : (bad + sum(series.neutral)) / posts);
    all.push(posts === 0 ? null : 1);
  }
  return [series.start.slice(first), negative, notPositive, all];
}
