import type { Message, TopicMessages } from 'kafkajs';
import { definitionsOf, type Encoder, type Exchange, newEncoder } from './kafkajs-protocol.js';
import type { PlacedRecord } from './placement.js';
import { recordBatchBytes } from './record-batch-bytes.js';
import type { PartitionRequest } from './requests.js';

/** From this version on requests hold batches of format 2. */
const FIRST_VERSION = 3;

/** What kafkajs makes a request of. */
interface Question {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null;
  /** A number of 64 bits, of its own type. */
  readonly producerId?: { toString(): string };
  readonly producerEpoch?: number;
  readonly topicData: ReadonlyArray<{
    readonly topic: string;
    readonly partitions: ReadonlyArray<{
      readonly partition: number;
      readonly firstSequence?: number;
      readonly messages: readonly unknown[];
    }>;
  }>;
}

/**
 * Records of one partition on their way through kafkajs, which counts them and asks of each whether it has a value. It
 * would sort them by partition one by one, and copy the list for each.
 */
class PartitionMessages extends Array<PlacedRecord> {
  // What kafkajs sorts with (producer/groupMessagesPerPartition.js): messages by partition.
  override reduce<Groups>(): Groups {
    return { [this[0]?.partition ?? 0]: this } as Groups; // As kafkajs builds it from an empty object.
  }
}

/** What kafkajs is given to send the records of a request; they are encoded by `recordBatchBytes`. */
export function topicMessagesOf(request: PartitionRequest): TopicMessages[] {
  const [first] = request;
  if (first === undefined) return [];
  teachKafkajs();
  // It reads no more of them than it says of a message's type: the value.
  const messages = PartitionMessages.from(request) as readonly unknown[] as Message[];
  return [{ topic: first.topic, messages }];
}

/** Requests with such records are encoded here; all others as before. */
function teachKafkajs(): void {
  const definitions = definitionsOf<Question>('produce');
  if (taught.has(definitions)) return;
  taught.add(definitions);
  const known = definitions.protocol;
  definitions.protocol = ({ version }) => {
    const define = known({ version });
    return version < FIRST_VERSION ? define : (question) => withOwnBytes(define(question), question);
  };
}

const taught = new WeakSet<object>();

function withOwnBytes(exchange: Exchange, question: Question): Exchange {
  const isOurs = question.topicData.every(({ partitions }) =>
    partitions.every(({ messages }) => messages instanceof PartitionMessages),
  );
  if (!isOurs) return exchange;
  return { ...exchange, request: { ...exchange.request, encode: async () => encode(question) } };
}

/** https://kafka.apache.org/protocol#The_Messages_Produce, versions 3 to 8. */
function encode({ acks, timeout, transactionalId, producerId, producerEpoch, topicData }: Question): Encoder {
  const parts: Buffer[] = [stringBytes(transactionalId ?? null), int16Bytes(acks), int32Bytes(timeout)];
  parts.push(int32Bytes(topicData.length));
  const now = Date.now();
  for (const { topic, partitions } of topicData) {
    parts.push(stringBytes(topic), int32Bytes(partitions.length));
    for (const { partition, firstSequence = 0, messages } of partitions) {
      const producer = {
        id: BigInt(producerId?.toString() ?? '-1'),
        epoch: producerEpoch ?? 0,
        sequence: firstSequence,
        isTransactional: Boolean(transactionalId),
      };
      const batch = recordBatchBytes(messages as PartitionMessages, producer, now); // Of ours, as was asked above.
      parts.push(int32Bytes(partition), int32Bytes(batch.length), batch);
    }
  }
  const bytes = Buffer.concat(parts);
  const encoder = newEncoder(bytes.length);
  encoder.writeBufferInternal(bytes);
  return encoder;
}

function int16Bytes(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32Bytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function stringBytes(text: string | null): Buffer {
  if (text === null) return int16Bytes(-1);
  const bytes = Buffer.from(text);
  return Buffer.concat([int16Bytes(bytes.length), bytes]);
}
