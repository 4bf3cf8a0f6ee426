import { assignmentEpoch } from '../contracts/ids.js';
import type { RecordBatch, SourceRecord } from '../contracts/record.js';
import { packRecords } from '../contracts/record-batch.js';
import type { Streams } from '../streams/port.js';
import { type ScanOptions, scan } from '../streams/scan.js';

/** Nothing of a scan is settled by its assignment. */
const NO_ASSIGNMENT = assignmentEpoch(0);

export interface ScanBatchesOptions extends ScanOptions {
  /** Records of one batch; fewer in the last one of each partition. */
  readonly recordsABatch: number;
  /** Ends it between two records; what is not handed on by then is left out. */
  readonly stop?: AbortSignal | undefined;
}

/**
 * Reads ranges of a topic once, as `scan` does, in batches to be scored. Those of a partition come in the order of their
 * records.
 *
 * @throws SentifluxError SF_TOPIC_MISSING, SF_STREAM_UNREACHABLE, SF_STREAM_CRASHED
 */
export async function* scanBatches(
  streams: Streams,
  { recordsABatch, stop, ...options }: ScanBatchesOptions,
): AsyncGenerator<RecordBatch> {
  const pending = new Map<number, SourceRecord[]>();
  for await (const record of scan(streams, options)) {
    if (stop?.aborted) return;
    const own = pending.get(record.partition) ?? [];
    pending.set(record.partition, own);
    own.push(record);
    if (own.length < recordsABatch) continue;
    pending.delete(record.partition);
    yield packRecords(own, NO_ASSIGNMENT);
  }
  for (const own of pending.values()) {
    if (stop?.aborted) return;
    yield packRecords(own, NO_ASSIGNMENT);
  }
}
