import { z } from 'zod';
import { type Alert, alertId, alertSchema } from '../contracts/alert.js';
import { type BrandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import type { Tier } from '../contracts/window.js';
import { profileSchema } from './detectors/profile.js';
import type { RuleTest } from './detectors/rule-test.js';
import type { Evaluation, Measurement } from './detectors/surge.js';

const timeSchema = z
  .number()
  .int()
  .transform((value) => epochMillis(value));
/** After an alert nothing fires `until` a time, but for a surge of more than this strength. */
const cooldownSchema = z.object({ until: timeSchema, strength: z.number() });

/** Where a rule stands for a brand. */
export const ruleStateSchema = z.object({
  /** End of the newest window that was evaluated. */
  evaluatedTo: timeSchema,
  /** Start of the brand's first known window. */
  knownSince: timeSchema.optional(),
  /** What is usual; without it, it is to be learned from the windows that are still kept. */
  profile: profileSchema.optional(),
  /** Windows that start before it are not learned any more. */
  learnedTo: timeSchema.optional(),
  phase: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('quiet'), cooldown: cooldownSchema.optional() }),
    /** A surge that has not lasted long enough, or that nobody wants to hear of yet. */
    z.object({ kind: z.literal('pending'), since: timeSchema, cooldown: cooldownSchema.optional() }),
    z.object({
      kind: z.literal('firing'),
      alert: alertSchema,
      /** Of the strongest windows so far. */
      strongest: z.number().default(1),
      /** End of the first of the windows in a row that would resolve the alert. */
      calmSince: timeSchema.optional(),
    }),
  ]),
  /** A change that is stored but perhaps neither published nor handed to the deliveries yet. */
  unannounced: alertSchema.optional(),
});
export type RuleState = Readonly<z.infer<typeof ruleStateSchema>>;
type Phase = RuleState['phase'];
type Firing = Extract<Phase, { kind: 'firing' }>;

/** What surrounds a decision. */
export interface Circumstances {
  readonly brand: BrandId;
  readonly tier: Tier;
  /** Nothing begins to fire: quiet hours or a silence. */
  readonly muted: boolean;
  /** What an alert tells beside the counts, of the time from `start` up to the end of the window. */
  readonly evidenceSince: (
    start: EpochMillis,
  ) => Pick<Alert['evidence'], 'bySource' | 'terms' | 'postIds' | 'traces'>;
  readonly traceId?: string | undefined;
}

export interface Transition {
  readonly state: RuleState;
  /** The alert that began to fire or was resolved. */
  readonly event?: Alert;
}

/** A surge within the cool-down is another one if it is so much stronger than the last. */
const STRONGER = 1.5;

/**
 * The next state after the window that `evaluation` is about: quiet → pending → firing → quiet with a cool-down.
 * A window of which nothing can be said changes nothing.
 */
export function advance(
  test: RuleTest,
  circumstances: Circumstances,
  state: RuleState,
  evaluation: Evaluation,
): Transition {
  const evaluated: RuleState = { ...state, evaluatedTo: evaluation.end };
  const { phase } = state;
  if (phase.kind === 'firing') return goOn(test, evaluated, phase, evaluation);
  if (evaluation.kind === 'held') return { state: evaluated };

  const { end, measurement } = evaluation;
  const { cooldown } = phase;
  const cooling = cooldown !== undefined && end < cooldown.until ? { cooldown } : {};
  const needed = Math.max(1, STRONGER * (cooling.cooldown?.strength ?? 0));
  if (!measurement.enough || measurement.strength < needed) {
    return { state: { ...evaluated, phase: { kind: 'quiet', ...cooling } } };
  }
  const since = phase.kind === 'pending' ? phase.since : end;
  if (circumstances.muted || end - since < test.forMs) {
    return { state: { ...evaluated, phase: { kind: 'pending', since, ...cooling } } };
  }
  const alert = fired(test, circumstances, end, measurement);
  return {
    state: {
      ...evaluated,
      phase: { kind: 'firing', alert, strongest: measurement.strength },
      unannounced: alert,
    },
    event: alert,
  };
}

function goOn(test: RuleTest, evaluated: RuleState, firing: Firing, evaluation: Evaluation): Transition {
  const { end } = evaluation;
  if (evaluation.kind === 'held') return { state: evaluated };
  const { measurement } = evaluation;
  const alert = withPeak(firing.alert, measurement.observed);
  const strongest = Math.max(firing.strongest, measurement.strength);
  const { calmSince: _, ...restless } = { ...firing, alert, strongest };
  const resolve = (resolution: NonNullable<Alert['resolution']>): Transition => {
    const resolved: Alert = { ...alert, state: 'resolved', resolvedAt: end, resolution };
    const until = epochMillis(alert.firedAt + test.cooldownMs);
    const phase: Phase = { kind: 'quiet', ...(end < until && { cooldown: { until, strength: strongest } }) };
    // The windows of the surge never become part of what is usual.
    return {
      state: { ...evaluated, phase, learnedTo: end, unannounced: resolved },
      event: resolved,
    };
  };

  if (end - alert.firedAt >= test.maxFiringMs) return resolve('re-baselined');
  if (measurement.strength >= test.resolveRatio) return { state: { ...evaluated, phase: restless } };
  const calmSince = firing.calmSince ?? end;
  return end - calmSince >= test.keepFiringMs
    ? resolve('calm')
    : { state: { ...evaluated, phase: { ...restless, calmSince } } };
}

function withPeak(alert: Alert, observed: number): Alert {
  const worst = alert.measure === 'polarity' ? Math.min : Math.max;
  return { ...alert, peak: worst(alert.peak, observed) };
}

function fired(
  { name, measure }: RuleTest,
  { brand, tier, evidenceSince, traceId }: Circumstances,
  end: EpochMillis,
  measurement: Measurement,
): Alert {
  const { start, observed, expected, deviation, pValue, strength, posts, authors } = measurement;
  return {
    v: 1,
    id: alertId(brand, name, end),
    brand,
    rule: name,
    measure,
    state: 'firing',
    firedAt: end,
    window: { tier, start, end },
    observed,
    expected,
    score: deviation,
    ...(pValue !== undefined && { pValue }),
    strength,
    peak: observed,
    evidence: {
      posts,
      negativeShare: measurement.negativeShare,
      baselineNegativeShare: measurement.usualNegativeShare,
      ...evidenceSince(start),
      ...(authors !== undefined && { authors }),
    },
    ...(traceId !== undefined && { traceId }),
  };
}
