import type { Alert } from '../../contracts/alert.js';
import { alertDeliveries } from '../../telemetry/instruments.js';
import type { Delivery, DeliveryOutcome } from './delivery.js';
import { alertMessage, type MessageOptions } from './message.js';
import type { Receiver } from './receiver.js';

export interface DelivererOptions {
  readonly receivers: readonly Receiver[];
  readonly message: MessageOptions;
  /** An alert as it stands now; `undefined` where nobody knows it any more. */
  readonly current: (alertId: string) => Promise<Alert | undefined>;
}

/**
 * Attempts deliveries. One whose receiver is configured no more is refused. Where the firing of an alert reaches a
 * receiver only after its resolution, because it had to be tried again, a person or a pager would take it for news:
 * it is left out then. Webhooks are read by programs, which may want every change, and hear of it.
 */
export function createDeliverer(options: DelivererOptions): (delivery: Delivery) => Promise<DeliveryOutcome> {
  const byName = new Map(options.receivers.map((receiver) => [receiver.name, receiver]));

  async function attempt(receiver: Receiver, delivery: Delivery): Promise<DeliveryOutcome> {
    const { idempotencyKey, event, alert } = delivery;
    if (event !== 'resolved' && receiver.kind !== 'webhook') {
      const current = await options.current(alert.id);
      if (current?.state === 'resolved') return { kind: 'superseded' };
    }
    const message = alertMessage(alert, event, options.message);
    return receiver.send({ idempotencyKey, event, isTest: false, alert, message });
  }

  return async (delivery) => {
    const receiver = byName.get(delivery.receiver);
    const outcome: DeliveryOutcome =
      receiver === undefined
        ? { kind: 'refused', reason: 'the receiver is not configured any more' }
        : await attempt(receiver, delivery);
    alertDeliveries.add(1, {
      'sentiflux.outcome': outcome.kind,
      ...(receiver !== undefined && { 'sentiflux.receiver.kind': receiver.kind }),
    });
    return outcome;
  };
}
