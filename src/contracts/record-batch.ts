import { type AssignmentEpoch, epochMillis } from './ids.js';
import {
  KEY_IS_NULL,
  type RecordBatch,
  type RecordHeaders,
  type SourceRecord,
  VALUE_IS_NULL,
} from './record.js';

/**
 * Packs records of one partition, in offset order, into one batch. Copies: a Kafka client's values are
 * slices of a whole fetch response, which must be neither kept alive nor transferred.
 *
 * @param nextOffset where to read on; past the last record unless the stream knows better
 * @throws RangeError when there is no record
 */
export function packRecords(
  records: readonly SourceRecord[],
  assignment: AssignmentEpoch,
  nextOffset?: number,
): RecordBatch {
  const first = records[0];
  const last = records.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a batch has at least one record');

  let size = 0;
  for (const record of records) size += (record.key?.length ?? 0) + (record.value?.length ?? 0);

  const length = records.length;
  const bytes = new Uint8Array(size);
  const boundaries = new Uint32Array(2 * length + 1);
  const nulls = new Uint8Array(length);
  const offsets = new Float64Array(length);
  const timestamps = new Float64Array(length);
  let headers: Array<RecordHeaders | undefined> | undefined;
  let position = 0;
  records.forEach((record, i) => {
    if (record.key !== null) bytes.set(record.key, position);
    position += record.key?.length ?? 0;
    boundaries[2 * i + 1] = position;
    if (record.value !== null) bytes.set(record.value, position);
    position += record.value?.length ?? 0;
    boundaries[2 * i + 2] = position;
    nulls[i] = (record.key === null ? KEY_IS_NULL : 0) | (record.value === null ? VALUE_IS_NULL : 0);
    offsets[i] = record.offset;
    timestamps[i] = record.timestamp;
    if (record.headers !== undefined) {
      headers ??= new Array<RecordHeaders | undefined>(length).fill(undefined);
      headers[i] = record.headers;
    }
  });

  return {
    topic: first.topic,
    partition: first.partition,
    assignment,
    length,
    bytes,
    boundaries,
    nulls,
    offsets,
    timestamps,
    ...(headers && { headers }),
    nextOffset: nextOffset ?? last.offset + 1,
  };
}

export type PackedBytes = Pick<RecordBatch, 'bytes' | 'boundaries' | 'nulls'>;

/** Record i's key, a view into the batch's buffer. */
export function keyAt(batch: PackedBytes, i: number): Uint8Array | null {
  if (((batch.nulls[i] ?? 0) & KEY_IS_NULL) !== 0) return null;
  return batch.bytes.subarray(batch.boundaries[2 * i], batch.boundaries[2 * i + 1]);
}

/** Record i's value, a view into the batch's buffer. */
export function valueAt(batch: PackedBytes, i: number): Uint8Array | null {
  if (((batch.nulls[i] ?? 0) & VALUE_IS_NULL) !== 0) return null;
  return batch.bytes.subarray(batch.boundaries[2 * i + 1], batch.boundaries[2 * i + 2]);
}

/** Tells record i's value as text. One view serves all records: to make one for each costs more than reading it. */
export function valueTexts(batch: PackedBytes): (i: number) => string | null {
  const { buffer, byteOffset, byteLength } = batch.bytes;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  return (i) => {
    if (((batch.nulls[i] ?? 0) & VALUE_IS_NULL) !== 0) return null;
    return bytes.toString('utf8', batch.boundaries[2 * i + 1], batch.boundaries[2 * i + 2]);
  };
}

/** The records of a batch. Keys and values are views into its buffer. */
export function* recordsOf(batch: RecordBatch): Generator<SourceRecord> {
  const { topic, partition, offsets, timestamps, headers } = batch;
  for (let i = 0; i < batch.length; i += 1) {
    const own = headers?.[i];
    yield {
      topic,
      partition,
      offset: offsets[i] ?? 0,
      timestamp: epochMillis(timestamps[i] ?? 0),
      key: keyAt(batch, i),
      value: valueAt(batch, i),
      ...(own && { headers: own }),
    };
  }
}
