import { isOutputBatch, lengthOf, type OutputBatch, outputPart } from '../../contracts/output-batch.js';
import type { OutputRecord } from '../../contracts/record.js';
import type { PlacedOutput } from './placement.js';

/** Records are written when every in-sync replica has them. */
export const ALL_IN_SYNC = -1;
/**
 * Brokers refuse a record batch above `max.message.bytes` (by default 1 MiB and a bit), and a request has one batch of all
 * its records of a partition.
 */
export const MOST_BATCH_BYTES = 900_000;
/** Far below the requests that brokers refuse (`socket.request.max.bytes`, by default 100 MiB). */
export const MOST_REQUEST_BYTES = 8_000_000;
/** What a record takes beside key, value and headers, and a header beside name and value, at most. */
const RECORD_OVERHEAD_BYTES = 64;
const HEADER_OVERHEAD_BYTES = 8;
/** The most bytes of UTF-8 that a code unit takes. */
const BYTES_OF_A_UNIT = 3;
/** Of a whole number, with its sign. */
const MOST_DIGITS = 17;

/** Records of one partition that go to its broker together, in their order. */
export interface PartitionRequest {
  readonly topic: string;
  readonly partition: number;
  readonly outputs: readonly PlacedOutput[];
  /** How many they are. */
  readonly records: number;
  /** That they take, at most. */
  readonly bytes: number;
}

/**
 * Splits records into requests of one partition, each of few enough bytes; one list of requests a partition, in the order
 * of its records. A record that is too large by itself gets a request of its own: whether it is taken is the topic's to
 * say.
 */
export function splitByPartition(
  outputs: readonly PlacedOutput[],
): ReadonlyArray<readonly PartitionRequest[]> {
  const partitions = new Map<string, GrowingRequest[]>();
  let requests: GrowingRequest[] = [];
  let before: PlacedOutput | undefined;
  for (const output of outputs) {
    const { topic, partition } = output;
    // Those of a partition mostly come one after the other.
    if (topic !== before?.topic || partition !== before.partition) {
      const place = placeOf(output);
      requests = partitions.get(place) ?? [];
      partitions.set(place, requests);
    }
    before = output;
    addTo(requests, output);
  }
  return [...partitions.values()];
}

interface GrowingRequest extends PartitionRequest {
  readonly outputs: PlacedOutput[];
  records: number;
  bytes: number;
}

/** To the last request where it fits, else to a new one; a batch of too many bytes in halves, and those again. */
function addTo(requests: GrowingRequest[], output: PlacedOutput): void {
  const size = sizeOf(output);
  if (size > MOST_BATCH_BYTES && isOutputBatch(output) && output.length > 1) {
    const middle = output.length >>> 1;
    addTo(requests, outputPart(output, 0, middle));
    addTo(requests, outputPart(output, middle, output.length));
    return;
  }
  const { topic, partition } = output;
  const records = lengthOf(output);
  const last = requests.at(-1);
  if (last === undefined || (last.bytes > 0 && last.bytes + size > MOST_BATCH_BYTES)) {
    requests.push({ topic, partition, outputs: [output], records, bytes: size });
  } else {
    last.outputs.push(output);
    last.records += records;
    last.bytes += size;
  }
}

/** What can be sent as one: each partition once, and not too many bytes. Those of one partition keep their order. */
export function whatGoesTogether<Waiting extends { readonly request: PartitionRequest }>(
  waiting: readonly Waiting[],
): ReadonlyArray<readonly Waiting[]> {
  const groups: { readonly places: Set<string>; readonly requests: Waiting[]; bytes: number }[] = [];
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

function sizeOf(output: PlacedOutput): number {
  return isOutputBatch(output) ? sizeOfBatch(output) : sizeOfRecord(output);
}

function sizeOfRecord({ key, value, headers = {} }: OutputRecord): number {
  let size = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const name of Object.keys(headers)) size += headerSize(name, headers[name]?.length ?? 0);
  return size;
}

function sizeOfBatch({ length, boundaries, headers }: OutputBatch): number {
  let overhead = RECORD_OVERHEAD_BYTES;
  for (const { name, values } of headers)
    overhead += headerSize(name, typeof values === 'string' ? Buffer.byteLength(values) : MOST_DIGITS);
  return (boundaries[2 * length] ?? 0) - (boundaries[0] ?? 0) + length * overhead;
}

function headerSize(name: string, valueBytes: number): number {
  return BYTES_OF_A_UNIT * name.length + valueBytes + HEADER_OVERHEAD_BYTES;
}
