import type { AlertingConfig, Config } from '../config/schema.js';
import type { Logger } from '../contracts/logger.js';
import type { AlertStore } from './alert-store.js';
import type { DeliveryBook } from './schedulers/delivery-book.js';
import { createMemoryJobs } from './schedulers/memory.js';
import type { Jobs } from './schedulers/port.js';
import { createMemoryAlertStore } from './stores/memory.js';

export interface OpenAlertingOptions {
  readonly alerting: AlertingConfig;
  readonly redis: Config['redis'];
  /** `aggregation.namespace`: alerts belong to the windows that they were raised on. */
  readonly namespace: string;
  readonly logger: Logger;
}

/**
 * The store of the alerts that the configuration names. ioredis is loaded only where it is used.
 *
 * @throws SentifluxError SF_STORE_UNREACHABLE
 */
export async function openAlertStore({
  alerting,
  redis,
  namespace,
  logger,
}: OpenAlertingOptions): Promise<AlertStore> {
  if (alerting.scheduler === 'memory') return createMemoryAlertStore();
  const { openRedisAlertStore } = await import('./stores/redis.js');
  return openRedisAlertStore({ ...redis, namespace, logger });
}

/**
 * The scheduler that the configuration names. BullMQ is loaded only where it is used.
 *
 * @throws SentifluxError SF_STORE_UNREACHABLE
 */
export async function openJobs({ alerting, redis, namespace, logger }: OpenAlertingOptions): Promise<Jobs> {
  const { evaluateEveryMs, deliveryAttempts, deliveryBackoffMs, receivers } = alerting;
  const options = { evaluateEveryMs, deliveryAttempts, deliveryBackoffMs, receivers, logger };
  if (alerting.scheduler === 'memory') return createMemoryJobs(options);
  const { openBullmqJobs } = await import('./schedulers/bullmq.js');
  return openBullmqJobs({ ...options, ...redis, namespace });
}

/**
 * The deliveries that the scheduler keeps; `undefined` where it keeps none, since they are in the worker's memory.
 *
 * @throws SentifluxError SF_STORE_UNREACHABLE
 */
export async function openDeliveryBook({
  alerting,
  redis,
  namespace,
  logger,
}: OpenAlertingOptions): Promise<DeliveryBook | undefined> {
  if (alerting.scheduler === 'memory') return undefined;
  const { openBullmqDeliveryBook } = await import('./schedulers/bullmq-delivery-book.js');
  return openBullmqDeliveryBook({ ...redis, namespace, logger });
}
