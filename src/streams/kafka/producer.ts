import type { ICustomPartitioner, Kafka } from 'kafkajs';
import type { Producer } from '../port.js';
import { allOver } from './all-over.js';
import { isRefusal } from './errors.js';
import type { Place } from './placement.js';
import { PartitionSend, topicMessagesOf } from './produce-requests.js';
import { ALL_IN_SYNC, type PartitionRequest, splitByPartition, whatGoesTogether } from './requests.js';

/** How often kafkajs may say that all is written where something is not; more than once needs leaders that move and move. */
const MOST_ROUNDS = 10;

/** A request that has not been sent, and whom to tell what became of it. */
interface WaitingRequest {
  readonly request: PartitionRequest;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A producer whose records are acknowledged by every in-sync replica. What is sent in one turn of the event loop goes in
 * one request to each broker, of as many partitions as there are: at some thousand records a second requests cost more
 * than what is in them.
 *
 * Not kafkajs' idempotent one, which is experimental and sends one request at a time to a broker, over all
 * partitions. What it would give is had otherwise: order, since whoever settles has one request for a partition
 * under way; and one that is sent again after an unclear answer may be written twice, as at-least-once allows:
 * readers tell the second one by its source offset.
 */
export async function openProducer(kafka: Kafka, place: Place): Promise<Producer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner });
  await producer.connect();
  let waiting: WaitingRequest[] = [];

  function sendWaiting(): void {
    const requests = waiting;
    waiting = [];
    for (const together of whatGoesTogether(requests)) sendTogether(together);
  }

  /** Each is told as soon as its own records are acknowledged, whatever becomes of those beside it. */
  async function sendTogether(requests: readonly WaitingRequest[]): Promise<void> {
    const sends = requests.map(({ request, resolve }) => new PartitionSend(request, resolve));
    try {
      // kafkajs takes a broker that has answered for done, also where it has become the leader of what another one, which
      // is gone, has not taken (kafkajs 2.2.4, producer/sendMessages.js).
      for (let round = 1; sends.some(({ isAcknowledged }) => !isAcknowledged); round += 1) {
        if (round > MOST_ROUNDS) throw new Error('no broker has said what became of the records');
        await producer.sendBatch({ acks: ALL_IN_SYNC, topicMessages: topicMessagesOf(sends) });
      }
    } catch (error) {
      const left = requests.filter((_, i) => sends[i]?.isAcknowledged === false);
      // One that is refused, as too large, is no reason to give those beside it up.
      if (left.length > 1 && isRefusal(error)) for (const request of left) sendTogether([request]);
      else for (const { reject } of left) reject(error);
    }
  }

  function sendSoon(request: PartitionRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.push({ request, resolve, reject });
      if (waiting.length === 1) setImmediate(sendWaiting);
    });
  }

  async function sendInOrder(requests: readonly PartitionRequest[]): Promise<void> {
    for (const request of requests) await sendSoon(request);
  }

  return {
    async send(records) {
      const partitions = splitByPartition(await place(records));
      await allOver(partitions.map(sendInOrder));
    },
    close: () => producer.disconnect(),
  };
}

/** Records have their partition when kafkajs gets them. */
const createPartitioner: ICustomPartitioner = () => {
  return ({ topic, message }) => {
    if (message.partition === undefined) throw new TypeError(`a record for ${topic} has no partition`);
    return message.partition;
  };
};
