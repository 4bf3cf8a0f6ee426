import { createRequire } from 'node:module';
import type { Batch } from 'kafkajs';
import { assignmentEpoch } from '../../src/contracts/ids.js';
import type { RecordBatch } from '../../src/contracts/record.js';
import { FetchCutter } from '../../src/streams/kafka/fetch-cutter.js';
import { FetchedRecords } from '../../src/streams/kafka/fetched-records.js';
import { definitionsOf } from '../../src/streams/kafka/kafkajs-protocol.js';

const load = createRequire(import.meta.url);
// As kafkajs has them.
const { RecordBatch: kafkajsBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(batch: object): Promise<{ readonly buffer: Buffer }>;
};
const kafkajsRecord = load('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => object;
const FetchedBatch = load('kafkajs/src/consumer/batch') as new (
  topic: string,
  fetchedOffset: string,
  partitionData: object,
) => Batch;

export const TOPIC = 'posts';

export interface WrittenRecord {
  readonly offsetDelta: number;
  readonly timestampDelta: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** A list: a header that is there several times. */
  readonly headers?: Readonly<Record<string, Buffer | readonly Buffer[]>>;
}

export interface WrittenBatch {
  readonly baseOffset: number;
  /** By default that of the last record. */
  readonly lastOffsetDelta?: number;
  readonly firstTimestamp?: number;
  readonly maxTimestamp?: number;
  readonly compression?: number;
  readonly isLogAppendTime?: boolean;
  readonly isControl?: boolean;
  /** Of a transaction. */
  readonly producerId?: number;
  readonly records: readonly WrittenRecord[];
}

const ATTRIBUTES_AT = 21;

/** As a broker has it in its log, but for the checksum of what kafkajs' encoder cannot say. */
export async function batchBytes({
  baseOffset,
  records,
  lastOffsetDelta = records.at(-1)?.offsetDelta ?? 0,
  isLogAppendTime = false,
  isControl = false,
  producerId,
  ...batch
}: WrittenBatch): Promise<Buffer> {
  const { buffer } = await kafkajsBatch({
    firstTimestamp: 1_760_000_000_000,
    ...batch,
    firstOffset: baseOffset,
    lastOffsetDelta,
    ...(producerId !== undefined && { producerId, transactional: true }),
    records: records.map(kafkajsRecord),
  });
  const bytes = Buffer.from(buffer);
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT) | (isLogAppendTime ? 8 : 0) | (isControl ? 32 : 0);
  bytes.writeInt16BE(attributes, ATTRIBUTES_AT);
  return bytes;
}

export const record = (value: string, offsetDelta = 0): WrittenRecord => ({
  offsetDelta,
  timestampDelta: 0,
  key: null,
  value: Buffer.from(value),
});

/** The end of a producer's transaction. */
export const markerBytes = (
  baseOffset: number,
  producerId: number,
  end: 'abort' | 'commit',
): Promise<Buffer> =>
  batchBytes({
    baseOffset,
    producerId,
    isControl: true,
    records: [{ ...record(''), key: Buffer.from([0, 0, 0, end === 'abort' ? 0 : 1]) }],
  });

export interface FetchedSet {
  readonly set: Buffer;
  readonly fetchOffset?: number;
  readonly aborted?: ReadonlyArray<{ readonly producerId: number; readonly firstOffset: number }>;
}

/** A broker's answer: https://kafka.apache.org/protocol#The_Messages_Fetch, version 11. */
export function responseBytes(partitions: readonly FetchedSet[]): Buffer {
  const parts: Buffer[] = [int32(0), int16(0), int32(0), int32(1), int16(TOPIC.length), Buffer.from(TOPIC)];
  parts.push(int32(partitions.length));
  for (const [partition, { set, aborted }] of partitions.entries()) {
    parts.push(
      int32(partition),
      int16(0),
      int64(1_000),
      int64(1_000),
      int64(0),
      int32(aborted?.length ?? -1),
    );
    for (const { producerId, firstOffset } of aborted ?? [])
      parts.push(int64(producerId), int64(firstOffset));
    parts.push(int32(-1), int32(set.length), set);
  }
  return Buffer.concat(parts);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

/** What kafkajs' consumer asks brokers with, for some partitions. */
export function exchangeOf(
  fetchOffsets: readonly number[],
  settings: { readonly rackId: string },
  version = 11,
) {
  return definitionsOf('fetch').protocol({ version })({
    ...settings,
    maxWaitTime: 1_000,
    minBytes: 1,
    maxBytes: 1_000_000,
    topics: [
      {
        topic: TOPIC,
        partitions: fetchOffsets.map((offset, partition) => ({
          partition,
          fetchOffset: String(offset),
          maxBytes: 1_000_000,
        })),
      },
    ],
  });
}

/** As kafkajs has it in a decoded answer. */
interface Answer {
  readonly responses: ReadonlyArray<{
    readonly topicName: string;
    readonly partitions: ReadonlyArray<{ readonly partition: number }>;
  }>;
}

/** The batches of partitions as kafkajs' consumer hands them over. */
export async function fetched(
  bytes: Buffer,
  fetchOffsets: readonly number[],
  settings: { readonly rackId: string },
): Promise<readonly Batch[]> {
  const { response } = exchangeOf(fetchOffsets, settings);
  const answer = (await response.parse(await response.decode(bytes))) as Answer;
  return answer.responses.flatMap(({ topicName, partitions }) =>
    partitions.map((data) => new FetchedBatch(topicName, String(fetchOffsets[data.partition]), data)),
  );
}

/** How many records a fetch that stays bytes has to hand on. */
export function recordsLeft({ messages: [first] }: Batch): number | undefined {
  return first instanceof FetchedRecords ? first.left : undefined;
}

/** What a consumer makes of an answer of one partition. */
export async function consumed(
  { set, fetchOffset = 0, aborted = [] }: FetchedSet,
  settings: { readonly rackId: string },
  maxBatchRecords = 1_000,
): Promise<readonly RecordBatch[]> {
  const bytes = responseBytes([{ set, aborted }]);
  const cutter = new FetchCutter(maxBatchRecords);
  return (await fetched(bytes, [fetchOffset], settings)).flatMap((batch) => [
    ...cutter.cut(batch, assignmentEpoch(1)),
  ]);
}
