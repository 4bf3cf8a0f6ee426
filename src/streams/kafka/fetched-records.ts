import type { AssignmentEpoch } from '../../contracts/ids.js';
import { KEY_IS_NULL, type RecordBatch, type RecordHeaders, VALUE_IS_NULL } from '../../contracts/record.js';
import { copyBytes } from './copy-bytes.js';
import type { RecordReader } from './record-reader.js';

/** Whose records a batch holds, and where to read on after it, if not past its last record. */
export interface BatchOwner {
  readonly topic: string;
  readonly partition: number;
  readonly assignment: AssignmentEpoch;
  readonly nextOffset: number | undefined;
}

/** Records of one record batch, from the one before it in a list up to a place in what is packed. */
interface Run {
  readonly bytes: Uint8Array;
  readonly end: number;
}

/**
 * What one fetch brought of a partition; no records where all of it is markers, aborted or compacted. kafkajs takes it for a
 * message: it looks at `offset`, which is that of the last record or marker, and at `isControlRecord`.
 */
export class FetchedRecords {
  readonly offset: string;
  readonly isControlRecord = false;
  readonly #readers: readonly RecordReader[];
  #reading = 0;
  #left = 0;

  /** @param readers each with at least one record left */
  constructor(readers: readonly RecordReader[], lastOffset: number) {
    this.offset = String(lastOffset);
    this.#readers = readers;
    for (const { left } of readers) this.#left += left;
  }

  /** Records that are not taken yet. */
  get left(): number {
    return this.#left;
  }

  /**
   * The next records as a batch: read and copied straight from the bytes of the fetch.
   *
   * @param count at least 1, at most as many as are left
   * @throws SentifluxError SF_STREAM_CRASHED
   */
  take(count: number, { topic, partition, assignment, nextOffset }: BatchOwner): RecordBatch {
    /** Where each key and each value begins. */
    const starts = new Uint32Array(2 * count);
    const boundaries = new Uint32Array(2 * count + 1);
    const nulls = new Uint8Array(count);
    const offsets = new Float64Array(count);
    const timestamps = new Float64Array(count);
    let headers: Array<RecordHeaders | undefined> | undefined;
    const runs: Run[] = [];
    let size = 0;
    for (let i = 0; i < count; ) {
      const reader = this.#nextReader();
      const end = Math.min(count, i + reader.left);
      runs.push({ bytes: reader.bytes, end });
      for (; i < end; i += 1) {
        reader.next();
        const { keyLength, valueLength } = reader;
        starts[2 * i] = reader.keyFrom;
        starts[2 * i + 1] = reader.valueFrom;
        if (keyLength > 0) size += keyLength;
        boundaries[2 * i + 1] = size;
        if (valueLength > 0) size += valueLength;
        boundaries[2 * i + 2] = size;
        nulls[i] = (keyLength < 0 ? KEY_IS_NULL : 0) | (valueLength < 0 ? VALUE_IS_NULL : 0);
        offsets[i] = reader.offset;
        timestamps[i] = reader.timestamp;
        if (reader.headers !== undefined) {
          headers ??= new Array<RecordHeaders | undefined>(count).fill(undefined);
          headers[i] = reader.headers;
        }
      }
    }
    this.#left -= count;

    return {
      topic,
      partition,
      assignment,
      length: count,
      bytes: copied(runs, starts, boundaries),
      boundaries,
      nulls,
      offsets,
      timestamps,
      ...(headers && { headers }),
      nextOffset: nextOffset ?? (offsets.at(-1) ?? 0) + 1,
    };
  }

  #nextReader(): RecordReader {
    if (this.#readers[this.#reading]?.left === 0) this.#reading += 1;
    const reader = this.#readers[this.#reading];
    if (reader === undefined) throw new RangeError('more records are taken than were fetched');
    return reader;
  }
}

/** Keys and values one behind the other. */
function copied(runs: readonly Run[], starts: Uint32Array, boundaries: Uint32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(boundaries.at(-1) ?? 0);
  let part = 0;
  for (const { bytes: source, end } of runs) {
    for (; part < 2 * end; part += 1) {
      const at = boundaries[part] ?? 0;
      const from = starts[part] ?? 0;
      copyBytes(bytes, at, source, from, from + (boundaries[part + 1] ?? 0) - at);
    }
  }
  return bytes;
}
