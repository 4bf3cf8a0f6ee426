import type { AlertRule } from '../config/schema.js';
import type { Alert, AlertMeasure } from '../contracts/alert.js';
import { brandId, type EpochMillis } from '../contracts/ids.js';
import { ruleTestOf } from './detectors/rule-test.js';
import type { Evaluation } from './detectors/surge.js';
import { type Observation, observe, type Watched } from './observe.js';
import type { RuleState } from './state.js';
import { EMPTY_SLOT, type Slot, type WindowSeries } from './window-series.js';

/** One window of a series, as a file tells it. */
export interface SeriesPoint {
  readonly start: EpochMillis;
  /** In the measure's unit: posts, a share from 0 to 1, a mean polarity from -1 to 1. */
  readonly value: number;
  /** Posts that a share or a mean is of. */
  readonly posts?: number;
}

export interface PointOutcome {
  /** 0 to 1: a rule fires from 0.5 on. 0 where nothing can be said. */
  readonly score: number;
  /** What was usual, in the unit of the value; `undefined` where nothing can be said. */
  readonly expected?: number;
  readonly event?: Alert;
}

/** A score that cannot fire, however strong, is below 0.5. */
const MOST_WITHOUT_ENOUGH = 0.49;

/**
 * A rule over a series, window by window, as the alert role runs it: each outcome depends on the points up to it
 * alone. Between two points that are further apart than `windowMillis` nothing is known.
 *
 * @param points in order of time, apart by multiples of `windowMillis`
 */
export function backtestSeries(
  points: readonly SeriesPoint[],
  windowMillis: number,
  rule: AlertRule,
): readonly PointOutcome[] {
  const [first] = points;
  if (first === undefined) return [];
  const slots: Slot[] = [];
  const indexes = points.map(({ start }) => Math.round((start - first.start) / windowMillis));
  for (const [i, point] of points.entries()) slots[indexes[i] ?? 0] = slotOfPoint(point, rule.measure);
  const series = {
    start: first.start,
    windowMillis,
    slots: Array.from(slots, (slot): Slot => slot ?? { ...EMPTY_SLOT, complete: false }),
  };
  const watched = {
    brand: brandId('series'),
    tier: rule.tier,
    test: ruleTestOf(rule, 1, windowMillis),
    isSilenced: () => false,
  };

  const outcomes = observations(watched, series).map(
    ({ evaluation, event }): PointOutcome => ({
      ...outcomeOf(evaluation, windowMillis, rule.measure),
      ...(event !== undefined && { event }),
    }),
  );
  return indexes.flatMap((index) => outcomes[index] ?? []);
}

/** A whole series through a rule that knows nothing before it. */
export function observations(watched: Watched, series: WindowSeries): readonly Observation[] {
  return [...walkThrough(watched, series)];
}

/** The same, a window at a time. */
export function* walkThrough(watched: Watched, series: WindowSeries): Generator<Observation> {
  let state: RuleState = { evaluatedTo: series.start, phase: { kind: 'quiet' } };
  for (const index of series.slots.keys()) {
    const observation = observe(watched, state, series, index, series.start);
    state = observation.state;
    yield observation;
  }
}

function slotOfPoint({ value, posts = 0 }: SeriesPoint, measure: AlertMeasure): Slot {
  switch (measure) {
    case 'volume':
      return { ...EMPTY_SLOT, posts: value };
    case 'negative_count':
      return { ...EMPTY_SLOT, posts: value, negative: value };
    case 'negative_share':
      return { ...EMPTY_SLOT, posts, negative: Math.round(value * posts) };
    case 'polarity':
      // Only the mean is known: as many posts as can be are taken to have an opinion.
      return { ...EMPTY_SLOT, posts, polaritySum: value * posts, negative: posts };
  }
}

function outcomeOf(
  evaluation: Evaluation,
  windowMillis: number,
  measure: AlertMeasure,
): Pick<PointOutcome, 'score' | 'expected'> {
  if (evaluation.kind === 'held') return { score: 0 };
  const { strength, enough, expected, start } = evaluation.measurement;
  const score = strength / (1 + strength);
  const windows = Math.round((evaluation.end - start) / windowMillis);
  const isCount = measure === 'volume' || measure === 'negative_count';
  return {
    score: enough ? score : Math.min(score, MOST_WITHOUT_ENOUGH),
    expected: isCount ? expected / windows : expected,
  };
}
