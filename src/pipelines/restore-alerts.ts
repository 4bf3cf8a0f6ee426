import type { AlertStore } from '../alerting/alert-store.js';
import { pastOf } from '../alerting/past.js';
import type { AlertRule } from '../config/schema.js';
import { type Alert, alertSchema } from '../contracts/alert.js';
import type { EpochMillis } from '../contracts/ids.js';
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
 * Restores alerts, acknowledgements and the states of the rules from their topic. Values that are no alerts are
 * passed over.
 *
 * @returns how many alerts there were
 */
export async function restoreAlerts(options: RestoreAlertsOptions): Promise<number> {
  const { streams, topic, group, store, rules, watermark } = options;
  const values: Alert[] = [];
  for await (const record of scan(streams, { topic, group, ranges: await streams.ranges(topic) })) {
    const alert = parsedValue(record, alertSchema);
    if (alert !== undefined) values.push(alert);
  }
  const past = pastOf(values, rules, watermark);
  await store.restore(past);
  return past.alerts.length;
}
