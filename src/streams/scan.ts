import { setTimeout as wait } from 'node:timers/promises';
import type { RecordBatch, SourceRecord } from '../contracts/record.js';
import { recordsOf } from '../contracts/record-batch.js';
import type { OffsetRange, Streams } from './port.js';

const MAX_BATCH_RECORDS = 500;
const MAX_IN_FLIGHT = { records: 2_000, bytes: 8 << 20 };
/** How often to ask whether the end is reached, where nothing comes. */
const ASK_EVERY_MILLIS = 100;

export interface ScanOptions {
  readonly topic: string;
  /** A name for the group that exists while the scan lasts; nothing is committed for it. */
  readonly group: string;
  /** What to read of each partition; those that are left out are not read. */
  readonly ranges: ReadonlyMap<number, OffsetRange>;
}

/**
 * Reads ranges of a topic once, up to their ends and not beyond, and moves no group's position. Records of a
 * partition come in their order; partitions are mixed. Fetching waits for whoever takes the records.
 *
 * @throws SentifluxError SF_TOPIC_MISSING, SF_STREAM_UNREACHABLE, SF_STREAM_CRASHED
 */
export async function* scan(
  streams: Streams,
  { topic, group, ranges }: ScanOptions,
): AsyncGenerator<SourceRecord> {
  const unread = new Set([...ranges].filter(([, { start, end }]) => start < end).map(([number]) => number));
  if (unread.size === 0) return;
  /** Where each partition is read on when it is assigned anew: behind what has been handed on. */
  const positions = new Map([...ranges].map(([partition, { start }]) => [partition, start]));
  const batches: RecordBatch[] = [];
  let failure: Error | undefined;
  let wake = (): void => {};

  const consumption = await streams.consume({
    topic,
    group,
    from: 'latest',
    maxBatchRecords: MAX_BATCH_RECORDS,
    maxInFlight: MAX_IN_FLIGHT,
    positionOf: async (partition) => positions.get(partition),
    onBatch(batch) {
      positions.set(batch.partition, batch.nextOffset);
      batches.push(batch);
      wake();
    },
    onFailure(error) {
      failure = error;
      wake();
    },
  });
  try {
    while (unread.size > 0) {
      if (failure !== undefined) throw failure;
      const batch = batches.shift();
      if (batch === undefined) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race([woken, wait(ASK_EVERY_MILLIS)]);
        if (batches.length > 0) continue;
        // A range may end in what is never handed on: transaction markers, or records that were deleted.
        const lags = await consumption.lag();
        if (batches.length > 0) continue;
        for (const [partition, lag] of lags) if (lag === 0) unread.delete(partition);
        continue;
      }
      const end = ranges.get(batch.partition)?.end ?? 0;
      for (const record of recordsOf(batch)) if (record.offset < end) yield record;
      if (batch.nextOffset >= end) unread.delete(batch.partition);
      await consumption.settle(batch, []);
    }
  } finally {
    await consumption.close();
  }
}
