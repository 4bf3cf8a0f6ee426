import type { EpochMillis } from '../../contracts/ids.js';
import type { Delivery } from '../delivery/delivery.js';

/** `dead`: refused, or out of attempts. */
export const DELIVERY_STATES = ['waiting', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A delivery as the jobs keep it. */
export interface DeliveryRecord {
  /** See `deliveryJobId`. */
  readonly id: string;
  /** Name of the receiver whose queue holds it. */
  readonly receiver: string;
  readonly state: DeliveryState;
  /** Left out where the job holds something else. */
  readonly delivery?: Delivery;
  readonly attempts: number;
  /** Why the last attempt failed, or what the receiver answered. */
  readonly answer?: string;
  readonly handedOverAt: EpochMillis;
  readonly endedAt?: EpochMillis;
}

export interface DeliveryFilter {
  readonly receiver?: string;
  /** Id of an alert. */
  readonly alert?: string;
}

/** The deliveries that are kept: what waits, what became of the others, and another try for the dead. */
export interface DeliveryBook {
  /** The oldest first. */
  list(state: DeliveryState, filter: DeliveryFilter): Promise<readonly DeliveryRecord[]>;
  get(id: string): Promise<DeliveryRecord | undefined>;
  /**
   * Has a dead delivery made again, with all its attempts and the same idempotency key. False where it is dead no more.
   */
  resend(record: Pick<DeliveryRecord, 'id' | 'receiver'>): Promise<boolean>;
  close(): Promise<void>;
}
