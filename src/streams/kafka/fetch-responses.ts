import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { brokenAnswer, brokenRecords, brokerTooOld } from './broken-records.js';
import { readFetchedBatches } from './fetched-batches.js';
import { FetchedRecords } from './fetched-records.js';
import {
  type DecodedMessage,
  type Decoder,
  decodeMessageSet,
  type Exchange,
  newDecoder,
  redefine,
} from './kafkajs-protocol.js';
import { MAGIC_AT, RECORD_BATCH_MAGIC } from './record-batch-layout.js';
import { placeOf } from './requests.js';

/** The newest that kafkajs has; every broker since Kafka 2.3 answers it. */
const VERSION = 11;
/** Of our consumers, and taken out of their requests: kafkajs passes a rack to each fetch without a look at it. */
const MARK = 'sentiflux: answered in bytes';

interface Question {
  readonly rackId?: string;
  readonly topics: ReadonlyArray<{
    readonly topic: string;
    readonly partitions: ReadonlyArray<{ readonly partition: number; readonly fetchOffset: string }>;
  }>;
}

/**
 * Settings of a consumer of kafkajs by which the answers to its fetches stay bytes: each partition's messages are one
 * `FetchedRecords`. Where a log has record sets of the formats before Kafka 0.11 they are those that kafkajs decodes; and so
 * they are to every other consumer.
 *
 * With a broker before Kafka 2.3 the consumer crashes with SF_STREAM_CRASHED.
 */
export function answeredInBytes(): { readonly rackId: string } {
  teachKafkajs();
  return { rackId: MARK };
}

function teachKafkajs(): void {
  redefine<Question>('fetch', (known) => ({ version }) => {
    const define = known({ version });
    return (question) => (question.rackId === MARK ? inBytes(define, question, version) : define(question));
  });
}

function inBytes(define: (question: Question) => Exchange, question: Question, version: number): Exchange {
  const exchange = define({ ...question, rackId: '' });
  if (version !== VERSION) throw brokerTooOld(version);
  return { ...exchange, response: { ...exchange.response, decode: (bytes) => decode(bytes, question) } };
}

/** https://kafka.apache.org/protocol#The_Messages_Fetch, version 11; as kafkajs has it, which relies on the fields. */
async function decode(bytes: Buffer, { topics }: Question): Promise<object> {
  const fetchOffsets = new Map(
    topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, fetchOffset }): [string, number] => [
        placeOf({ topic, partition }),
        Number(fetchOffset),
      ]),
    ),
  );
  const decoder = newDecoder(bytes);
  try {
    return {
      // The broker has not waited, but expects the client to.
      throttleTime: 0,
      clientSideThrottleTime: decoder.readInt32(),
      errorCode: decoder.readInt16(),
      sessionId: decoder.readInt32(),
      responses: await readArray(decoder, async () => {
        const topicName = decoder.readString() ?? '';
        const partitions = await readArray(decoder, () => decodePartition(decoder, topicName, fetchOffsets));
        return { topicName, partitions };
      }),
    };
  } catch (error) {
    // Of a read beyond the end.
    throw error instanceof SentifluxError ? error : brokenAnswer(messageOf(error));
  }
}

async function decodePartition(
  decoder: Decoder,
  topic: string,
  fetchOffsets: ReadonlyMap<string, number>,
): Promise<object> {
  const partition = decoder.readInt32();
  const fetchOffset = fetchOffsets.get(placeOf({ topic, partition })) ?? 0;
  const errorCode = decoder.readInt16();
  const highWatermark = decoder.readInt64().toString();
  const lastStableOffset = decoder.readInt64().toString();
  const lastStartOffset = decoder.readInt64().toString();
  const abortedTransactions = await readArray(decoder, async () => ({
    producerId: Number(decoder.readInt64()),
    firstOffset: Number(decoder.readInt64()),
  }));
  const preferredReadReplica = decoder.readInt32();
  const set = readRecordSet(decoder);
  return {
    partition,
    errorCode,
    highWatermark,
    lastStableOffset,
    lastStartOffset,
    // What they cover is left out here, and correctly: kafkajs would begin at most one of them a message.
    abortedTransactions: [],
    preferredReadReplica,
    messages: await messagesOf(set, { topic, partition, fetchOffset, abortedTransactions }),
  };
}

/** Not of kafkajs, which allocates as many elements as the answer says that there are. */
async function readArray<Element>(decoder: Decoder, read: () => Promise<Element>): Promise<Element[]> {
  const length = decoder.readInt32();
  const elements: Element[] = [];
  for (let i = 0; i < length; i += 1) elements.push(await read());
  return elements;
}

function readRecordSet(decoder: Decoder): Buffer {
  const size = decoder.readInt32();
  if (size <= 0) return Buffer.alloc(0);
  const set = decoder.readBytes(size);
  if (set.length < size) throw brokenAnswer(`${set.length} of ${size} bytes of records`);
  return set;
}

async function messagesOf(
  set: Buffer,
  fetched: Parameters<typeof readFetchedBatches>[1],
): Promise<ReadonlyArray<FetchedRecords | DecodedMessage>> {
  const magic = set.length > MAGIC_AT ? set.readInt8(MAGIC_AT) : RECORD_BATCH_MAGIC;
  const { fetchOffset } = fetched;
  if (magic >= 0 && magic < RECORD_BATCH_MAGIC) return messagesOfOldFormat(set, fetchOffset);
  if (magic !== RECORD_BATCH_MAGIC)
    throw brokenRecords({ ...fetched, offset: fetchOffset }, `they are of the unknown format ${magic}`);
  const { readers, nextOffset } = await readFetchedBatches(set, fetched);
  return nextOffset === fetchOffset ? [] : [new FetchedRecords(readers, nextOffset - 1)];
}

/** Where compaction has left none from the fetched offset on, that one is passed over, as kafkajs does it. */
async function messagesOfOldFormat(set: Buffer, fetchOffset: number): ReturnType<typeof messagesOf> {
  const messages = await decodeMessageSet(set);
  const isPassedOver = messages.length > 0 && messages.every(({ offset }) => Number(offset) < fetchOffset);
  return isPassedOver ? [new FetchedRecords([], fetchOffset)] : messages;
}
