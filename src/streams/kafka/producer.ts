import { type Kafka, Partitioners } from 'kafkajs';
import type { Producer } from '../port.js';
import { toTopicMessages } from './messages.js';

const ALL_IN_SYNC = -1;

/**
 * A producer whose records are acknowledged by every in-sync replica. One that is sent again after an unclear
 * answer may be written twice: readers tell the second one by its source offset.
 */
export async function openProducer(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    // Java's murmur2, so that a key has the same partition whoever writes it.
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return {
    async send(records) {
      if (records.length === 0) return;
      await producer.sendBatch({ acks: ALL_IN_SYNC, topicMessages: toTopicMessages(records) });
    },
    close: () => producer.disconnect(),
  };
}
