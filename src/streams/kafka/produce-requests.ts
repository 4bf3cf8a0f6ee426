import type { Message, TopicMessages } from 'kafkajs';
import { definitionsOf, type Encoder, type Exchange, newEncoder } from './kafkajs-protocol.js';
import { recordBatchBytes } from './record-batch-bytes.js';
import { type PartitionRequest, placeOf } from './requests.js';

/** From this version on requests hold batches of format 2. */
const FIRST_VERSION = 3;

/** What kafkajs makes a request of: of ours, or of messages that somebody else of this process has given it. */
interface Question<Messages = unknown> {
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
      readonly messages: Messages;
    }>;
  }>;
}

/** Records of one partition while kafkajs sends them. It counts them by their `length` and looks at none of them. */
export class PartitionSend {
  readonly request: PartitionRequest;
  readonly #onAcknowledged: () => void;
  #isAcknowledged = false;

  /** @param onAcknowledged called once, when the brokers have them all */
  constructor(request: PartitionRequest, onAcknowledged: () => void = () => {}) {
    this.request = request;
    this.#onAcknowledged = onAcknowledged;
  }

  get length(): number {
    return this.request.records.length;
  }

  get isAcknowledged(): boolean {
    return this.#isAcknowledged;
  }

  acknowledge(): void {
    if (this.#isAcknowledged) return;
    this.#isAcknowledged = true;
    this.#onAcknowledged();
  }
}

/**
 * What goes to one topic. kafkajs asks it for its messages by partition whenever it tries (it sorts them with `reduce`,
 * producer/groupMessagesPerPartition.js), so that what a broker has acknowledged is not sent a second time because of
 * another partition of the same request. It holds no messages for kafkajs to look at.
 */
class TopicSends extends Array<Message> {
  readonly #sends: readonly PartitionSend[];

  constructor(sends: readonly PartitionSend[]) {
    super();
    this.#sends = sends;
  }

  override reduce<Groups>(): Groups {
    const left = this.#sends.filter(({ isAcknowledged }) => !isAcknowledged);
    return Object.fromEntries(left.map((send) => [send.request.partition, send])) as Groups; // As kafkajs builds it.
  }
}

/**
 * What kafkajs is given to send, one request to each broker that leads any of it; encoded by `recordBatchBytes`. Each
 * partition at most once.
 */
export function topicMessagesOf(sends: readonly PartitionSend[]): TopicMessages[] {
  teachKafkajs();
  const topics = new Map<string, PartitionSend[]>();
  for (const send of sends) {
    const { topic } = send.request;
    const own = topics.get(topic);
    if (own === undefined) topics.set(topic, [send]);
    else own.push(send);
  }
  return [...topics].map(([topic, own]) => ({ topic, messages: new TopicSends(own) }));
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

function withOwnBytes({ request, response }: Exchange, question: Question): Exchange {
  if (!isOurs(question)) return { request, response };
  const sends = question.topicData.flatMap(({ partitions }) => partitions.map(({ messages }) => messages));
  return {
    request: { ...request, encode: async () => encode(question) },
    response: {
      ...response,
      // Of several errors kafkajs throws the first, and says nothing of what was written beside it.
      async parse(answer) {
        const written = writtenIn(answer);
        for (const send of sends) if (written.has(placeOf(send.request))) send.acknowledge();
        return response.parse(answer);
      },
    },
  };
}

function isOurs(question: Question): question is Question<PartitionSend> {
  return question.topicData.every(({ partitions }) =>
    partitions.every(({ messages }) => messages instanceof PartitionSend),
  );
}

/** What kafkajs reads out of an answer. */
interface Answer {
  readonly topics: ReadonlyArray<{
    readonly topicName: string;
    readonly partitions: ReadonlyArray<{ readonly partition: number; readonly errorCode: number }>;
  }>;
}

function writtenIn(answer: object): ReadonlySet<string> {
  const { topics } = answer as Answer; // By protocol/requests/produce/v3/response.js and those after it.
  return new Set(
    topics.flatMap(({ topicName, partitions }) =>
      partitions.flatMap(({ partition, errorCode }) =>
        errorCode === 0 ? [placeOf({ topic: topicName, partition })] : [],
      ),
    ),
  );
}

/** https://kafka.apache.org/protocol#The_Messages_Produce, versions 3 to 8. */
function encode(question: Question<PartitionSend>): Encoder {
  const { acks, timeout, transactionalId, producerId, producerEpoch, topicData } = question;
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
      const batch = recordBatchBytes(messages.request.records, producer, now);
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
