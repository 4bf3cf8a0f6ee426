import type { AlertRule } from '../config/schema.js';
import { type Alert, alertKey } from '../contracts/alert.js';
import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import type { Silence } from '../contracts/silence.js';
import { ALERT_RETENTION_MILLIS, ENDED_SILENCE_MILLIS, type PastAlerts } from './alert-store.js';
import { ruleTestOf } from './detectors/rule-test.js';
import type { RuleState } from './state.js';

/**
 * A change that is no older than this when the store is restored is announced again: the deliveries of it may have
 * been lost with the store. Receivers know it by its idempotency key.
 */
const ANNOUNCED_AGAIN_MILLIS = 10 * 60_000;

/**
 * What `sentiment.alerts` tells of the past: the alerts, the silences that still matter, and where each rule stood when
 * it last changed. From there the windows are evaluated again, which changes nothing that was announced; what is usual
 * is learned again from the windows that are still kept.
 *
 * @param values of the topic, in the order of each key; a later one of an alert or a silence replaces an earlier one
 * @param watermark up to which windows are closed
 */
export function pastOf(
  values: ReadonlyArray<Alert | Silence>,
  rules: readonly AlertRule[],
  watermark: EpochMillis,
): PastAlerts {
  const byId = new Map<string, Alert>();
  const latest = new Map<string, Alert>();
  const silences = new Map<string, Silence>();
  for (const value of values) if ('kind' in value) silences.set(value.id, value);
  for (const alert of values) {
    if ('kind' in alert) continue;
    if (alert.firedAt < watermark - ALERT_RETENTION_MILLIS) continue;
    byId.set(alert.id, alert);
    const known = latest.get(alertKey(alert));
    if (known === undefined || known.firedAt <= alert.firedAt) latest.set(alertKey(alert), alert);
  }
  const states = [...latest.values()].flatMap((alert) => {
    const rule = rules.find(({ name }) => name === alert.rule);
    if (rule === undefined) return [];
    return { key: { brand: alert.brand, rule: rule.name }, state: stateOf(alert, rule, watermark) };
  });
  return {
    alerts: [...byId.values()],
    states,
    silences: [...silences.values()].filter(({ to }) => to > watermark - ENDED_SILENCE_MILLIS),
  };
}

function stateOf(alert: Alert, rule: AlertRule, watermark: EpochMillis): RuleState {
  const changedAt = alert.resolvedAt ?? alert.firedAt;
  const strongest = alert.strength ?? 1;
  const until = epochMillis(alert.firedAt + ruleTestOf(rule).cooldownMs);
  const phase: RuleState['phase'] =
    alert.state === 'firing'
      ? { kind: 'firing', alert, strongest }
      : { kind: 'quiet', cooldown: { until, strength: strongest } };
  return {
    evaluatedTo: changedAt,
    phase,
    ...(changedAt >= watermark - ANNOUNCED_AGAIN_MILLIS && { unannounced: alert }),
  };
}
