import { CompressionCodecs, CompressionTypes, Kafka, logLevel, type Transaction } from 'kafkajs';
import { onTestFinished } from 'vitest';
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

/** Writes one record in Snappy, which until the test ends is decompressed like that. */
export async function writeUnreadable(
  kafka: Kafka,
  topic: string,
  decompress: () => Promise<Buffer>,
): Promise<void> {
  const codecs: Record<number, () => object> = CompressionCodecs;
  const snappy = codecs[CompressionTypes.Snappy];
  if (snappy === undefined) throw new Error('Snappy is not registered');
  onTestFinished(() => {
    codecs[CompressionTypes.Snappy] = snappy;
  });
  codecs[CompressionTypes.Snappy] = () => ({ ...snappy(), decompress });
  const producer = kafka.producer();
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  await producer.send({ topic, compression: CompressionTypes.Snappy, messages: [{ value: 'packed' }] });
}

/** Adds the offset of a group on partition 0 to a transaction. */
export function sendOffset(
  transaction: Transaction,
  { group, topic, offset }: { readonly group: string; readonly topic: string; readonly offset: number },
): Promise<void> {
  const partitions = [{ partition: 0, offset: String(offset) }];
  return transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions }] });
}
