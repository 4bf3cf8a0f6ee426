import { DEAD_LETTER_HEADERS, type DeadLetterReason } from '../contracts/dead-letter.js';
import type { OutputRecord, RecordBatch } from '../contracts/record.js';
import { keyAt, valueAt } from '../contracts/record-batch.js';

/** A record of a batch as it goes to the dead letters: its own bytes and headers, its place and the reason. */
export function deadLetter(
  batch: RecordBatch,
  index: number,
  reason: DeadLetterReason,
  topic: string,
): OutputRecord {
  return {
    topic,
    partition: batch.partition,
    key: keyAt(batch, index),
    value: valueAt(batch, index),
    headers: {
      ...batch.headers?.[index],
      [DEAD_LETTER_HEADERS.stage]: Buffer.from(reason.stage),
      [DEAD_LETTER_HEADERS.code]: Buffer.from(reason.code),
      [DEAD_LETTER_HEADERS.message]: Buffer.from(reason.message),
      [DEAD_LETTER_HEADERS.attempts]: Buffer.from(String(reason.attempts)),
      [DEAD_LETTER_HEADERS.topic]: Buffer.from(batch.topic),
      [DEAD_LETTER_HEADERS.partition]: Buffer.from(String(batch.partition)),
      [DEAD_LETTER_HEADERS.offset]: Buffer.from(String(batch.offsets[index])),
      [DEAD_LETTER_HEADERS.timestamp]: Buffer.from(String(batch.timestamps[index])),
    },
  };
}
