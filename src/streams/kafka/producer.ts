import type { ICustomPartitioner, Kafka } from 'kafkajs';
import { partitionOf } from '../partitioner.js';
import type { Producer } from '../port.js';
import { toTopicMessages } from './messages.js';
import { splitIntoRequests } from './requests.js';

export const ALL_IN_SYNC = -1;

/**
 * A producer whose records are acknowledged by every in-sync replica.
 *
 * Not kafkajs' idempotent one, which is experimental and sends one request at a time to a broker, over all
 * partitions. What it would give is had otherwise: order, since whoever settles has one request for a partition
 * under way; and one that is sent again after an unclear answer may be written twice, as at-least-once allows:
 * readers tell the second one by its source offset.
 */
export async function openProducer(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner });
  await producer.connect();
  return {
    async send(records) {
      for (const request of splitIntoRequests(records)) {
        await producer.sendBatch({ acks: ALL_IN_SYNC, topicMessages: toTopicMessages(request) });
      }
    },
    close: () => producer.disconnect(),
  };
}

/** A record's own partition, else that of its key, else one after the other. */
export const createPartitioner: ICustomPartitioner = () => {
  let turn = 0;
  return ({ partitionMetadata, message }) => {
    if (message.partition !== undefined) return message.partition;
    if (message.key instanceof Uint8Array) return partitionOf(message.key, partitionMetadata.length);
    turn += 1;
    return turn % partitionMetadata.length;
  };
};
