import { setTimeout as wait } from 'node:timers/promises';
import type { Kafka, RetryOptions, Transaction } from 'kafkajs';
import type { Output } from '../../contracts/output-batch.js';
import type { Settlement } from '../port.js';
import { rememberCoordinators } from './coordinator-cache.js';
import { typeOf } from './errors.js';
import type { Place } from './placement.js';
import { PartitionSend, topicMessagesOf } from './produce-requests.js';
import { ALL_IN_SYNC, createPartitioner } from './producer.js';
import { splitByPartition } from './requests.js';

/**
 * For the client of transactional producers: a transaction can begin once the coordinator has ended the one
 * before on every partition, which takes milliseconds; some 15 s in all, as for other requests.
 */
export const TRANSACTION_RETRY: RetryOptions = {
  initialRetryTime: 2,
  multiplier: 1.3,
  factor: 0.2,
  maxRetryTime: 1_000,
  retries: 36,
};
/** For records: a transactional producer takes no retries from its client. */
const SEND_RETRY: RetryOptions = { initialRetryTime: 100, multiplier: 2, maxRetryTime: 5_000, retries: 5 };
/** Readers wait for the open transaction of a worker that died at most this long. */
const TRANSACTION_TIMEOUT_MILLIS = 12_000;

/** How long the transaction before may take to end, and how often it is asked for. */
const ENDED_WITHIN_MILLIS = 10_000;
const FIRST_WAIT_MILLIS = 1;
const MOST_WAIT_MILLIS = 50;

/** What becomes visible at once. */
export interface TransactionContent {
  readonly outputs: readonly Output[];
  /** Called when the brokers have them all, before they are visible. */
  readonly onSent: () => void;
  readonly offset: {
    readonly group: string;
    readonly topic: string;
    readonly partition: number;
    readonly nextOffset: number;
  };
  /** Asked before the commit; what is out of date is aborted. */
  readonly isCurrent: () => boolean;
}

export interface TransactionalProducer {
  /**
   * Runs one transaction; one at a time. After an error the producer must be closed: kafkajs counts the records
   * of a failed request back, also those that the broker took, and the broker would take other records under the
   * same numbers for copies and drop them without a word.
   */
  commit(content: TransactionContent): Promise<Settlement>;
  /** Aborts what is open, as far as the broker can be reached. */
  close(): Promise<void>;
}

/** Opens a producer, raises the epoch of its transactional id and so ends what a predecessor has left open. */
export async function openTransactionalProducer(
  kafka: Kafka,
  transactionalId: string,
  place: Place,
): Promise<TransactionalProducer> {
  rememberCoordinators();
  const producer = kafka.producer({
    transactionalId,
    transactionTimeout: TRANSACTION_TIMEOUT_MILLIS,
    // Of the transactions only; a second, idempotent producer beside them is not needed.
    idempotent: false,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner,
    retry: SEND_RETRY,
  });
  let open: Transaction | undefined;
  const close = async (): Promise<void> => {
    if (open?.isActive()) await open.abort().catch(() => {});
    await producer.disconnect();
  };

  try {
    await producer.connect();
    // kafkajs asks for the epoch only when the first transaction begins.
    const first = await producer.transaction();
    await first.abort();
  } catch (error) {
    await close();
    throw error;
  }

  return {
    async commit({ outputs, onSent, offset, isCurrent }) {
      const requests = splitByPartition(await place(outputs)).flat();
      open = await producer.transaction();
      await addOffset(open, offset);
      for (const request of requests) {
        await open.sendBatch({
          acks: ALL_IN_SYNC,
          topicMessages: topicMessagesOf([new PartitionSend(request)]),
        });
      }
      onSent();
      if (!isCurrent()) {
        await open.abort();
        return 'dropped';
      }
      await open.commit();
      return 'settled';
    },
    close,
  };
}

/**
 * Adds the offset first: it is refused while the transaction before is being ended, and asking again costs one
 * request here, where for records kafkajs would read all metadata again and log an error each time.
 */
async function addOffset(
  transaction: Transaction,
  { group, topic, partition, nextOffset }: TransactionContent['offset'],
): Promise<void> {
  const deadline = performance.now() + ENDED_WITHIN_MILLIS;
  for (let pause = FIRST_WAIT_MILLIS; ; pause = Math.min(2 * pause, MOST_WAIT_MILLIS)) {
    try {
      await transaction.sendOffsets({
        consumerGroupId: group,
        topics: [{ topic, partitions: [{ partition, offset: String(nextOffset) }] }],
      });
      return;
    } catch (error) {
      if (typeOf(error) !== 'CONCURRENT_TRANSACTIONS' || performance.now() > deadline) throw error;
      await wait(pause);
    }
  }
}
