import { Kafka, logLevel, type Transaction } from 'kafkajs';
import { kafkaBrokers } from '../support/services.js';

/** Another client than the one under test: a rival of it, or for what the port does not offer. */
export function otherClient(): Kafka {
  return new Kafka({
    brokers: kafkaBrokers ?? ['none:1'],
    logLevel: logLevel.NOTHING,
    // kafkajs waits longer between two transactions by default; a new group takes a loaded broker seconds.
    retry: { initialRetryTime: 5, retries: 12 },
  });
}

/** Adds the offset of a group on partition 0 to a transaction. */
export function sendOffset(
  transaction: Transaction,
  { group, topic, offset }: { readonly group: string; readonly topic: string; readonly offset: number },
): Promise<void> {
  const partitions = [{ partition: 0, offset: String(offset) }];
  return transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions }] });
}
