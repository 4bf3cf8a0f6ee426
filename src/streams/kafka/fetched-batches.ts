import kafkajs from 'kafkajs';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { type BatchPlace, brokenRecords } from './broken-records.js';
import {
  ATTRIBUTES_AT,
  CODEC,
  CONTROL,
  COUNT_AT,
  EPOCH_AT,
  FIRST_TIMESTAMP_AT,
  HEAD_BYTES,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LOG_APPEND_TIME,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_ID_AT,
  RECORD_BATCH_MAGIC,
  TRANSACTIONAL,
} from './record-batch-layout.js';
import { RecordReader, type RecordsHead } from './record-reader.js';

/** Of a transaction of a producer that was aborted. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Where the fetch began; the broker sends the whole batch that has this offset. */
  readonly fetchOffset: number;
  readonly abortedTransactions: readonly AbortedTransaction[];
}

export interface FetchedBatches {
  /** One for each batch with records to hand on. */
  readonly readers: readonly RecordReader[];
  /** Behind the last batch, also where that holds a marker or aborted records; where no batch came whole, the fetched one. */
  readonly nextOffset: number;
}

/** The key of a control record: two bytes of a version, and two of a type. */
const CONTROL_KEY_BYTES = 4;
const ABORT = 0;

interface BatchHead extends RecordsHead {
  readonly attributes: number;
  readonly producerId: number;
}

/**
 * Reads the heads of the record batches that a fetch brought (https://kafka.apache.org/documentation/#recordbatch), and
 * leaves out what is not to be handed on: markers, aborted records, and those below the fetched offset.
 *
 * @param set as the broker sent it: its last batch may be cut off, and is fetched again then
 * @throws SentifluxError SF_STREAM_CRASHED
 */
export async function readFetchedBatches(
  set: Buffer,
  { topic, partition, fetchOffset, abortedTransactions }: FetchedPartition,
): Promise<FetchedBatches> {
  const aborted = new AbortedProducers(abortedTransactions);
  const readers: RecordReader[] = [];
  let nextOffset = fetchOffset;
  for (let at = 0; at + HEAD_BYTES <= set.length; ) {
    // Of another format: the next fetch begins with it.
    if (set[at + MAGIC_AT] !== RECORD_BATCH_MAGIC) break;
    const place = { topic, partition, offset: int64At(set, at) };
    const size = EPOCH_AT + set.readInt32BE(at + LENGTH_AT);
    if (size < HEAD_BYTES) throw brokenRecords(place, `a batch of ${size} bytes`);
    if (size > set.length - at) break;
    const batch = set.subarray(at, at + size);
    const head = readHead(batch, place);
    aborted.reach(head.lastOffset);
    if ((head.attributes & CONTROL) !== 0) {
      if (await isAbortMarker(batch, head)) aborted.end(head.producerId);
    } else if (head.count > 0 && head.lastOffset >= nextOffset && !aborted.wrote(head)) {
      const reader = await readerOf(batch, head);
      if (place.offset < nextOffset) reader.skipTo(nextOffset);
      if (reader.left > 0) readers.push(reader);
    }
    nextOffset = Math.max(nextOffset, head.lastOffset + 1);
    at += size;
  }
  return { readers, nextOffset };
}

function readHead(batch: Buffer, place: BatchPlace): BatchHead {
  const attributes = batch.readInt16BE(ATTRIBUTES_AT);
  const lastOffsetDelta = batch.readInt32BE(LAST_OFFSET_DELTA_AT);
  const count = batch.readInt32BE(COUNT_AT);
  // Fewer are ordinary, where the log was compacted.
  if (count < 0 || lastOffsetDelta < 0 || count > lastOffsetDelta + 1)
    throw brokenRecords(place, `${count} records at ${lastOffsetDelta + 1} offsets`);
  const lastOffset = place.offset + lastOffsetDelta;
  if (!Number.isSafeInteger(lastOffset)) throw brokenRecords(place, 'an offset of more than 53 bits');
  return {
    place,
    attributes,
    count,
    lastOffset,
    firstTimestamp: int64At(batch, FIRST_TIMESTAMP_AT),
    logAppendTime: (attributes & LOG_APPEND_TIME) === 0 ? undefined : int64At(batch, MAX_TIMESTAMP_AT),
    producerId: int64At(batch, PRODUCER_ID_AT),
  };
}

/** A number of 64 bits; exact below 2^53. */
function int64At(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}

async function readerOf(batch: Buffer, head: BatchHead): Promise<RecordReader> {
  const records = batch.subarray(HEAD_BYTES);
  const codec = head.attributes & CODEC;
  return new RecordReader(codec === 0 ? records : await decompressed(records, codec, head.place), head);
}

interface Codec {
  decompress(bytes: Buffer): Promise<Buffer>;
}

async function decompressed(records: Buffer, type: number, place: BatchPlace): Promise<Buffer> {
  // By the bits of the attributes; `registerCodecs` has added those that kafkajs lacks.
  const codecs: Readonly<Record<number, () => Codec>> = kafkajs.CompressionCodecs;
  const codec = codecs[type];
  if (codec === undefined) throw brokenRecords(place, `compressed with the unknown codec ${type}`);
  try {
    return await codec().decompress(records);
  } catch (error) {
    const what = `they cannot be decompressed: ${messageOf(error)}`;
    throw brokenRecords(place, what, error instanceof SentifluxError ? error.hint : undefined);
  }
}

async function isAbortMarker(batch: Buffer, head: BatchHead): Promise<boolean> {
  if (head.count === 0) return false;
  const reader = await readerOf(batch, head);
  reader.next();
  const { bytes, keyFrom, keyLength } = reader;
  return keyLength >= CONTROL_KEY_BYTES && bytes[keyFrom + 2] === 0 && bytes[keyFrom + 3] === ABORT;
}

/**
 * Who is in an aborted transaction at a place of the log: a producer is from the first offset of one on that the broker
 * has named, until its marker.
 */
class AbortedProducers {
  /** The next one last. */
  readonly #coming: AbortedTransaction[];
  readonly #producers = new Set<number>();

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#coming = transactions.toSorted((a, b) => b.firstOffset - a.firstOffset);
  }

  /** Of several transactions that have begun by here all count: a fetch may begin in the midst of them. */
  reach(offset: number): void {
    for (;;) {
      const next = this.#coming.at(-1);
      if (next === undefined || next.firstOffset > offset) return;
      this.#producers.add(next.producerId);
      this.#coming.pop();
    }
  }

  end(producerId: number): void {
    this.#producers.delete(producerId);
  }

  wrote({ attributes, producerId }: BatchHead): boolean {
    return (attributes & TRANSACTIONAL) !== 0 && this.#producers.has(producerId);
  }
}
