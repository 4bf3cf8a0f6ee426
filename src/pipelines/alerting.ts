import { randomUUID } from 'node:crypto';
import type { AlertStore } from '../alerting/alert-store.js';
import { createDeliverer } from '../alerting/delivery/deliver.js';
import { deliveriesOf } from '../alerting/delivery/delivery.js';
import type { MessageOptions } from '../alerting/delivery/message.js';
import { openReceivers } from '../alerting/delivery/open-receivers.js';
import { createReminder } from '../alerting/delivery/remind.js';
import type { Detector } from '../alerting/detectors/detector.js';
import { createEvaluator } from '../alerting/evaluate.js';
import type { Jobs } from '../alerting/schedulers/port.js';
import type { Config } from '../config/schema.js';
import { type Alert, alertKey } from '../contracts/alert.js';
import type { Brand } from '../contracts/brand.js';
import type { BrandBook } from '../contracts/brand-book.js';
import { systemClock } from '../contracts/clock.js';
import { ALL_BRANDS, type BrandId, type EpochMillis, OTHER_BRANDS } from '../contracts/ids.js';
import type { Logger } from '../contracts/logger.js';
import type { OutputRecord } from '../contracts/record.js';
import { type Silence, silenceKey } from '../contracts/silence.js';
import type { WindowReader } from '../contracts/window-reader.js';
import type { Streams } from '../streams/port.js';
import {
  alertsChanged,
  alertsFiring,
  deliveriesGivenUp,
  evaluationDuration,
} from '../telemetry/instruments.js';
import { activeTraceparent, inAlertSpan, inDeliverySpan, inEvaluationSpan } from '../telemetry/spans.js';
import { restoreAlerts } from './restore-alerts.js';
import type { Role } from './role.js';

export interface AlertingOptions {
  readonly config: Pick<Config, 'topics' | 'streams' | 'alerting' | 'aggregation' | 'telemetry'>;
  readonly brands: Pick<BrandBook, 'current'>;
  readonly streams: Streams;
  readonly windows: WindowReader;
  readonly store: AlertStore;
  readonly jobs: Jobs;
  /** By the name of their rule. */
  readonly detectors?: ReadonlyMap<string, Detector>;
  readonly logger: Logger;
}

/** The role `alert`: closed windows through the rules; changes onto their topic and to the receivers. */
export async function startAlerting(options: AlertingOptions): Promise<Role> {
  const { config, streams, windows, store, jobs, logger } = options;
  const { rules, receivers, silences, lookBackMs } = config.alerting;
  const producer = await streams.producer();
  // What receivers read of time, such as a signature's, is the wall's, also in a replay.
  const opened = await openReceivers(receivers, { clock: systemClock });
  const message = messageOptions(config.alerting, () => options.brands.current);
  warnOfUnknownBrands();
  const remind = createReminder({ configs: receivers, receivers: opened, message, store, logger });

  const evaluator = createEvaluator({
    rules,
    ...(options.detectors && { detectors: options.detectors }),
    brands: () => options.brands.current.map(({ id }) => id),
    reader: windows,
    store,
    publish: (alert) => producer.send([alertRecord(alert, config.topics.alerts)]),
    deliver: (alert) => jobs.enqueue(deliveriesOf(alert, alert.state, receivers, activeTraceparent())),
    async surround(alert, announce) {
      const { brand, rule, state, observed, expected } = alert;
      await inAlertSpan({ ...alert, traces: alert.evidence.traces ?? [] }, async () => {
        await announce();
        logger.info({ brand, rule, state, observed, expected }, 'an alert has changed');
      });
      countChange(alert, config.telemetry.brands);
    },
    lookBackMs,
    silences,
    retentionMs: config.aggregation.retentionMs,
  });
  for (const { name } of receivers) deliveriesGivenUp.add(0, { 'sentiflux.receiver': name });
  /** Whether windows are being read again, and so are not all that they can be. */
  let isHeld = false;

  async function restore(watermark: EpochMillis): Promise<void> {
    const group = `${config.streams.group}.restore.alerts.${randomUUID()}`;
    const restored = await restoreAlerts({
      streams,
      topic: config.topics.alerts,
      group,
      store,
      rules,
      watermark,
    });
    if (restored.alerts + restored.silences > 0)
      logger.warn(restored, 'the store knew no alerts: they were restored from their topic');
  }

  const deliver = createDeliverer({ receivers: opened, message, current: (id) => store.get(id) });

  await jobs.start({
    async evaluate() {
      isHeld = (await windows.rebuilding()) !== undefined;
      if (isHeld) return;
      const watermark = await windows.watermark();
      if (watermark === undefined) return;
      if (!(await store.knowsPast())) await restore(watermark);
      const started = performance.now();
      const { firing } = await inEvaluationSpan((traceId) => evaluator.evaluate(traceId));
      evaluationDuration.record((performance.now() - started) / 1000);
      for (const { name } of rules) {
        const count = firing.filter((rule) => rule === name).length;
        alertsFiring.record(count, { 'sentiflux.rule': name });
      }
      // Not waited for: a receiver that does not answer must not hold the rules up.
      remind(systemClock.now()).catch((error: unknown) =>
        logger.warn({ err: error }, 'could not remind of what fires'),
      );
    },
    deliver: (delivery) => inDeliverySpan(delivery, () => deliver(delivery)),
  });

  /** A receiver that waits for a brand that nobody has is most likely a slip; brands may come later, though. */
  function warnOfUnknownBrands(): void {
    const known = new Set<string>([...options.brands.current.map(({ id }) => id), ALL_BRANDS, OTHER_BRANDS]);
    for (const { name, brands: told = [] } of receivers) {
      const unknown = told.filter((brand) => !known.has(brand));
      if (unknown.length > 0)
        logger.warn({ receiver: name, unknown }, 'a receiver is told of brands that are not configured');
    }
  }

  return {
    name: 'alert',
    async readiness() {
      return {
        name: 'alert',
        ready: true,
        detail: isHeld
          ? 'held while windows are rebuilt'
          : `${rules.length} rules, ${receivers.length} receivers`,
      };
    },
    async stop() {
      await jobs.close();
      await producer.close();
    },
  };
}

/** @param told brands that are named: each one is a series of its own for whoever keeps the metrics */
function countChange({ brand, rule, state }: Alert, told: readonly string[]): void {
  alertsChanged.add(1, {
    'sentiflux.rule': rule,
    'sentiflux.alert.state': state,
    ...(told.includes(brand) && { 'sentiflux.brand': brand }),
  });
}

/**
 * How receivers are told: in which language, with which names and links.
 *
 * @param brands asked for every message, since brands may be reloaded
 */
export function messageOptions(
  { language, pageUrl }: Config['alerting'],
  brands: () => readonly Brand[],
): MessageOptions {
  const brandName = (brand: BrandId) => brands().find(({ id }) => id === brand)?.name ?? brand;
  return { language, pageUrl, brandName };
}

/** An alert as it stands on its topic. */
export function alertRecord(alert: Alert, topic: string): OutputRecord {
  return { topic, key: Buffer.from(alertKey(alert)), value: Buffer.from(JSON.stringify(alert)) };
}

/** A silence as it stands there, beside the alerts. */
export function silenceRecord(silence: Silence, topic: string): OutputRecord {
  return { topic, key: Buffer.from(silenceKey(silence)), value: Buffer.from(JSON.stringify(silence)) };
}
