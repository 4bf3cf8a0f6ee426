import type { Alert } from '../../contracts/alert.js';
import type { EpochMillis } from '../../contracts/ids.js';
import { TIER_MILLIS } from '../../contracts/window.js';
import { slotStart, sourcesOf, spanOf, type WindowSeries } from '../window-series.js';
import type { Baseline, Evaluation, Measurement } from './detector.js';

/** The knobs of a rule that the detector turns on. */
export interface SpikeOptions {
  readonly surgeWindows: number;
  readonly baselineWindows: number;
  readonly lagWindows: number;
  readonly minPosts: number;
}

/** Makes the median absolute deviation of normal values their standard deviation. */
const MAD_TO_DEVIATION = 1.4826;
/**
 * Counts of posts scatter more than Poisson's: at the least as a negative binomial of this size does
 * (variance = mean + mean² / size). Where a brand has so many posts that chance plays no part, a score of 5
 * takes twice the expected count: `√50 · ln 2 = 4.9`.
 */
const DISPERSION_SIZE = 50;
/** The newest part of the baseline, whose median the expected count is not below: a day begins faster than a long median follows. */
const RECENT_PART = 1 / 6;
/** With less than this part of the baseline's windows nothing is said. */
const LEAST_HISTORY = 1 / 4;

/**
 * A robust z-score of the negative posts in the newest windows, on a scale where the spread of a count does
 * not depend on its size. For a negative binomial of size r = 50 that is (Anscombe 1948, Biometrika 35)
 *
 *     z(x)  = 2 √r · asinh √((x + 3/8) / (r − 3/4))     2 √(x + 3/8) for small counts, √r · ln x for large ones
 *     scale = max(1, 1.4826 · MAD of z)                 MAD: Hampel 1974, JASA 69
 *     score = (z(observed) − z(expected)) / scale
 *
 * `expected` is the median over sums of as many windows, in the `baselineWindows` that end `lagWindows` ago, or
 * in the newest sixth of them if that is more. The floor of 1 under the scale is the spread of a count that is
 * as regular as it can be, so that an all-but-silent brand does not fire on a handful of posts. Widths of 1 to
 * `surgeWindows` windows are tried and the one that stands out most is taken, so a surge that is spread thinly
 * is seen as well as a sharp one.
 *
 * @param index slot of the window that has just closed
 * @param knownSince start of the brand's first known window: before it silence means nothing
 */
export function detectSpike(
  series: WindowSeries,
  index: number,
  options: SpikeOptions,
  knownSince: EpochMillis | undefined,
): Evaluation {
  const end = slotStart(series, index + 1);
  const { surgeWindows, baselineWindows, lagWindows } = options;
  if (!spanOf(series, index + 1 - surgeWindows, index + 1).complete) {
    return { kind: 'held', end, reason: 'incomplete' };
  }
  const to = index + 1 - lagWindows;
  const from = Math.max(to - baselineWindows, firstKnownSlot(series, knownSince));
  if (to - from < Math.max(baselineWindows * LEAST_HISTORY, surgeWindows)) {
    return { kind: 'held', end, reason: 'too-little-history' };
  }

  let best: Measurement | undefined;
  for (let width = 1; width <= surgeWindows; width += 1) {
    const baseline = baselineOf(series, from, to, width);
    if (baseline === undefined) continue;
    const measurement = measure(series, index, baseline);
    if (best === undefined || rank(measurement, options) > rank(best, options)) best = measurement;
  }
  return best === undefined
    ? { kind: 'held', end, reason: 'incomplete' }
    : { kind: 'measured', end, measurement: best };
}

/** The same windows against a baseline that was taken earlier. */
export function measureSpike(series: WindowSeries, index: number, baseline: Baseline): Evaluation {
  const end = slotStart(series, index + 1);
  return spanOf(series, index + 1 - baseline.width, index + 1).complete
    ? { kind: 'measured', end, measurement: measure(series, index, baseline) }
    : { kind: 'held', end, reason: 'incomplete' };
}

/** The baseline that an alert was raised against: its `scale` follows from the score that it gave. */
export function baselineOfAlert({ window, observed, expected, score, evidence }: Alert): Baseline {
  return {
    width: Math.max(1, Math.round((window.end - window.start) / TIER_MILLIS[window.tier])),
    expected,
    // A score that fired is above 0.
    scale: score > 0 ? (stabilise(observed) - stabilise(expected)) / score : 1,
    negativeShare: evidence.baselineNegativeShare,
  };
}

function measure(series: WindowSeries, index: number, baseline: Baseline): Measurement {
  const from = index + 1 - baseline.width;
  const { negative, posts } = spanOf(series, from, index + 1);
  return {
    start: slotStart(series, from),
    observed: negative,
    score: (stabilise(negative) - stabilise(baseline.expected)) / baseline.scale,
    posts,
    bySource: sourcesOf(series, from, index + 1),
    baseline,
  };
}

/** A width whose count could never fire must not hide one that could. */
function rank({ observed, score }: Measurement, { minPosts }: SpikeOptions): number {
  return observed < minPosts ? Number.NEGATIVE_INFINITY : score;
}

function firstKnownSlot(series: WindowSeries, knownSince: EpochMillis | undefined): number {
  if (knownSince === undefined) return series.slots.length;
  const windowMillis = slotStart(series, 1) - series.start;
  return Math.max(0, Math.ceil((knownSince - series.start) / windowMillis));
}

function baselineOf(series: WindowSeries, from: number, to: number, width: number): Baseline | undefined {
  const sums = completeSums(series, from, to, width);
  if (sums.length === 0) return undefined;
  const usual = median(sums);
  const recent = completeSums(series, Math.max(from, to - recentWindows(to - from, width)), to, width);
  const { negative, posts } = spanOf(series, from, to);
  return {
    width,
    expected: Math.max(usual, median(recent)),
    scale: Math.max(1, MAD_TO_DEVIATION * median(sums.map((sum) => deviation(sum, usual)))),
    negativeShare: posts === 0 ? 0 : negative / posts,
  };
}

/** At least some sums of the width, so that their median is not a single one of them. */
function recentWindows(baselineWindows: number, width: number): number {
  return Math.max(Math.ceil(baselineWindows * RECENT_PART), 4 * width);
}

/** Negative posts of each run of `width` windows in `from <= index < to` without losses. */
function completeSums(series: WindowSeries, from: number, to: number, width: number): readonly number[] {
  const sums: number[] = [];
  for (let start = from; start + width <= to; start += 1) {
    const span = spanOf(series, start, start + width);
    if (span.complete) sums.push(span.negative);
  }
  return sums;
}

function stabilise(count: number): number {
  const ratio = (count + 3 / 8) / (DISPERSION_SIZE - 3 / 4);
  return 2 * Math.sqrt(DISPERSION_SIZE) * Math.asinh(Math.sqrt(ratio));
}

/**
 * Distance on the stabilised scale, from the nearer edge of the count (it stands for everything within half a
 * post): where counts are small a step of one post is wider than their whole spread, and the median of whole
 * steps would take a brand with 0 to 2 posts a window for a restless one.
 */
function deviation(count: number, expected: number): number {
  const apart = Math.max(0, Math.abs(count - expected) - 1 / 2);
  return Math.abs(stabilise(expected + Math.sign(count - expected) * apart) - stabilise(expected));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
