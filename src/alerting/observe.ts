import type { BrandId, EpochMillis } from '../contracts/ids.js';
import type { Tier } from '../contracts/window.js';
import { type Detector, detectWith } from './detectors/detector.js';
import { emptyProfile, followDrift, learn, notePeak, rebaselined } from './detectors/profile.js';
import type { RuleTest } from './detectors/rule-test.js';
import { type Evaluation, testSurge } from './detectors/surge.js';
import { evidenceOf } from './evidence.js';
import { isQuietHour } from './quiet.js';
import { advance, type RuleState, type Transition } from './state.js';
import { slotStart, type WindowSeries } from './window-series.js';

export interface Watched {
  readonly brand: BrandId;
  /** Named in the alerts. */
  readonly tier: Tier;
  readonly test: RuleTest;
  /** In place of the surge test. */
  readonly detector?: Detector | undefined;
  /** Whether somebody has asked for silence at a time. */
  readonly isSilenced: (time: EpochMillis) => boolean;
  /** Of what is going on now, where it is traced. */
  readonly traceId?: string | undefined;
}

export interface Observation extends Transition {
  readonly evaluation: Evaluation;
}

/**
 * One window of a brand through a rule: what has become old enough is learned, the newest windows are tested, and the
 * rule's state goes on. The same for windows of Redis and for rows of a file, and it depends on nothing but the
 * state and the windows up to this one.
 *
 * @param series holds the `lagWindows` and `widths` before the window too, or the detector's history, as far as
 *   anything is known of them
 * @param knownFrom before it an empty slot means nothing
 */
export function observe(
  watched: Watched,
  before: RuleState,
  series: WindowSeries,
  index: number,
  knownFrom: EpochMillis | undefined,
): Observation {
  const { test, detector } = watched;
  const end = slotStart(series, index + 1);
  const isKnown = (slot: number): boolean => knownFrom !== undefined && slotStart(series, slot) >= knownFrom;
  if (detector !== undefined) {
    const evaluation: Evaluation = isKnown(index - detector.history)
      ? detectWith(detector, watched, series, index)
      : { kind: 'held', end, reason: 'too-little-history' };
    return { ...decide(watched, before, series, index, evaluation), evaluation };
  }

  const wasFiring = before.phase.kind === 'firing';
  let profile = before.profile ?? emptyProfile(test.widths);

  const lagging = index - test.lagWindows;
  if (wasFiring) profile = followDrift(profile, test, series, index);
  else if (isKnown(lagging + 1 - test.widths) && slotStart(series, lagging) >= (before.learnedTo ?? 0)) {
    profile = learn(profile, test, series, lagging);
  }
  const evaluation: Evaluation = isKnown(index + 1 - test.widths)
    ? testSurge(profile, test, series, index)
    : { kind: 'held', end, reason: 'incomplete' };
  if (evaluation.kind === 'measured' && !wasFiring) {
    profile = notePeak(profile, end, evaluation.measurement.deviation);
  }

  const { state, event } = decide(watched, before, series, index, evaluation);
  if (event?.resolution === 're-baselined') profile = rebaselined(profile);
  return { state: { ...state, profile }, evaluation, ...(event !== undefined && { event }) };
}

/** What the rule makes of an evaluation, with what surrounds it. */
function decide(
  watched: Watched,
  before: RuleState,
  series: WindowSeries,
  index: number,
  evaluation: Evaluation,
): Transition {
  const { test } = watched;
  const { end } = evaluation;
  const muted =
    (test.quietHours !== undefined && isQuietHour(test.quietHours, end)) || watched.isSilenced(end);
  const evidenceSince = (start: EpochMillis) => {
    const windows = Math.round((end - start) / series.windowMillis);
    return evidenceOf(series, index + 1 - windows, index + 1, test.measure);
  };
  return advance(test, { ...watched, muted, evidenceSince }, before, evaluation);
}
