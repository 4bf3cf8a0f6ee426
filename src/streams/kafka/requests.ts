import type { OutputRecord } from '../../contracts/record.js';
import type { PlacedRecord } from './placement.js';

/**
 * Brokers refuse a record batch above `max.message.bytes` (by default 1 MiB and a bit), and kafkajs makes one of
 * all the records that a request has for a partition.
 */
export const MOST_BATCH_BYTES = 900_000;
/** What a record takes beside key, value and headers, at most. */
const RECORD_OVERHEAD_BYTES = 64;

/** Records of one partition that go to its broker together, in their order. */
export type PartitionRequest = readonly PlacedRecord[];

/**
 * Splits records into requests, each of one partition, and of few enough bytes; one list of requests a partition, in
 * the order of its records. A record that is too large by itself gets a request of its own: whether it is taken is the
 * topic's to say.
 *
 * Of one partition, because kafkajs loses records otherwise, and says that it has written them: where a partition's
 * leader is gone and another broker of the same request has answered, it takes that broker for done also if it is the
 * new leader, and does not send it what the old one has not taken (kafkajs 2.2.4, producer/sendMessages.js).
 */
export function splitByPartition(
  records: readonly PlacedRecord[],
): ReadonlyArray<readonly PartitionRequest[]> {
  const partitions = new Map<string, { requests: PlacedRecord[][]; bytes: number }>();
  for (const record of records) {
    const target = `${record.topic}/${record.partition}`;
    const size = sizeOf(record);
    let partition = partitions.get(target);
    if (partition === undefined) {
      partition = { requests: [[]], bytes: 0 };
      partitions.set(target, partition);
    }
    if (partition.bytes > 0 && partition.bytes + size > MOST_BATCH_BYTES) {
      partition.requests.push([]);
      partition.bytes = 0;
    }
    partition.requests.at(-1)?.push(record);
    partition.bytes += size;
  }
  return [...partitions.values()].map(({ requests }) => requests);
}

function sizeOf({ key, value, headers }: OutputRecord): number {
  let size = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of Object.entries(headers ?? {})) size += 2 * name.length + header.length + 8;
  return size;
}
