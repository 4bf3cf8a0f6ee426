import type { Logger } from '../../contracts/logger.js';
import { deliveriesGivenUp } from '../../telemetry/instruments.js';
import { type Delivery, type DeliveryOutcome, idempotencyKey } from '../delivery/delivery.js';

export interface JobHandlers {
  /**
   * Runs every `evaluateEveryMs`, never twice at once in this process; processes that share their jobs share
   * these runs too. A failure is logged, and the next run comes as usual.
   */
  evaluate(): Promise<unknown>;
  /** One attempt of a delivery; one that throws may be repeated. */
  deliver(delivery: Delivery): Promise<DeliveryOutcome>;
}

export interface JobOptions {
  readonly evaluateEveryMs: number;
  readonly deliveryAttempts: number;
  readonly deliveryBackoffMs: number;
  /** Each receiver has deliveries of its own: one that does not answer keeps no other waiting. */
  readonly receivers: readonly ReceiverLimit[];
  readonly logger: Logger;
  /** From 0 to 1, for the jitter; `Math.random` unless told. */
  readonly random?: () => number;
}

export interface ReceiverLimit {
  readonly name: string;
  /** Most attempts in `LIMIT_MILLIS`; what is beyond waits. */
  readonly perMinute: number;
}

export const LIMIT_MILLIS = 60_000;

/** The jobs of the alert role. */
export interface Jobs {
  /** Begins to evaluate and to deliver. Called once. */
  start(handlers: JobHandlers): Promise<void>;
  /**
   * Takes deliveries over: each is attempted until it is delivered, refused or out of attempts. One that was
   * taken over lately, with the same key for the same receiver, is left out. A receiver hears of nothing else of an
   * alert before the attempts to tell that it fires have come to their end.
   */
  enqueue(deliveries: readonly Delivery[]): Promise<void>;
  /** Finishes the attempts and the evaluation that have begun. A second call changes nothing. */
  close(): Promise<void>;
}

/** Identifies a delivery among the jobs. BullMQ keeps colons for itself. */
export function deliveryJobId({
  receiver,
  idempotencyKey,
}: Pick<Delivery, 'receiver' | 'idempotencyKey'>): string {
  return `${receiver}/${idempotencyKey}`.replaceAll(':', '/');
}

/**
 * The job that must have ended before a delivery is attempted: the firing of the same alert to the same receiver. A
 * pager that heard of the resolution first would open an incident that nobody closes.
 */
export function jobBefore({ receiver, event, alert }: Delivery): string | undefined {
  if (event === 'firing') return undefined;
  return deliveryJobId({ receiver, idempotencyKey: idempotencyKey(alert.id, 'firing') });
}

/** Says that a delivery to a receiver, named by its job, will be attempted no more. */
export function logUndelivered(logger: Logger, receiver: string, delivery: string, reason: string): void {
  deliveriesGivenUp.add(1, { 'sentiflux.receiver': receiver });
  logger.error({ code: 'SF_DELIVERY_FAILED', delivery, reason }, 'gave up delivering an alert');
}
