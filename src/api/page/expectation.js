const DAY = 86_400_000;
/** Windows so near the same time of another day tell what is usual at that time. */
const SAME_TIME_MILLIS = 30 * 60_000;
/** With fewer days than this, the time just before tells more. */
const LEAST_DAYS = 3;
/** The newest windows tell nothing about the usual: a surge must not become its own measure. */
const LAG_WINDOWS = 6;
/** With fewer windows just before, nothing is said. */
const LEAST_WINDOWS = 20;
/** Robust deviations on either side: 95 % of what is usual. */
const WIDTH = 2;
/** Standard deviation of the square root of a Poisson count, whatever its mean (Anscombe, Biometrika 1948). */
const CHANCE_DEVIATION = 0.5;
const ANSCOMBE = 3 / 8;
/** Standard deviation of a normal distribution with a median absolute deviation of 1. */
const MAD = 1.4826;

/**
 * What was usual for the posts of each window: the median and the spread of the same time on the days before, or,
 * with few days, of the windows just before. On the scale of square roots, on which chance spreads all counts alike.
 *
 * This is what the chart shades. Rules have a more careful notion of the usual (docs/alerts.md).
 *
 * @param {{ start: readonly number[], posts: readonly number[] }} series without gaps
 * @param {number} size of a window in milliseconds
 * @param {number} first index of the first window that is shown
 * @returns {{ expected: (number | null)[], low: (number | null)[], high: (number | null)[] }} for the windows shown;
 *   null where too little is known
 */
export function expect({ start, posts }, size, first) {
  const roots = posts.map((value) => Math.sqrt(value + ANSCOMBE));
  // Before the first post nobody knows whether there was nothing to see or nobody to count it.
  const known = posts.findIndex((value) => value > 0);
  const shown = start.length - first;
  const expected = [];
  const low = [];
  const high = [];
  for (let i = first; i < start.length; i += 1) {
    const usual = known < 0 ? [] : (sameTimes(roots, i, size, known) ?? justBefore(roots, i, shown, known));
    if (usual.length === 0) {
      expected.push(null);
      low.push(null);
      high.push(null);
      continue;
    }
    const level = median(usual);
    const spread = MAD * median(usual.map((value) => Math.abs(value - level)));
    const width = WIDTH * Math.max(CHANCE_DEVIATION, spread);
    expected.push(countOf(level));
    low.push(countOf(level - width));
    high.push(countOf(level + width));
  }
  return { expected, low, high };
}

/** @param {readonly number[]} roots @param {number} i @param {number} size @param {number} known */
function sameTimes(roots, i, size, known) {
  const day = DAY / size;
  const beside = Math.max(1, Math.round(SAME_TIME_MILLIS / size));
  const values = [];
  let days = 0;
  for (let middle = i - day; middle - beside >= known; middle -= day) {
    values.push(...roots.slice(middle - beside, middle + beside + 1));
    days += 1;
  }
  return days < LEAST_DAYS ? undefined : values;
}

/** @param {readonly number[]} roots @param {number} i @param {number} windows @param {number} known */
function justBefore(roots, i, windows, known) {
  const end = i - LAG_WINDOWS;
  const values = roots.slice(Math.max(known, end - Math.max(windows, LEAST_WINDOWS)), Math.max(known, end));
  return values.length < LEAST_WINDOWS ? [] : values;
}

/** @param {number} root */
const countOf = (root) => Math.max(0, Math.max(0, root) ** 2 - ANSCOMBE);

/** @param {readonly number[]} values at least one */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
