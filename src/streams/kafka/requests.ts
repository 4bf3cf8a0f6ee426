import type { OutputRecord } from '../../contracts/record.js';
import type { PlacedRecord } from './placement.js';

/**
 * Brokers refuse a record batch above `max.message.bytes` (by default 1 MiB and a bit), and a request has one batch of all
 * its records of a partition.
 */
export const MOST_BATCH_BYTES = 900_000;
/** Far below the requests that brokers refuse (`socket.request.max.bytes`, by default 100 MiB). */
export const MOST_REQUEST_BYTES = 8_000_000;
/** What a record takes beside key, value and headers, at most. */
const RECORD_OVERHEAD_BYTES = 64;

/** Records of one partition that go to its broker together, in their order. */
export interface PartitionRequest {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly PlacedRecord[];
  /** That they take, at most. */
  readonly bytes: number;
}

/**
 * Splits records into requests of one partition, each of few enough bytes; one list of requests a partition, in the order
 * of its records. A record that is too large by itself gets a request of its own: whether it is taken is the topic's to
 * say.
 */
export function splitByPartition(
  records: readonly PlacedRecord[],
): ReadonlyArray<readonly PartitionRequest[]> {
  const partitions = new Map<string, GrowingRequest[]>();
  let requests: GrowingRequest[] = [];
  let before: PlacedRecord | undefined;
  for (const record of records) {
    const { topic, partition } = record;
    // Those of a partition mostly come one after the other.
    if (topic !== before?.topic || partition !== before.partition) {
      const place = placeOf(record);
      requests = partitions.get(place) ?? [];
      partitions.set(place, requests);
    }
    before = record;
    const size = sizeOf(record);
    const last = requests.at(-1);
    if (last === undefined || (last.bytes > 0 && last.bytes + size > MOST_BATCH_BYTES)) {
      requests.push({ topic, partition, records: [record], bytes: size });
    } else {
      last.records.push(record);
      last.bytes += size;
    }
  }
  return [...partitions.values()];
}

interface GrowingRequest extends PartitionRequest {
  readonly records: PlacedRecord[];
  bytes: number;
}

/** A request of one partition that has not been sent, and whom to tell what became of it. */
export interface WaitingRequest {
  readonly request: PartitionRequest;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What can be sent as one: each partition once, and not too many bytes. Those of one partition keep their order. */
export function whatGoesTogether(
  waiting: readonly WaitingRequest[],
): ReadonlyArray<readonly WaitingRequest[]> {
  const groups: { readonly places: Set<string>; readonly requests: WaitingRequest[]; bytes: number }[] = [];
  for (const entry of waiting) {
    const place = placeOf(entry.request);
    const last = groups.at(-1);
    const bytes = entry.request.bytes;
    if (last === undefined || last.places.has(place) || last.bytes + bytes > MOST_REQUEST_BYTES)
      groups.push({ places: new Set([place]), requests: [entry], bytes });
    else {
      last.places.add(place);
      last.requests.push(entry);
      last.bytes += bytes;
    }
  }
  return groups.map(({ requests }) => requests);
}

/** Tells the partitions of all topics apart. */
export const placeOf = ({ topic, partition }: Pick<PartitionRequest, 'topic' | 'partition'>): string =>
  `${topic}/${partition}`;

function sizeOf({ key, value, headers = {} }: OutputRecord): number {
  let size = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const name of Object.keys(headers)) size += 2 * name.length + (headers[name]?.length ?? 0) + 8;
  return size;
}
