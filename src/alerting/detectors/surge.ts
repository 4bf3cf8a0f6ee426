import type { EpochMillis } from '../../contracts/ids.js';
import { modelOf, slotStart, spanOf, type WindowSeries } from '../window-series.js';
import { dependsOnModel, MEASURES } from './measures.js';
import { chanceOf, type Profile, seasonOf } from './profile.js';
import type { RuleTest } from './rule-test.js';

/** The newest windows against what is usual. */
export interface Measurement {
  readonly start: EpochMillis;
  /** In the measure's unit. */
  readonly observed: number;
  readonly expected: number;
  /** Robust deviations above the expected. */
  readonly deviation: number;
  /** Where the detector tells one. */
  readonly pValue?: number;
  /** The rule fires at 1, if there is `enough`. */
  readonly strength: number;
  /** Whether there are as many posts and authors as the rule asks for. */
  readonly enough: boolean;
  readonly posts: number;
  /** Share of negative posts among all, 0 where there are none; and the usual one. */
  readonly negativeShare: number;
  readonly usualNegativeShare: number;
  readonly authors?: number;
}

/** What is said of a window that has closed. */
export type Evaluation =
  /** Nothing can be said: the state stays as it is. */
  | {
      readonly kind: 'held';
      readonly end: EpochMillis;
      readonly reason: 'too-little-history' | 'incomplete' | 'model-changed' | 'undecided';
    }
  | { readonly kind: 'measured'; readonly end: EpochMillis; readonly measurement: Measurement };

/** What is taken for a brand's strongest deviation of a day before its own days are known, and for how many days. */
const PRIOR_PEAK = { mean: 3, deviation: 0.8, days: 4 } as const;
/** A day's strongest deviation counts as no more than so many medians: an incident must not hide the next. */
const MOST_MEDIANS = 1.8;
/** −ψ(1), of the mean of Gumbel's distribution. */
const EULER = 0.577_215_664_9;

/**
 * Two questions, and a surge must pass both: `strength` is the weaker answer.
 *
 * 1. Would chance do this? The p-value of the newest 1, 2, … windows together, by an exact tail (see `measures`), on
 *    a logarithmic scale against the greatest that the rule accepts.
 * 2. Does the brand do this every few days? Its deviation against the level that the strongest deviations of the
 *    brand's last days exceed once in `rareDays`, by Gumbel's distribution of maxima (1958), whose parameters are
 *    found by moments. Real brands are talked about in bursts that no model of chance foresees, and each in its own.
 */
export function testSurge(profile: Profile, test: RuleTest, series: WindowSeries, index: number): Evaluation {
  const end = slotStart(series, index + 1);
  if (!spanOf(series, index + 1 - test.widths, index + 1).complete) {
    return { kind: 'held', end, reason: 'incomplete' };
  }
  if (profile.learned < test.leastWindows) return { kind: 'held', end, reason: 'too-little-history' };
  if (dependsOnModel(test.measure) && hasOtherModel(profile, test, series, index)) {
    return { kind: 'held', end, reason: 'model-changed' };
  }

  const rare = rareDeviation(profile, test.rareDays);
  let best: Measurement | undefined;
  for (let width = 1; width <= test.widths; width += 1) {
    const measurement = measure(profile, test, series, index, width, rare);
    if (best === undefined || stands(measurement) > stands(best)) best = measurement;
  }
  return best === undefined
    ? { kind: 'held', end, reason: 'incomplete' }
    : { kind: 'measured', end, measurement: best };
}

/** Whether another model than the profile's scored most posts of one of the newest windows. */
function hasOtherModel(profile: Profile, test: RuleTest, series: WindowSeries, index: number): boolean {
  for (let newest = index + 1 - test.widths; newest <= index; newest += 1) {
    const model = modelOf(series, newest, newest + 1);
    if (model !== undefined && model !== profile.model) return true;
  }
  return false;
}

function measure(
  profile: Profile,
  test: RuleTest,
  series: WindowSeries,
  index: number,
  width: number,
  rare: number,
): Measurement {
  const scale = MEASURES[test.measure];
  const span = spanOf(series, index + 1 - width, index + 1);
  const start = slotStart(series, index);
  const level = profile.level + seasonOf(profile, start, series.windowMillis);
  const chance = chanceOf(profile, start, series.windowMillis, width);
  const hasPosts = scale.evidence(span) >= test.minPosts;
  const value = scale.value(span);
  // A mean of a few posts says nothing, not even that all is well; a count of a few says that there are few.
  const isSilent = value === undefined || (scale.isMean && !hasPosts);
  const deviation = isSilent
    ? 0
    : (value - scale.expected(level, width)) /
      (scale.deviation(span, level, chance) * Math.max(1, chance.spread));
  const pValue = isSilent || deviation <= 0 ? 1 : scale.pValue(span, level, chance);
  const surprise = Math.log(Math.max(pValue, Number.MIN_VALUE)) / Math.log(test.pThreshold);
  return {
    start: slotStart(series, index + 1 - width),
    observed: scale.observed(span),
    expected: scale.usual(level, width),
    deviation,
    pValue,
    strength: Math.max(0, Math.min(surprise, deviation / rare)),
    enough: hasPosts && (span.authors ?? test.minAuthors) >= test.minAuthors,
    posts: span.posts,
    negativeShare: span.posts === 0 ? 0 : span.negative / span.posts,
    usualNegativeShare: profile.negativeShare,
    ...(span.authors !== undefined && { authors: span.authors }),
  };
}

/** A width that could never fire must not hide one that could. */
function stands({ enough, strength }: Measurement): number {
  return enough ? strength : strength - 1e6;
}

/** The deviation that the brand exceeds once in so many days. */
export function rareDeviation({ peaks }: Pick<Profile, 'peaks'>, rareDays: number): number {
  const bounded = boundedPeaks(peaks);
  const days = bounded.length;
  const own = days / (days + PRIOR_PEAK.days);
  const mean = days === 0 ? 0 : bounded.reduce((sum, peak) => sum + peak, 0) / days;
  const variance = days === 0 ? 0 : bounded.reduce((sum, peak) => sum + (peak - mean) ** 2, 0) / days;
  const location = own * mean + (1 - own) * PRIOR_PEAK.mean;
  const deviation = own * Math.sqrt(variance) + (1 - own) * PRIOR_PEAK.deviation;
  return Math.max(1, location + (Math.sqrt(6) / Math.PI) * (Math.log(rareDays) - EULER) * deviation);
}

function boundedPeaks(peaks: readonly number[]): readonly number[] {
  const bound = MOST_MEDIANS * Math.max(0, median(peaks));
  return peaks.map((peak) => Math.min(peak, bound));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
