import type { EpochMillis } from '../contracts/ids.js';
import type { RecordBatch } from '../contracts/record.js';
import { valueAt } from '../contracts/record-batch.js';
import { OUTCOME, type ScoredBatch } from '../contracts/scored-batch.js';
import { type ScoredPost, scoredPostSchema } from '../contracts/scored-post.js';
import type { ComparedPost } from '../evaluation/compare.js';
import type { OffsetRange, Streams } from '../streams/port.js';
import { jsonOf } from './record-values.js';
import { scanBatches } from './scan-batches.js';

type Score = (batch: RecordBatch) => Promise<ScoredBatch>;

export interface ShadowOptions {
  /** Topic of the posts. */
  readonly topic: string;
  /** Name of a group that exists meanwhile; nothing is committed for it. */
  readonly group: string;
  readonly ranges: ReadonlyMap<number, OffsetRange>;
  /** By the model that runs now, and by the one that may take its place. */
  readonly before: Score;
  readonly after: Score;
  readonly maxBatchRecords: number;
  /** Ends it between two batches. */
  readonly stop: AbortSignal;
  /** Called after each batch with the records done so far. */
  readonly onProgress: (done: number) => void;
}

export interface ShadowOutcome {
  readonly posts: readonly ComparedPost[];
  /** Deletions, and records that one of the models could not score. */
  readonly skipped: number;
}

/**
 * The newest records of a time, at most so many: of each partition the same share.
 *
 * @throws SentifluxError SF_TOPIC_MISSING, SF_STREAM_UNREACHABLE
 */
export async function newestRanges(
  streams: Pick<Streams, 'offsetsAt' | 'ranges'>,
  topic: string,
  time: { readonly from: EpochMillis; readonly to: EpochMillis },
  most: number,
): Promise<ReadonlyMap<number, OffsetRange>> {
  const [begins, ends] = [await streams.offsetsAt(topic, time.from), await streams.offsetsAt(topic, time.to)];
  const ranges = [...(await streams.ranges(topic))].map(([partition, log]): [number, OffsetRange] => {
    const end = ends.get(partition) ?? log.end;
    return [partition, { start: Math.min(end, Math.max(log.start, begins.get(partition) ?? end)), end }];
  });
  const total = ranges.reduce((sum, [, { start, end }]) => sum + end - start, 0);
  const kept = Math.min(1, most / Math.max(1, total));
  return new Map(
    ranges.map(([partition, { start, end }]) => [
      partition,
      { start: end - Math.floor((end - start) * kept), end },
    ]),
  );
}

/**
 * Has two models score the same posts of the live topic, as the worker would. No topic is written to, and no group's
 * position moves.
 *
 * @throws SentifluxError SF_SCORER_FAILED, SF_TOPIC_MISSING, SF_STREAM_UNREACHABLE
 */
export async function shadow(streams: Streams, options: ShadowOptions): Promise<ShadowOutcome> {
  const { topic, group, ranges, before, after, maxBatchRecords, stop, onProgress } = options;
  const posts: ComparedPost[] = [];
  let done = 0;
  const recordsABatch = maxBatchRecords;
  for await (const batch of scanBatches(streams, { topic, group, ranges, recordsABatch, stop })) {
    const [old, fresh] = await Promise.all([before(batch), after(batch)]);
    for (let index = 0; index < batch.length; index += 1) {
      const [a, b] = [postAt(old, index), postAt(fresh, index)];
      if (a !== undefined && b !== undefined) posts.push(comparedPost(a, b));
    }
    done += batch.length;
    onProgress(done);
  }
  return { posts, skipped: done - posts.length };
}

function postAt(batch: ScoredBatch, index: number): ScoredPost | undefined {
  if (batch.outcomes[index] !== OUTCOME.scored) return undefined;
  return scoredPostSchema.parse(jsonOf(valueAt(batch, index)));
}

/** Without its text, which is nobody's business here. */
function comparedPost(before: ScoredPost, after: ScoredPost): ComparedPost {
  const { id, language, brands } = before;
  return { place: id, text: '', language, brands, gold: undefined, before, after };
}
