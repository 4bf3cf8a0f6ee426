import {
  DEAD_LETTER_HEADERS,
  OWN_HEADER_PREFIX,
  REDRIVEN_HEADER,
  REDRIVES_HEADER,
} from '../contracts/dead-letter.js';
import { epochMillis } from '../contracts/ids.js';
import type { OutputRecord, RecordHeaders, SourceRecord } from '../contracts/record.js';
import type { OffsetRange, Streams } from '../streams/port.js';
import { scan } from '../streams/scan.js';
import { type DeadLetter, describeDeadLetter, wholeNumberIn } from './dead-letter-survey.js';
import { createPace } from './pace.js';
import { textOf } from './record-values.js';

/** What is written, and then marked, at a time: so much at most is written twice after a kill in between. */
const MOST_RECORDS_AT_A_TIME = 100;
const MOST_BYTES_AT_A_TIME = 524_288;

export interface RedrivePlan {
  /** What is to be written again. */
  readonly letters: readonly DeadLetter[];
  /** How many of them go to each topic. */
  readonly topics: ReadonlyMap<string, number>;
  /** Selected ones that stay since they were redriven before. */
  readonly redrivenBefore: number;
  /** Selected ones that stay since no header names another topic as their source. */
  readonly withoutSource: number;
}

/** @param limit how many to redrive at most, the first of those that can be */
export function planRedrive(
  selected: readonly DeadLetter[],
  deadLetterTopic: string,
  limit = Number.POSITIVE_INFINITY,
): RedrivePlan {
  const fresh = selected.filter(({ redriven }) => !redriven);
  const known = fresh.filter(({ source }) => source !== undefined && source.topic !== deadLetterTopic);
  const letters = known.slice(0, limit);
  const topics = new Map<string, number>();
  for (const { source } of letters) {
    if (source !== undefined) topics.set(source.topic, (topics.get(source.topic) ?? 0) + 1);
  }
  return {
    letters,
    topics,
    redrivenBefore: selected.length - fresh.length,
    withoutSource: fresh.length - known.length,
  };
}

export interface RedriveOptions {
  /** The topic of the dead letters. */
  readonly topic: string;
  /** Name of a group that exists while the redriving lasts. */
  readonly group: string;
  readonly plan: RedrivePlan;
  /** Most records a second; as fast as it goes by default. */
  readonly rate?: number;
  /** Ends the redriving between two writes. */
  readonly stop?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/**
 * Writes dead letters to the topics that they came from. After each write a marker among the dead letters says
 * which they were, so that a later run passes over them, whatever its filters: the memory is where the dead letters
 * are, and goes with them.
 *
 * @returns how many were written: fewer than planned where it was stopped, or where some are gone by now
 * @throws SentifluxError SF_TOPIC_MISSING before anything is written; SF_STREAM_REFUSED, SF_STREAM_UNREACHABLE
 */
export async function redrive(streams: Streams, options: RedriveOptions): Promise<number> {
  const { topic, group, plan, rate, stop, onProgress } = options;
  const partitionCounts = new Map<string, number>();
  for (const name of plan.topics.keys()) partitionCounts.set(name, await streams.partitions(name));
  const producer = await streams.producer();
  const pace = createPace(MOST_RECORDS_AT_A_TIME, rate, stop);
  let done = 0;
  let pending: SourceRecord[] = [];
  let pendingBytes = 0;

  const write = async (): Promise<void> => {
    await producer.send(pending.map((record) => redrivenRecord(record, partitionCounts)));
    await producer.send(markersOf(topic, pending));
    done += pending.length;
    pending = [];
    pendingBytes = 0;
    onProgress?.(done);
    await pace.after(done);
  };

  try {
    const wanted = offsetsByPartition(plan.letters);
    for await (const record of scan(streams, { topic, group, ranges: rangesAround(wanted) })) {
      if (stop?.aborted) return done;
      if (!wanted.get(record.partition)?.has(record.offset)) continue;
      pending.push(record);
      pendingBytes += record.value?.length ?? 0;
      if (pending.length >= pace.recordsAStep || pendingBytes >= MOST_BYTES_AT_A_TIME) await write();
    }
    if (pending.length > 0 && !stop?.aborted) await write();
    return done;
  } finally {
    await producer.close();
  }
}

/**
 * A dead letter as the record that it was: key, value, timestamp and headers, to the partition that it came from
 * where that still exists. Our own headers are left out, but for one that counts.
 */
export function redrivenRecord(
  record: SourceRecord,
  partitionCounts: ReadonlyMap<string, number>,
): OutputRecord {
  const { source, redrives } = describeDeadLetter(record);
  if (source === undefined) throw new TypeError('a record without a source cannot be redriven');
  const { topic, partition } = source;
  const timestamp = wholeNumberIn(textOf(record.headers?.[DEAD_LETTER_HEADERS.timestamp]));
  return {
    topic,
    ...(partition !== undefined && partition < (partitionCounts.get(topic) ?? 0) && { partition }),
    key: record.key,
    value: record.value,
    ...(timestamp !== undefined && { timestamp: epochMillis(timestamp) }),
    headers: { ...foreignHeaders(record.headers), [REDRIVES_HEADER]: Buffer.from(String(redrives + 1)) },
  };
}

function foreignHeaders(headers: RecordHeaders = {}): RecordHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(OWN_HEADER_PREFIX)));
}

function markersOf(topic: string, records: readonly SourceRecord[]): readonly OutputRecord[] {
  return [...offsetsByPartition(records)].map(([partition, offsets]) => ({
    topic,
    partition,
    key: null,
    value: Buffer.from(JSON.stringify([...offsets])),
    headers: { [REDRIVEN_HEADER]: Buffer.from(String(offsets.size)) },
  }));
}

type Coordinates = Pick<SourceRecord, 'partition' | 'offset'>;

function offsetsByPartition(records: readonly Coordinates[]): ReadonlyMap<number, ReadonlySet<number>> {
  const offsets = new Map<number, Set<number>>();
  for (const { partition, offset } of records) {
    offsets.set(partition, (offsets.get(partition) ?? new Set()).add(offset));
  }
  return offsets;
}

/** The smallest ranges that hold the offsets. */
function rangesAround(offsets: ReadonlyMap<number, ReadonlySet<number>>): ReadonlyMap<number, OffsetRange> {
  return new Map(
    [...offsets].map(([partition, own]) => {
      let [start, last] = [Number.POSITIVE_INFINITY, 0];
      for (const offset of own) [start, last] = [Math.min(start, offset), Math.max(last, offset)];
      return [partition, { start, end: last + 1 }];
    }),
  );
}
