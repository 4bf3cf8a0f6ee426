import { z } from 'zod';
import { type Alert, alertId, alertSchema } from '../contracts/alert.js';
import { type BrandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import type { Tier } from '../contracts/window.js';
import { baselineSchema, type Evaluation, type Measurement, timeSchema } from './detectors/detector.js';

/** Where a rule stands for a brand. */
export const ruleStateSchema = z.object({
  /** End of the newest window that was evaluated. */
  evaluatedTo: timeSchema,
  /** Start of the brand's first known window. */
  knownSince: timeSchema.optional(),
  phase: z.discriminatedUnion('kind', [
    /** `until`: nothing fires before this time. */
    z.object({ kind: z.literal('quiet'), until: timeSchema.optional() }),
    z.object({
      kind: z.literal('firing'),
      alert: alertSchema,
      /** As it was when the alert fired. */
      baseline: baselineSchema,
      /** Windows in a row that would resolve the alert. */
      calmWindows: z.number().int().nonnegative(),
    }),
  ]),
  /** A change that is stored but perhaps neither published nor handed to the deliveries yet. */
  unannounced: alertSchema.optional(),
});
export type RuleState = Readonly<z.infer<typeof ruleStateSchema>>;

/** What a rule decides with. */
export interface RuleThresholds {
  readonly name: string;
  readonly tier: Tier;
  readonly minPosts: number;
  readonly threshold: number;
  readonly resolveThreshold: number;
  readonly resolveAfter: number;
  readonly cooldownMs: number;
}

export interface Transition {
  readonly state: RuleState;
  /** The alert that began to fire or was resolved. */
  readonly event?: Alert;
}

/** The next state after the window that `evaluation` is about: quiet → firing → quiet with a cool-down. */
export function advance(
  rule: RuleThresholds,
  brand: BrandId,
  state: RuleState,
  evaluation: Evaluation,
): Transition {
  const evaluated: RuleState = { ...state, evaluatedTo: evaluation.end };
  if (evaluation.kind === 'held') return { state: evaluated };
  const { end, measurement } = evaluation;

  if (state.phase.kind === 'quiet') {
    if (!fires(rule, state.phase.until, end, measurement)) return { state: evaluated };
    const alert = firing(rule, brand, end, measurement);
    const { baseline } = measurement;
    return {
      state: {
        ...evaluated,
        phase: { kind: 'firing', alert, baseline, calmWindows: 0 },
        unannounced: alert,
      },
      event: alert,
    };
  }

  const calmWindows = measurement.score < rule.resolveThreshold ? state.phase.calmWindows + 1 : 0;
  const alert: Alert = {
    ...state.phase.alert,
    peak: Math.max(state.phase.alert.peak, measurement.observed),
  };
  if (calmWindows < rule.resolveAfter) {
    return { state: { ...evaluated, phase: { ...state.phase, alert, calmWindows } } };
  }
  const resolved: Alert = { ...alert, state: 'resolved', resolvedAt: end };
  return {
    state: {
      ...evaluated,
      phase: { kind: 'quiet', until: epochMillis(end + rule.cooldownMs) },
      unannounced: resolved,
    },
    event: resolved,
  };
}

function fires(
  rule: RuleThresholds,
  quietUntil: EpochMillis | undefined,
  end: EpochMillis,
  { observed, score }: Measurement,
): boolean {
  const quiet = quietUntil !== undefined && end < quietUntil;
  return !quiet && observed >= rule.minPosts && score >= rule.threshold;
}

function firing(rule: RuleThresholds, brand: BrandId, end: EpochMillis, measurement: Measurement): Alert {
  const { start, observed, score, posts, bySource, baseline } = measurement;
  return {
    v: 1,
    id: alertId(brand, rule.name, end),
    brand,
    rule: rule.name,
    state: 'firing',
    firedAt: end,
    window: { tier: rule.tier, start, end },
    observed,
    expected: baseline.expected,
    score,
    peak: observed,
    evidence: {
      posts,
      negativeShare: posts === 0 ? 0 : observed / posts,
      baselineNegativeShare: baseline.negativeShare,
      bySource,
    },
  };
}
