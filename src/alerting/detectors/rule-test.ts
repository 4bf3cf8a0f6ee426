import type { AlertRule } from '../../config/schema.js';
import type { AlertMeasure } from '../../contracts/alert.js';
import { TIER_MILLIS } from '../../contracts/window.js';

/** A rule as it is tested and decided: its sensitivity as thresholds, its times as windows. */
export interface RuleTest {
  readonly name: string;
  readonly measure: AlertMeasure;
  readonly windowMillis: number;
  /** 1, 2, … up to so many windows are looked at together. */
  readonly widths: number;
  /** A window becomes part of what is usual when so many have followed it. */
  readonly lagWindows: number;
  /** Windows that must have been learned before anything is said. */
  readonly leastWindows: number;
  /** Greatest probability by chance that fires. */
  readonly pThreshold: number;
  /** A surge must be rarer than once in so many days for the brand itself. */
  readonly rareDays: number;
  readonly minPosts: number;
  readonly minAuthors: number;
  readonly resolveRatio: number;
  readonly forMs: number;
  readonly keepFiringMs: number;
  readonly cooldownMs: number;
  readonly maxFiringMs: number;
  readonly quietHours?: NonNullable<AlertRule['quietHours']>;
}

const MONTH_MILLIS = 30 * 86_400_000;
const SENSITIVITY = {
  low: { falseAlerts: 0.05, rareDays: 30 },
  medium: { falseAlerts: 0.5, rareDays: 10 },
  high: { falseAlerts: 5, rareDays: 5 },
} as const;
const LEAST_WINDOWS = 24;

/** What is left open in a rule depends on what it measures. */
const DEFAULTS: Readonly<Record<AlertMeasure, { readonly minPosts: number; readonly cooldownMs: number }>> = {
  volume: { minPosts: 8, cooldownMs: 86_400_000 },
  negative_count: { minPosts: 8, cooldownMs: 14_400_000 },
  negative_share: { minPosts: 20, cooldownMs: 14_400_000 },
  polarity: { minPosts: 20, cooldownMs: 14_400_000 },
};

/**
 * The accepted number of alerts by chance becomes a p-value by Bonferroni's bound: each window of the month is
 * tested at each width, for each brand.
 *
 * @param brands how many the rule watches: `falseAlertsPerMonth` is for all of them, a sensitivity for each
 * @param windowMillis another size than the tier's
 */
export function ruleTestOf(rule: AlertRule, brands = 1, windowMillis = TIER_MILLIS[rule.tier]): RuleTest {
  const { name, measure, surgeWindows, falseAlertsPerMonth, minAuthors, resolveRatio, quietHours } = rule;
  const { forMs, keepFiringMs, maxFiringMs } = rule;
  const { falseAlerts, rareDays } = SENSITIVITY[rule.sensitivity];
  const tests = (MONTH_MILLIS / windowMillis) * surgeWindows;
  const accepted =
    falseAlertsPerMonth === undefined ? falseAlerts : falseAlertsPerMonth / Math.max(1, brands);
  return {
    name,
    measure,
    windowMillis,
    widths: surgeWindows,
    lagWindows: Math.max(surgeWindows, Math.ceil(rule.lagMs / windowMillis)),
    leastWindows: Math.max(LEAST_WINDOWS, Math.ceil(rule.minHistoryMs / windowMillis)),
    pThreshold: Math.min(0.05, accepted / tests),
    rareDays,
    minPosts: rule.minPosts ?? DEFAULTS[measure].minPosts,
    minAuthors,
    resolveRatio,
    forMs,
    keepFiringMs,
    cooldownMs: rule.cooldownMs ?? DEFAULTS[measure].cooldownMs,
    maxFiringMs,
    ...(quietHours !== undefined && { quietHours }),
  };
}
