import type { Message, TopicMessages } from 'kafkajs';
import { groupBy } from '../../contracts/group-by.js';
import { type Broker, type Encoded, type Exchange, redefine } from './kafkajs-protocol.js';
import { recordBatch } from './record-batch-bytes.js';
import { requestMemory } from './request-memory.js';
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
    return this.request.records;
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
 * What kafkajs is given to send, one request to each broker that leads any of it; encoded by `recordBatch`. Each
 * partition at most once.
 */
export function topicMessagesOf(sends: readonly PartitionSend[]): TopicMessages[] {
  teachKafkajs();
  return [...byTopic(sends)].map(([topic, own]) => ({ topic, messages: new TopicSends(own) }));
}

/**
 * What a broker is asked to write, of partitions that it leads, for `broker.produce` of kafkajs.
 *
 * @param sequenceOf number of the first record
 */
export function topicDataOf(
  sends: readonly PartitionSend[],
  sequenceOf: (send: PartitionSend) => number,
): Parameters<Broker['produce']>[0]['topicData'] {
  teachKafkajs();
  return [...byTopic(sends)].map(([topic, own]) => ({
    topic,
    partitions: own.map((send) => ({
      partition: send.request.partition,
      firstSequence: sequenceOf(send),
      messages: send,
    })),
  }));
}

function byTopic(sends: readonly PartitionSend[]): ReadonlyMap<string, readonly PartitionSend[]> {
  return groupBy(sends, ({ request }) => request.topic);
}

/** Requests with such records are encoded here; all others as before. */
function teachKafkajs(): void {
  redefine<Question>('produce', (known) => ({ version }) => {
    const define = known({ version });
    return version < FIRST_VERSION ? define : (question) => withOwnBytes(define(question), question);
  });
}

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

/** https://kafka.apache.org/protocol#The_Messages_Produce, versions 3 to 8. Written into memory of its size. */
function encode(question: Question<PartitionSend>): Encoded {
  const { acks, timeout, transactionalId, producerId, producerEpoch, topicData } = question;
  const now = Date.now();
  const topics = topicData.map(({ topic, partitions }) => ({
    name: Buffer.from(topic),
    partitions: partitions.map(({ partition, firstSequence = 0, messages }) => {
      const producer = {
        id: BigInt(producerId?.toString() ?? '-1'),
        epoch: producerEpoch ?? 0,
        sequence: firstSequence,
        isTransactional: Boolean(transactionalId),
      };
      return { partition, batch: recordBatch(messages.request.outputs, producer, now) };
    }),
  }));
  const transaction = typeof transactionalId === 'string' ? Buffer.from(transactionalId) : null;
  let size = nameSize(transaction) + INT16_BYTES + INT32_BYTES + INT32_BYTES;
  for (const { name, partitions } of topics) {
    size += nameSize(name) + INT32_BYTES;
    for (const { batch } of partitions) size += 2 * INT32_BYTES + batch.size;
  }

  const encoded = requestMemory(size);
  const bytes = encoded.buffer;
  let at = writeName(bytes, 0, transaction);
  at = bytes.writeInt16BE(acks, at);
  at = bytes.writeInt32BE(timeout, at);
  at = bytes.writeInt32BE(topics.length, at);
  for (const { name, partitions } of topics) {
    at = writeName(bytes, at, name);
    at = bytes.writeInt32BE(partitions.length, at);
    for (const { partition, batch } of partitions) {
      at = bytes.writeInt32BE(partition, at);
      at = bytes.writeInt32BE(batch.size, at);
      at = batch.write(bytes, at);
    }
  }
  return encoded;
}

const INT16_BYTES = 2;
const INT32_BYTES = 4;

function nameSize(name: Buffer | null): number {
  return INT16_BYTES + (name?.length ?? 0);
}

function writeName(into: Buffer, at: number, name: Buffer | null): number {
  const start = into.writeInt16BE(name?.length ?? -1, at);
  return start + (name?.copy(into, start) ?? 0);
}
