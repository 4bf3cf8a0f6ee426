import { SentifluxError } from '../contracts/errors.js';
import type { EpochMillis } from '../contracts/ids.js';
import { REPLAY_HEADER, SOURCE_HEADERS } from '../contracts/scored-post.js';
import type { OffsetRange, Streams } from '../streams/port.js';
import { scan } from '../streams/scan.js';
import { textOf } from './record-values.js';

export interface ReplayRequest {
  /** Topic of the posts. */
  readonly source: string;
  /** Topic of the results; it belongs to this replay alone. */
  readonly output: string;
  /** Record time: of each partition, from its first record at or after `from` up to its first at or after `to`. */
  readonly from: EpochMillis;
  readonly to: EpochMillis;
  /** Version of the model that scores. */
  readonly model: string;
  /** Name of a group that exists while the output is looked at. */
  readonly group: string;
}

/** Records that a replay cannot read. */
export interface MissingRecords {
  readonly partition: number;
  /** Where the log begins now. */
  readonly start: number;
  /** How many are surely missing; `undefined` where records of that time may have been deleted. */
  readonly records: number | undefined;
}

export interface ReplayPlan {
  readonly source: string;
  readonly output: string;
  /** What `REPLAY_HEADER` says on every result: the same replay of the same model goes on where it ended. */
  readonly name: string;
  /** What is still to be scored. */
  readonly ranges: ReadonlyMap<number, OffsetRange>;
  /** Offsets of the whole range, and how many of them earlier runs have done. */
  readonly total: number;
  readonly done: number;
  readonly missing: readonly MissingRecords[];
}

/**
 * Finds which records are to be scored again. How far an earlier run came is read from the last result of each
 * partition of the output: what is written is done, and nothing else is, whenever that run ended.
 *
 * @throws SentifluxError SF_USAGE where the output holds something else; SF_TOPIC_MISSING; SF_TOPIC_MISMATCH where
 *   the topics' partitions differ
 */
export async function planReplay(streams: Streams, request: ReplayRequest): Promise<ReplayPlan> {
  const { source, output, from, to, model } = request;
  const partitions = await streams.partitions(source);
  const outputPartitions = await streams.partitions(output);
  if (partitions !== outputPartitions) {
    throw new SentifluxError(
      'SF_TOPIC_MISMATCH',
      `${output} has ${outputPartitions} partitions and ${source} has ${partitions}: they must be equal.`,
      { hint: 'A result goes to the partition of its post; give a topic that fits.' },
    );
  }
  const name = `${source} ${new Date(from).toISOString()}/${new Date(to).toISOString()} ${model}`;
  // The start of the log last: what is deleted meanwhile is then noticed.
  const [begins, ends] = [await streams.offsetsAt(source, from), await streams.offsetsAt(source, to)];
  const reached = await reachedBefore(streams, request, name);
  const logs = await streams.ranges(source);

  const ranges = new Map<number, OffsetRange>();
  const missing: MissingRecords[] = [];
  let [total, done] = [0, 0];
  for (const [partition, log] of logs) {
    const begin = begins.get(partition) ?? log.end;
    const end = Math.max(begin, ends.get(partition) ?? log.end);
    const next = reached.get(partition);
    const start = Math.min(end, Math.max(begin, next ?? begin, log.start));
    const records = Math.min(end, log.start) - (next ?? begin);
    if (records > 0) missing.push({ partition, start: log.start, records });
    // What a deleted record's time was nobody knows.
    else if (next === undefined && log.start > 0 && begin <= log.start)
      missing.push({ partition, start: log.start, records: undefined });
    if (start < end) ranges.set(partition, { start, end });
    total += end - begin;
    done += start - begin;
  }
  return { source, output, name, ranges, total, done, missing };
}

/** The source offset behind the last result of each partition of the output; none where it holds nothing. */
async function reachedBefore(
  streams: Streams,
  { output, group }: ReplayRequest,
  name: string,
): Promise<ReadonlyMap<number, number>> {
  const ranges = new Map<number, OffsetRange>();
  for (const [partition, { start, end }] of await streams.ranges(output)) {
    if (start < end) ranges.set(partition, { start: end - 1, end });
  }
  const reached = new Map<number, number>();
  for await (const { partition, headers } of scan(streams, { topic: output, group, ranges })) {
    const found = textOf(headers?.[REPLAY_HEADER]);
    const offset = textOf(headers?.[SOURCE_HEADERS.offset]) ?? '';
    if (found !== name || !/^\d{1,15}$/.test(offset)) throw notOurs(output, found);
    reached.set(partition, Number(offset) + 1);
  }
  // What cannot be read (markers of transactions) is no result of a replay either.
  if (reached.size < ranges.size) throw notOurs(output, undefined);
  return reached;
}

function notOurs(output: string, found: string | undefined): SentifluxError {
  const what = found === undefined ? 'records that no replay wrote' : `the replay of ${found}`;
  return new SentifluxError('SF_USAGE', `${output} holds ${what}.`, {
    hint: 'A replay goes on with the same range and model only; give another one a topic of its own.',
  });
}
