import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import type { RecordBatch } from '../../src/contracts/record.js';
import { packRecords, valueAt } from '../../src/contracts/record-batch.js';
import type { ScoredBatch } from '../../src/contracts/scored-batch.js';

/** A batch with these texts as the values of its records, each with a header. */
export function batchOf(texts: readonly string[]): RecordBatch {
  return packRecords(
    texts.map((text, offset) => ({
      topic: 'posts.raw',
      partition: 0,
      offset,
      timestamp: epochMillis(0),
      key: null,
      value: Buffer.from(text),
      headers: { trace: Buffer.from('t') },
    })),
    assignmentEpoch(1),
  );
}

/** The value of each record, null where there is none. */
export const valuesOf = (batch: RecordBatch | ScoredBatch): readonly (string | null)[] =>
  Array.from({ length: batch.length }, (_, i) => {
    const value = valueAt(batch, i);
    return value && Buffer.from(value).toString();
  });
