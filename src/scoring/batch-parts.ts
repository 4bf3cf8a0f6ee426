import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';

type Packed = Pick<RecordBatch, 'bytes' | 'boundaries'>;

/** The records `from` (included) to `to` (excluded) of a batch, with bytes of their own. */
export function partOf(batch: RecordBatch, from: number, to: number): RecordBatch {
  const start = batch.boundaries[2 * from] ?? 0;
  const end = batch.boundaries[2 * to] ?? start;
  return {
    ...batch,
    length: to - from,
    bytes: batch.bytes.slice(start, end),
    boundaries: batch.boundaries.slice(2 * from, 2 * to + 1).map((boundary) => boundary - start),
    nulls: batch.nulls.slice(from, to),
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
