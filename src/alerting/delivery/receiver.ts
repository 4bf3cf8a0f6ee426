import type { LookupFunction } from 'node:net';
import type { ReceiverConfig, ReceiverKind } from '../../config/schema.js';
import type { Alert } from '../../contracts/alert.js';
import type { Clock } from '../../contracts/clock.js';
import type { AlertEvent, DeliveryOutcome } from './delivery.js';
import { type HttpMessage, post } from './http.js';
import type { AlertMessage } from './message.js';

/** What a receiver is told, once or, where it did not take it, again. */
export interface Notice {
  /** The same on every attempt. */
  readonly idempotencyKey: string;
  readonly event: AlertEvent;
  /** Sent to try the receiver out; nothing has happened. */
  readonly isTest: boolean;
  readonly alert: Alert;
  readonly message: AlertMessage;
}

/** Somebody who is told of alerts: one adapter a kind. */
export interface Receiver {
  readonly name: string;
  readonly kind: ReceiverKind;
  /** One attempt. What goes wrong is an outcome; it does not throw. */
  send(notice: Notice): Promise<DeliveryOutcome>;
  /** For receivers that forget what fires unless they are told again and again. */
  remind?(notices: readonly Notice[]): Promise<DeliveryOutcome>;
}

/** What receivers share. */
export interface ReceiverOptions {
  /** The wall's: signatures and ends of alerts are read by others. */
  readonly clock: Clock;
  /** Resolves names; the system's unless told. */
  readonly lookup?: LookupFunction;
}

type HttpReceiverConfig = Exclude<ReceiverConfig, { kind: 'email' }>;

/** Posts to a receiver with what its configuration says about connections. */
export function poster(
  { timeoutMs, allowPrivate }: HttpReceiverConfig,
  { clock, lookup }: ReceiverOptions,
): (message: HttpMessage) => Promise<DeliveryOutcome> {
  return (message) =>
    post(message, {
      timeoutMs,
      allowPrivate,
      now: () => clock.now(),
      ...(lookup !== undefined && { lookup }),
    });
}

/** A receiver to which every notice is one message. */
export function httpReceiver(
  config: HttpReceiverConfig,
  options: ReceiverOptions,
  messageOf: (notice: Notice) => HttpMessage,
): Receiver {
  const send = poster(config, options);
  return {
    name: config.name,
    kind: config.kind,
    send(notice) {
      const { url, headers, body } = messageOf(notice);
      return send({ url, headers: { 'idempotency-key': notice.idempotencyKey, ...headers }, body });
    },
  };
}
