import { randomUUID } from 'node:crypto';
import type { AlertStore } from '../alerting/alert-store.js';
import { deliveriesOf } from '../alerting/delivery/delivery.js';
import { createWebhookDelivery } from '../alerting/delivery/webhook.js';
import { createEvaluator } from '../alerting/evaluate.js';
import type { Jobs } from '../alerting/schedulers/port.js';
import type { Config } from '../config/schema.js';
import { type Alert, alertKey } from '../contracts/alert.js';
import type { Brand } from '../contracts/brand.js';
import { systemClock } from '../contracts/clock.js';
import type { EpochMillis } from '../contracts/ids.js';
import type { Logger } from '../contracts/logger.js';
import type { OutputRecord } from '../contracts/record.js';
import type { WindowReader } from '../contracts/window-reader.js';
import type { Streams } from '../streams/port.js';
import { restoreAlerts } from './restore-alerts.js';
import type { Role } from './role.js';

export interface AlertingOptions {
  readonly config: Pick<Config, 'topics' | 'streams' | 'alerting' | 'aggregation'>;
  readonly brands: readonly Brand[];
  readonly streams: Streams;
  readonly windows: WindowReader;
  readonly store: AlertStore;
  readonly jobs: Jobs;
  readonly logger: Logger;
}

/** The role `alert`: closed windows through the rules; changes onto their topic and to the webhooks. */
export async function startAlerting(options: AlertingOptions): Promise<Role> {
  const { config, streams, windows, store, jobs, logger } = options;
  const { rules, silences, webhooks, lookBackMs } = config.alerting;
  const producer = await streams.producer();
  const brands = options.brands.map(({ id }) => id);

  const evaluator = createEvaluator({
    rules,
    brands: () => brands,
    reader: windows,
    store,
    publish: (alert) => producer.send([alertRecord(alert, config.topics.alerts)]),
    deliver: (alert) => jobs.enqueue(deliveriesOf(alert, webhooks)),
    lookBackMs,
    silences,
    retentionMs: config.aggregation.retentionMs,
  });
  /** Whether windows are being read again, and so are not all that they can be. */
  let isHeld = false;

  async function restore(watermark: EpochMillis): Promise<void> {
    const group = `${config.streams.group}.restore.alerts.${randomUUID()}`;
    const alerts = await restoreAlerts({
      streams,
      topic: config.topics.alerts,
      group,
      store,
      rules,
      watermark,
    });
    if (alerts > 0) logger.warn({ alerts }, 'the store knew no alerts: they were restored from their topic');
  }

  await jobs.start({
    async evaluate() {
      isHeld = (await windows.rebuilding()) !== undefined;
      if (isHeld) return;
      const watermark = await windows.watermark();
      if (watermark === undefined) return;
      if (!(await store.knowsPast())) await restore(watermark);
      const { changes } = await evaluator.evaluate();
      for (const { brand, rule, state, observed, expected } of changes) {
        logger.info({ brand, rule, state, observed, expected }, 'an alert has changed');
      }
    },
    // A signature's time is the wall's, also in a replay.
    deliver: createWebhookDelivery(webhooks, systemClock),
  });

  return {
    name: 'alert',
    async readiness() {
      return {
        name: 'alert',
        ready: true,
        detail: isHeld
          ? 'held while windows are rebuilt'
          : `${rules.length} rules, ${webhooks.length} webhooks`,
      };
    },
    async stop() {
      await jobs.close();
      await producer.close();
    },
  };
}

/** An alert as it stands on its topic. */
export function alertRecord(alert: Alert, topic: string): OutputRecord {
  return { topic, key: Buffer.from(alertKey(alert)), value: Buffer.from(JSON.stringify(alert)) };
}
