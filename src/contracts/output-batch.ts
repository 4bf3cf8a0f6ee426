import { epochMillis } from './ids.js';
import type { OutputRecord, RecordHeaders } from './record.js';
import { keyAt, type PackedBytes, valueAt } from './record-batch.js';

/**
 * A header that records of a batch have: the same text for each of them, or a number of each one's own, which is written
 * in decimal digits.
 */
export interface HeaderColumn {
  readonly name: string;
  /** Whole numbers, where they are numbers. */
  readonly values: string | Float64Array<ArrayBuffer>;
  /** By record, not 0 where it has the header. All have it where this is left out. */
  readonly present?: Uint8Array<ArrayBuffer>;
}

/**
 * Records to be written to one partition, packed as in a `RecordBatch`: results stay the bytes that a scorer thread has
 * made of them, instead of becoming objects for as long as it takes to write them.
 */
export interface OutputBatch extends PackedBytes {
  readonly length: number;
  readonly topic: string;
  readonly partition: number;
  /** Without them, the records have the time of their writing. */
  readonly timestamps?: Float64Array<ArrayBuffer>;
  readonly headers: readonly HeaderColumn[];
}

/** What a stream is given to write, in the order of each partition. */
export type Output = OutputRecord | OutputBatch;

export function isOutputBatch<Batch extends OutputBatch>(output: OutputRecord | Batch): output is Batch {
  return 'boundaries' in output;
}

/** How many records an output is. */
export function lengthOf(output: Output): number {
  return isOutputBatch(output) ? output.length : 1;
}

/** Each record by itself. Keys and values are views into the batches' buffers. */
export function* outputRecordsOf(outputs: Iterable<Output>): Generator<OutputRecord> {
  for (const output of outputs) {
    if (!isOutputBatch(output)) {
      yield output;
      continue;
    }
    const { topic, partition, timestamps } = output;
    for (let i = 0; i < output.length; i += 1)
      yield {
        topic,
        partition,
        key: keyAt(output, i),
        value: valueAt(output, i),
        ...(timestamps && { timestamp: epochMillis(timestamps[i] ?? 0) }),
        headers: headersAt(output, i),
      };
  }
}

function headersAt({ headers }: OutputBatch, i: number): RecordHeaders {
  const own = headers.filter(({ present }) => present?.[i] !== 0);
  return Object.fromEntries(
    own.map(({ name, values }) => [
      name,
      Buffer.from(typeof values === 'string' ? values : String(values[i])),
    ]),
  );
}

/** The records `from` (included) to `to` (excluded) of a batch, which shares its buffers. */
export function outputPart(batch: OutputBatch, from: number, to: number): OutputBatch {
  const { timestamps, headers } = batch;
  return {
    ...batch,
    length: to - from,
    boundaries: batch.boundaries.subarray(2 * from, 2 * to + 1),
    nulls: batch.nulls.subarray(from, to),
    ...(timestamps && { timestamps: timestamps.subarray(from, to) }),
    headers: headers.map(({ name, values, present }) => ({
      name,
      values: typeof values === 'string' ? values : values.subarray(from, to),
      ...(present && { present: present.subarray(from, to) }),
    })),
  };
}
