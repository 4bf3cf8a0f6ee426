import type { OutputRecord } from '../../contracts/record.js';

/**
 * Brokers refuse a record batch above `max.message.bytes` (by default 1 MiB and a bit), and kafkajs makes one of
 * all the records that a request has for a partition.
 */
export const MOST_BATCH_BYTES = 900_000;
/** What a record takes beside key, value and headers, at most. */
const RECORD_OVERHEAD_BYTES = 64;

/**
 * Splits records, in their order, into as few requests as give no partition a batch that is too large. A record
 * that is too large by itself gets a batch of its own: whether it is taken is the topic's to say.
 */
export function splitIntoRequests(records: readonly OutputRecord[]): ReadonlyArray<readonly OutputRecord[]> {
  const requests: OutputRecord[][] = [];
  let request: OutputRecord[] = [];
  let sizes = new Map<string, number>();
  for (const record of records) {
    // Where the partition is chosen later, all might go to the same one.
    const target = `${record.topic}/${record.partition ?? ''}`;
    const size = sizeOf(record);
    const before = sizes.get(target) ?? 0;
    if (before > 0 && before + size > MOST_BATCH_BYTES) {
      requests.push(request);
      request = [];
      sizes = new Map();
    }
    request.push(record);
    sizes.set(target, (sizes.get(target) ?? 0) + size);
  }
  if (request.length > 0) requests.push(request);
  return requests;
}

function sizeOf({ key, value, headers }: OutputRecord): number {
  let size = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of Object.entries(headers ?? {})) size += 2 * name.length + header.length + 8;
  return size;
}
