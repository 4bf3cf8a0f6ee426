import type { ReceiverConfig } from '../../config/schema.js';
import type { Alert } from '../../contracts/alert.js';
import type { AlertBook } from '../../contracts/alert-book.js';
import type { Logger } from '../../contracts/logger.js';
import { idempotencyKey, receiversOf } from './delivery.js';
import { alertMessage, type MessageOptions } from './message.js';
import type { Receiver } from './receiver.js';

const EVERY_MILLIS = 60_000;
const RESOLVED_FOR_MILLIS = 15 * 60_000;
const MOST_ALERTS = 500;

export interface ReminderOptions {
  readonly configs: readonly ReceiverConfig[];
  readonly receivers: readonly Receiver[];
  readonly message: MessageOptions;
  readonly store: Pick<AlertBook, 'list'>;
  readonly logger: Logger;
}

/**
 * Tells receivers that forget (see `Receiver.remind`) once a minute of all that fires, and for a quarter of an hour of
 * what is resolved, as Prometheus does: a reminder that a resolution overtook would otherwise fire on. One that is
 * missed is made up for by the next, so nothing is tried again.
 *
 * @returns called with the time as often as one likes
 */
export function createReminder(options: ReminderOptions): (now: number) => Promise<void> {
  const { configs, store, message, logger } = options;
  const forgetful = options.receivers.filter(({ remind }) => remind !== undefined);
  let last = Number.NEGATIVE_INFINITY;

  async function toTell(now: number): Promise<readonly Alert[]> {
    const firing = await store.list({ state: 'firing', limit: MOST_ALERTS });
    const resolved = await store.list({ state: 'resolved', limit: MOST_ALERTS });
    return [...firing, ...resolved.filter(({ resolvedAt = 0 }) => resolvedAt > now - RESOLVED_FOR_MILLIS)];
  }

  async function remindOne(receiver: Receiver, alerts: readonly Alert[]): Promise<void> {
    const notices = alerts
      .filter((alert) => receiversOf(alert, configs).some(({ name }) => name === receiver.name))
      .map((alert) => ({
        idempotencyKey: idempotencyKey(alert.id, alert.state),
        event: alert.state,
        isTest: false,
        alert,
        message: alertMessage(alert, alert.state, message),
      }));
    if (notices.length === 0) return;
    const outcome = await receiver.remind?.(notices);
    if (outcome?.kind !== 'retry' && outcome?.kind !== 'refused') return;
    logger.warn({ receiver: receiver.name, reason: outcome.reason }, 'could not remind of what fires');
  }

  return async (now) => {
    if (forgetful.length === 0 || now - last < EVERY_MILLIS) return;
    last = now;
    const alerts = await toTell(now);
    await Promise.all(forgetful.map((receiver) => remindOne(receiver, alerts)));
  };
}
