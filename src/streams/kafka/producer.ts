import type { ICustomPartitioner, Kafka } from 'kafkajs';
import type { Producer } from '../port.js';
import type { Place } from './placement.js';
import { topicMessagesOf } from './produce-requests.js';
import { type PartitionRequest, splitByPartition } from './requests.js';

export const ALL_IN_SYNC = -1;

/**
 * A producer whose records are acknowledged by every in-sync replica.
 *
 * Not kafkajs' idempotent one, which is experimental and sends one request at a time to a broker, over all
 * partitions. What it would give is had otherwise: order, since whoever settles has one request for a partition
 * under way; and one that is sent again after an unclear answer may be written twice, as at-least-once allows:
 * readers tell the second one by its source offset.
 */
export async function openProducer(kafka: Kafka, place: Place): Promise<Producer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner });
  await producer.connect();

  async function sendInOrder(requests: readonly PartitionRequest[]): Promise<void> {
    for (const request of requests) {
      await producer.sendBatch({ acks: ALL_IN_SYNC, topicMessages: topicMessagesOf(request) });
    }
  }

  return {
    async send(records) {
      const partitions = splitByPartition(await place(records));
      // None is under way any more when this fails: what is sent again must not overtake it.
      const sent = await Promise.allSettled(partitions.map(sendInOrder));
      for (const result of sent) if (result.status === 'rejected') throw result.reason;
    },
    close: () => producer.disconnect(),
  };
}

/** Records have their partition when kafkajs gets them. */
export const createPartitioner: ICustomPartitioner = () => {
  return ({ topic, message }) => {
    if (message.partition === undefined) throw new TypeError(`a record for ${topic} has no partition`);
    return message.partition;
  };
};
