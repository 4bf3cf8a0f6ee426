import { crc32c } from '@node-rs/crc32';
import { isOutputBatch } from '../../contracts/output-batch.js';
import type { OutputRecord } from '../../contracts/record.js';
import { PackedRecords } from './output-batch-bytes.js';
import type { PlacedOutput } from './placement.js';
import {
  ATTRIBUTES_AT,
  CHECKSUM_AT,
  EPOCH_AT,
  HEAD_BYTES,
  LENGTH_AT,
  MAGIC_AT,
  RECORD_BATCH_MAGIC,
  TRANSACTIONAL,
} from './record-batch-layout.js';
import { type RecordBodies, SingleRecords } from './record-bytes.js';
import { varintSize, writeVarint } from './varint.js';

/** Whose records they are, where a broker is to know it; of a producer without a transaction the id is −1. */
export interface BatchProducer {
  readonly id: bigint;
  readonly epoch: number;
  /** Of the first record. */
  readonly sequence: number;
  readonly isTransactional: boolean;
}

/** A batch whose size is known, and that is not written yet. */
export interface UnwrittenBatch {
  /** In bytes. */
  readonly size: number;
  /** @returns where the next byte goes */
  write(into: Buffer, at: number): number;
}

/**
 * Records as one batch of Kafka's format 2, without compression
 * (https://kafka.apache.org/documentation/#recordbatch): written once, into memory of their size. kafkajs makes an encoder
 * of half a kilobyte for every record and every header, and cleans it up.
 *
 * @param outputs of one partition, with one record or more in all
 * @param now in ms since the epoch: the time of records that have none
 */
export function recordBatch(
  outputs: readonly PlacedOutput[],
  { id, epoch, sequence, isTransactional }: BatchProducer,
  now: number,
): UnwrittenBatch {
  const parts = bodiesOf(outputs, now);
  let [count, first, last] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const part of parts) {
    count += part.length;
    for (let i = 0; i < part.length; i += 1) {
      const time = part.timestampAt(i);
      first = Math.min(first, time);
      last = Math.max(last, time);
    }
  }
  const bodySizes = new Uint32Array(count);
  let size = HEAD_BYTES;
  let record = 0;
  for (const part of parts)
    for (let i = 0; i < part.length; i += 1) {
      const body = part.bodySize(i, part.timestampAt(i) - first, record);
      bodySizes[record] = body;
      size += varintSize(body) + body;
      record += 1;
    }

  function writeRecords(into: Buffer, start: number): number {
    let [at, record] = [start, 0];
    for (const part of parts)
      for (let i = 0; i < part.length; i += 1) {
        at = writeVarint(into, at, bodySizes[record] ?? 0);
        at = part.writeBody(into, at, i, part.timestampAt(i) - first, record);
        record += 1;
      }
    return at;
  }

  return {
    size,
    write(into, start) {
      const bytes = into.subarray(start, start + size);
      bytes.writeBigInt64BE(0n, 0);
      bytes.writeInt32BE(size - EPOCH_AT, LENGTH_AT);
      bytes.writeInt32BE(0, EPOCH_AT);
      bytes[MAGIC_AT] = RECORD_BATCH_MAGIC;
      let at = ATTRIBUTES_AT;
      at = bytes.writeInt16BE(isTransactional ? TRANSACTIONAL : 0, at);
      at = bytes.writeInt32BE(count - 1, at);
      at = bytes.writeBigInt64BE(BigInt(first), at);
      at = bytes.writeBigInt64BE(BigInt(last), at);
      at = bytes.writeBigInt64BE(id, at);
      at = bytes.writeInt16BE(epoch, at);
      at = bytes.writeInt32BE(sequence, at);
      at = bytes.writeInt32BE(count, at);
      at = writeRecords(bytes, at);
      bytes.writeUInt32BE(crc32c(bytes.subarray(ATTRIBUTES_AT)), CHECKSUM_AT);
      return start + at;
    },
  };
}

/** Batches as they are, and the records between them together. */
function bodiesOf(outputs: readonly PlacedOutput[], now: number): readonly RecordBodies[] {
  const bodies: RecordBodies[] = [];
  let singles: OutputRecord[] = [];
  for (const output of outputs) {
    if (isOutputBatch(output)) {
      bodies.push(new PackedRecords(output, now));
      singles = [];
      continue;
    }
    if (singles.length === 0) bodies.push(new SingleRecords(singles, now));
    singles.push(output);
  }
  return bodies;
}
