import type { AlertStore } from '../alerting/alert-store.js';
import { pastOf } from '../alerting/past.js';
import type { AlertRule } from '../config/schema.js';
import type { Alert } from '../contracts/alert.js';
import { alertTopicSchema } from '../contracts/alert-topic.js';
import type { EpochMillis } from '../contracts/ids.js';
import type { Silence } from '../contracts/silence.js';
import type { Streams } from '../streams/port.js';
import { scan } from '../streams/scan.js';
import { parsedValue } from './record-values.js';

export interface RestoreAlertsOptions {
  readonly streams: Streams;
  /** `sentiment.alerts`. */
  readonly topic: string;
  /** A name for the group that exists while the topic is read. */
  readonly group: string;
  readonly store: AlertStore;
  readonly rules: readonly AlertRule[];
  readonly watermark: EpochMillis;
}

/**
 * Restores alerts, acknowledgements, silences and the states of the rules from their topic. Values that are none of
 * these are passed over.
 *
 * @returns how many there were
 */
export async function restoreAlerts(
  options: RestoreAlertsOptions,
): Promise<{ readonly alerts: number; readonly silences: number }> {
  const { streams, topic, group, store, rules, watermark } = options;
  const values: Array<Alert | Silence> = [];
  for await (const record of scan(streams, { topic, group, ranges: await streams.ranges(topic) })) {
    const value = parsedValue(record, alertTopicSchema);
    if (value !== undefined) values.push(value);
  }
  const past = pastOf(values, rules, watermark);
  await store.restore(past);
  return { alerts: past.alerts.length, silences: past.silences.length };
}
