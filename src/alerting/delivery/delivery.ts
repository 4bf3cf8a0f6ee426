import { z } from 'zod';
import type { ReceiverConfig, ReceiverKind } from '../../config/schema.js';
import { type Alert, alertSchema } from '../../contracts/alert.js';
import type { Traceparent } from '../../contracts/trace-context.js';

/** What happened to an alert. */
export const alertEventSchema = z.enum(['firing', 'resolved', 'acknowledged']);
export type AlertEvent = z.infer<typeof alertEventSchema>;

/** One change of an alert on its way to one receiver. */
export const deliverySchema = z.object({
  /** The same on every attempt: the receiver may see it more than once. */
  idempotencyKey: z.string().min(1),
  /** Name of the receiver in the configuration. */
  receiver: z.string().min(1),
  event: alertEventSchema,
  alert: alertSchema,
  /** Of the change that is told (W3C Trace Context), so that its deliveries belong to the same trace. */
  traceparent: z.string().optional(),
});
export type Delivery = Readonly<z.infer<typeof deliverySchema>>;

/** What became of an attempt. */
export type DeliveryOutcome =
  /** `answer`: what the receiver said. */
  | { readonly kind: 'delivered'; readonly answer: string }
  /** Nothing was sent: the alert is resolved by now, and that is told instead. */
  | { readonly kind: 'superseded' }
  /** Another attempt may succeed; where the receiver said when, not before `afterMs`. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** No attempt ever will. */
  | { readonly kind: 'refused'; readonly reason: string };

/** What each kind of receiver hears of. Alertmanager knows no acknowledgement, and a mail about one is noise. */
const EVENTS: Readonly<Record<ReceiverKind, readonly AlertEvent[]>> = {
  webhook: ['firing', 'resolved', 'acknowledged'],
  alertmanager: ['firing', 'resolved'],
  pagerduty: ['firing', 'resolved', 'acknowledged'],
  slack: ['firing', 'resolved', 'acknowledged'],
  teams: ['firing', 'resolved', 'acknowledged'],
  email: ['firing', 'resolved'],
};

/** The receivers that are told of an alert, as their `brands` and `rules` say. */
export function receiversOf<Receiver extends Pick<ReceiverConfig, 'brands' | 'rules'>>(
  { brand, rule }: Pick<Alert, 'brand' | 'rule'>,
  receivers: readonly Receiver[],
): readonly Receiver[] {
  return receivers
    .filter(({ brands }) => brands === undefined || brands.includes(brand))
    .filter(({ rules }) => rules === undefined || rules.includes(rule));
}

/** What happened to an alert, for each receiver that hears of it. */
export function deliveriesOf(
  alert: Alert,
  event: AlertEvent,
  receivers: readonly ReceiverConfig[],
  traceparent?: Traceparent,
): readonly Delivery[] {
  return receiversOf(alert, receivers)
    .filter(({ kind }) => EVENTS[kind].includes(event))
    .map(({ name }) => ({
      idempotencyKey: idempotencyKey(alert.id, event),
      receiver: name,
      event,
      alert,
      ...(traceparent !== undefined && { traceparent }),
    }));
}

export function idempotencyKey(alertId: string, event: AlertEvent): string {
  return `${alertId}:${event}`;
}
