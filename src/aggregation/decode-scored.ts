import { messageOf } from '../contracts/errors.js';
import { type EpochMillis, epochMillis, type PostId, postId } from '../contracts/ids.js';
import type { RecordBatch, RecordHeaders } from '../contracts/record.js';
import { keyAt, valueTexts } from '../contracts/record-batch.js';
import { SOURCE_HEADERS } from '../contracts/scored-post.js';
import { sampledContext, type Traceparent } from '../contracts/trace-context.js';
import type { CountedPost } from './counted-post.js';
import { readResult } from './read-result.js';

/** A result or a deletion with its own offset on `sentiment.scored`, and the place of the record that it came from. */
export type PositionedRecord = {
  readonly offset: number;
  readonly sourceOffset: number;
  readonly sourceTimestamp: EpochMillis;
  /** Where it was counted, of a post that somebody wants to follow. */
  readonly traceparent?: Traceparent;
} & (
  | { readonly kind: 'scored'; readonly post: CountedPost }
  | { readonly kind: 'deleted'; readonly id: PostId }
);

/** A record that is none of ours: not counted, for the caller to report. */
export interface InvalidRecord {
  /** Index into the batch. */
  readonly index: number;
  readonly offset: number;
  readonly message: string;
}

/** What a batch of `sentiment.scored` holds. */
export interface ScoredRecords {
  readonly partition: number;
  /** In offset order. */
  readonly records: readonly PositionedRecord[];
  readonly invalid: readonly InvalidRecord[];
  /** Where to read on after them. */
  readonly nextOffset: number;
}

/**
 * Decodes a batch of `sentiment.scored`. A record that cannot be read is data, not an exception.
 *
 * @param traceparent where the batch is processed, where that is recorded
 */
export function decodeScored(batch: RecordBatch, traceparent?: Traceparent): ScoredRecords {
  const valueAt = valueTexts(batch);
  const records: PositionedRecord[] = [];
  const invalid: InvalidRecord[] = [];
  for (let index = 0; index < batch.length; index += 1) {
    const offset = batch.offsets[index] ?? 0;
    try {
      const record = decodeRecord(batch, index, offset, valueAt(index));
      const isFollowed = traceparent !== undefined && sampledContext(batch.headers?.[index]) !== undefined;
      records.push(isFollowed ? { ...record, traceparent } : record);
    } catch (error) {
      invalid.push({ index, offset, message: messageOf(error) });
    }
  }
  return { partition: batch.partition, records, invalid, nextOffset: batch.nextOffset };
}

function decodeRecord(
  batch: RecordBatch,
  index: number,
  offset: number,
  value: string | null,
): PositionedRecord {
  const headers = batch.headers?.[index];
  const sourceOffset = numberIn(headers, SOURCE_HEADERS.offset);
  const sourceTimestamp = epochMillis(numberIn(headers, SOURCE_HEADERS.timestamp));
  if (value !== null)
    return { offset, sourceOffset, sourceTimestamp, kind: 'scored', post: readResult(value) };
  const key = keyAt(batch, index);
  if (key === null || key.length === 0) throw new RangeError('a deletion without a key names no post');
  return { offset, sourceOffset, sourceTimestamp, kind: 'deleted', id: postId(textOf(key)) };
}

const DIGIT_0 = 48;
const NOTHING = new Uint8Array();

function numberIn(headers: RecordHeaders | undefined, name: string): number {
  const bytes = headers?.[name];
  let number = bytes === undefined || bytes.length === 0 ? Number.NaN : 0;
  for (const byte of bytes ?? NOTHING) {
    const digit = byte - DIGIT_0;
    number = 0 <= digit && digit <= 9 ? 10 * number + digit : Number.NaN;
  }
  if (Number.isSafeInteger(number)) return number;
  const text = bytes === undefined ? '' : textOf(bytes);
  throw new RangeError(`header ${name} is ${JSON.stringify(text)}, not a number`);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
