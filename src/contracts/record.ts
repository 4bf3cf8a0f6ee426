import type { AssignmentEpoch, EpochMillis } from './ids.js';
import type { RegisteredSchemas } from './registered-schema.js';

/** Header values as bytes. A header that a broker gave more than once keeps its last value. */
export type RecordHeaders = Readonly<Record<string, Uint8Array>>;

/** One record as a stream gave it. */
export interface SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: EpochMillis;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: RecordHeaders;
}

/** One record to be written. Without a partition the stream chooses one by the key. */
export interface OutputRecord {
  readonly topic: string;
  readonly partition?: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestamp?: EpochMillis;
  readonly headers?: RecordHeaders;
}

/**
 * Records of one partition, packed for the way to a scorer thread: one buffer instead of many small
 * ones, which crosses a thread boundary without a copy.
 *
 * Record i's key is `bytes[boundaries[2i] .. boundaries[2i+1])` and its value
 * `bytes[boundaries[2i+1] .. boundaries[2i+2])`; `nulls[i]` has bit 1 set for a null key and bit 2
 * for a null value (null is not empty).
 */
export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  readonly assignment: AssignmentEpoch;
  readonly length: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly boundaries: Uint32Array<ArrayBuffer>;
  readonly nulls: Uint8Array<ArrayBuffer>;
  /** Ascending; gaps are ordinary (compaction, transaction markers). */
  readonly offsets: Float64Array<ArrayBuffer>;
  readonly timestamps: Float64Array<ArrayBuffer>;
  /** Headers by record, left out where no record has any. They stay with the main thread. */
  readonly headers?: ReadonlyArray<RecordHeaders | undefined>;
  /** Of a registry: those that values name. A scorer thread asks for nothing, so they come with the batch. */
  readonly schemas?: RegisteredSchemas;
  /** Where to read on after this batch: past the last offset, or past a gap that follows it. */
  readonly nextOffset: number;
}

export const KEY_IS_NULL = 1;
export const VALUE_IS_NULL = 2;
