import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';

type Packed = Pick<RecordBatch, 'bytes' | 'boundaries'>;

/** A batch on its way to a thread: headers stay with the main thread. */
export function withoutHeaders({ headers: _, ...batch }: RecordBatch): RecordBatch {
  return batch;
}

/** Batches, also of several partitions, as one that can be scored; what tells their place is that of the first. */
export function joinBatches(batches: readonly [RecordBatch, ...RecordBatch[]]): RecordBatch {
  const [first] = batches;
  const length = batches.reduce((sum, batch) => sum + batch.length, 0);
  const bytes = new Uint8Array(batches.reduce((sum, batch) => sum + batch.bytes.length, 0));
  const boundaries = new Uint32Array(2 * length + 1);
  const nulls = new Uint8Array(length);
  const offsets = new Float64Array(length);
  const timestamps = new Float64Array(length);
  let [records, start] = [0, 0];
  for (const batch of batches) {
    bytes.set(batch.bytes, start);
    for (let i = 0; i <= 2 * batch.length; i += 1)
      boundaries[2 * records + i] = start + (batch.boundaries[i] ?? 0);
    nulls.set(batch.nulls, records);
    offsets.set(batch.offsets, records);
    timestamps.set(batch.timestamps, records);
    records += batch.length;
    start += batch.bytes.length;
  }
  const { topic, partition, assignment, nextOffset } = first;
  const schemas = new Map(batches.flatMap((batch) => [...(batch.schemas ?? [])]));
  return {
    topic,
    partition,
    assignment,
    length,
    bytes,
    boundaries,
    nulls,
    offsets,
    timestamps,
    ...(schemas.size > 0 && { schemas }),
    nextOffset,
  };
}

/**
 * What batches that were scored as one became, each: views into that. Tokens and times are shared out by the number of
 * records.
 *
 * @param lengths of the batches, in the order in which they were joined
 */
export function splitScored(scored: ScoredBatch, lengths: readonly number[]): readonly ScoredBatch[] {
  let from = 0;
  return lengths.map((length) => {
    const to = from + length;
    const share = length / scored.length;
    const part: ScoredBatch = {
      ...packedView(scored, from, to),
      outcomes: scored.outcomes.subarray(from, to),
      rejections: scored.rejections
        .filter(({ index }) => index >= from && index < to)
        .map((rejection) => ({ ...rejection, index: rejection.index - from })),
      model: scored.model,
      // Rounded so that the shares add up to the whole.
      tokens:
        Math.round((scored.tokens * to) / scored.length) - Math.round((scored.tokens * from) / scored.length),
      prepareMillis: scored.prepareMillis * share,
      scoreMillis: scored.scoreMillis * share,
    };
    from = to;
    return part;
  });
}

/** Keys and values of the records `from` (included) to `to` (excluded). */
function packedView(
  { bytes, boundaries, nulls }: Packed & Pick<RecordBatch, 'nulls'>,
  from: number,
  to: number,
) {
  const start = boundaries[2 * from] ?? 0;
  return {
    length: to - from,
    bytes: bytes.subarray(start, boundaries[2 * to] ?? start),
    boundaries: boundaries.slice(2 * from, 2 * to + 1).map((boundary) => boundary - start),
    nulls: nulls.subarray(from, to),
  };
}

/** The same with memory of their own: on the way to a thread a view takes along all that lies beside it. */
function packedPart(packed: Packed & Pick<RecordBatch, 'nulls'>, from: number, to: number) {
  const { length, bytes, boundaries, nulls } = packedView(packed, from, to);
  return { length, bytes: bytes.slice(), boundaries, nulls: nulls.slice() };
}

/** The records `from` (included) to `to` (excluded) of a batch. */
export function partOf(batch: RecordBatch, from: number, to: number): RecordBatch {
  return {
    ...batch,
    ...packedPart(batch, from, to),
    offsets: batch.offsets.slice(from, to),
    timestamps: batch.timestamps.slice(from, to),
    ...(batch.headers && { headers: batch.headers.slice(from, to) }),
    nextOffset: batch.offsets[to] ?? batch.nextOffset,
  };
}

/** What the two parts of a batch became, as what the batch became. Both are of the same model. */
export function joinParts(first: ScoredBatch, second: ScoredBatch): ScoredBatch {
  return {
    length: first.length + second.length,
    outcomes: joined(Uint8Array, first.outcomes, second.outcomes),
    bytes: joined(Uint8Array, first.bytes, second.bytes),
    boundaries: joinedBoundaries(first, second),
    nulls: joined(Uint8Array, first.nulls, second.nulls),
    rejections: [
      ...first.rejections,
      ...second.rejections.map((rejection) => ({ ...rejection, index: rejection.index + first.length })),
    ],
    model: first.model,
    tokens: first.tokens + second.tokens,
    prepareMillis: first.prepareMillis + second.prepareMillis,
    scoreMillis: first.scoreMillis + second.scoreMillis,
  };
}

/** The last boundary of the first part is the first one of the second. */
function joinedBoundaries(first: Packed, second: Packed): Uint32Array<ArrayBuffer> {
  const shifted = second.boundaries.map((boundary) => boundary + first.bytes.length);
  return joined(Uint32Array, first.boundaries, shifted.subarray(1));
}

function joined<Numbers extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  NumbersOf: new (length: number) => Numbers,
  first: Numbers,
  second: Numbers,
): Numbers {
  const all = new NumbersOf(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
