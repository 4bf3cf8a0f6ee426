import type { Config } from '../config/schema.js';
import type { Clock } from '../contracts/clock.js';
import { count } from '../contracts/count.js';
import type { Logger } from '../contracts/logger.js';
import type { HeaderColumn, Output, OutputBatch } from '../contracts/output-batch.js';
import type { RecordBatch } from '../contracts/record.js';
import { OUTCOME, type ScoredBatch } from '../contracts/scored-batch.js';
import { SOURCE_HEADERS } from '../contracts/scored-post.js';
import { sampledContext, TRACE_HEADER, type Traceparent } from '../contracts/trace-context.js';
import type { Streams } from '../streams/port.js';
import {
  endToEndDelay,
  offsetGaps,
  postsDeleted,
  postsRejected,
  postsScored,
  prepareDuration,
  scoreDuration,
  tokensScored,
} from '../telemetry/instruments.js';
import { beginProcessing } from '../telemetry/processing.js';
import { deadLetter } from './dead-letters.js';
import { PartitionQueues } from './partition-queues.js';
import { ageOfOldest } from './record-age.js';
import type { Role } from './role.js';

export interface ScoringOptions {
  readonly config: Pick<Config, 'topics' | 'streams' | 'scoring'>;
  readonly streams: Streams;
  readonly clock: Clock;
  /**
   * Scores a batch in some thread. Must leave the batch's bytes as they are: dead letters need them. Rejects with the
   * reason of `stop` where no thread has begun it by then.
   */
  readonly score: (batch: RecordBatch, stop: AbortSignal) => Promise<ScoredBatch>;
  readonly logger: Logger;
  readonly onFailure: (error: Error) => void;
  /** Called with every batch once its outputs are durable. */
  readonly onSettled?: (batch: RecordBatch, scored: ScoredBatch) => void;
  /** How long what was read is still scored after the role was told to stop. */
  readonly drainMillis?: number;
}

/** Leaves ten of the seconds within which a worker must have ended. */
const DRAIN_MILLIS = 15_000;

/**
 * The role `score`: posts in, results and dead letters out. Batches are scored as they come, side by side;
 * their outputs are written and their offsets committed in the order of each partition.
 */
export async function startScoring(options: ScoringOptions): Promise<Role> {
  const { config, streams, clock, score, logger, onFailure, drainMillis = DRAIN_MILLIS } = options;
  const { topics } = config;
  /** What no thread has begun by then is left to whoever has the partition next. */
  const undrained = new AbortController();
  const consumer = { system: config.streams.kind, group: `${config.streams.group}.score` };
  const queues = new PartitionQueues((error) => {
    if (error !== undrained.signal.reason) onFailure(error);
  });
  const totals = { posts: 0, rejected: 0, tokens: 0 };

  const consumption = await streams.consume({
    topic: topics.posts,
    group: consumer.group,
    from: 'earliest',
    maxBatchRecords: config.scoring.maxBatchRecords,
    maxInFlight: { records: config.streams.maxInFlightRecords, bytes: config.streams.maxInFlightBytes },
    onBatch: (batch) => {
      const processing = beginProcessing(batch, consumer);
      const scoring = processing.within(() => score(batch, undrained.signal));
      // The queue below sees the error, but perhaps only after other batches: until then it is not unhandled.
      scoring.catch(() => {});
      queues.add(batch, (passOn) =>
        processing.finish(async () => {
          const scored = await scoring;
          const outputs = outputsOf(batch, scored, topics, processing.traceparent);
          const settling = consumption.settle(batch, outputs);
          // Settlements keep their order by themselves, and what waits is settled together.
          passOn();
          const outcome = await settling;
          if (outcome === 'dropped') return;
          measure(batch, scored, clock);
          totals.posts += scored.length - scored.rejections.length;
          totals.rejected += scored.rejections.length;
          totals.tokens += scored.tokens;
          options.onSettled?.(batch, scored);
        }),
      );
    },
    onGap: ({ partition, from, to }) => {
      offsetGaps.add(to - from, { 'messaging.destination.name': topics.posts });
      logger.warn(
        { code: 'SF_OFFSET_GAP', topic: topics.posts, partition, from, to },
        'records were deleted from the topic before they were read',
      );
    },
    onFailure,
  });

  return {
    name: 'score',
    async readiness() {
      const partitions = consumption.assigned();
      return { name: 'score', ready: true, detail: `${partitions.length} partitions` };
    },
    async stop() {
      consumption.pause();
      const draining = setTimeout(() => {
        logger.warn({}, 'not everything that was read can be scored in time: the rest will be read again');
        undrained.abort();
      }, drainMillis);
      await queues.idle();
      clearTimeout(draining);
      await consumption.close();
      logger.info(totals, 'scored since the start');
    },
  };
}

/**
 * The records that a scored batch becomes: results to the partition of the same number, then dead letters.
 *
 * @param traceparent where the batch was processed, for the results of posts that somebody wants to follow
 */
export function outputsOf(
  batch: RecordBatch,
  scored: ScoredBatch,
  topics: Pick<Config['topics'], 'scored' | 'deadLetters'>,
  traceparent?: Traceparent,
): readonly Output[] {
  const results = resultsOf(batch, scored, topics.scored, traceparent);
  const outputs: Output[] = results.length === 0 ? [] : [results];
  for (const { index, code, message, attempts = 1 } of scored.rejections) {
    const stage = code === 'SF_SCORER_POISON' ? 'score' : 'decode';
    outputs.push(deadLetter(batch, index, { stage, code, message, attempts }, topics.deadLetters));
  }
  return outputs;
}

/** The results and deletions of a scored batch, to the partition of the same number, with their place of origin. */
export function resultsOf(
  batch: RecordBatch,
  scored: ScoredBatch,
  topic: string,
  traceparent?: Traceparent,
): OutputBatch {
  const { partition } = batch;
  const { length, bytes, boundaries, nulls, offsets, timestamps, sampled } = notRejected(batch, scored);
  const headers: HeaderColumn[] = [
    { name: SOURCE_HEADERS.topic, values: batch.topic },
    { name: SOURCE_HEADERS.partition, values: String(partition) },
    { name: SOURCE_HEADERS.offset, values: offsets },
    { name: SOURCE_HEADERS.timestamp, values: timestamps },
  ];
  if (traceparent !== undefined && sampled !== undefined)
    headers.push({ name: TRACE_HEADER, values: traceparent, present: sampled });
  return { topic, partition, length, bytes, boundaries, nulls, timestamps, headers };
}

/** What a batch and its results have of each record that was not rejected. */
function notRejected(batch: RecordBatch, scored: ScoredBatch) {
  const { offsets, timestamps } = batch;
  const { length, bytes, boundaries, nulls } = scored;
  const sampled = sampledIn(batch);
  if (scored.rejections.length === 0)
    return { length, bytes, boundaries, nulls, offsets, timestamps, sampled };
  const kept = [...scored.outcomes.keys()].filter((i) => scored.outcomes[i] !== OUTCOME.rejected);
  return {
    length: kept.length,
    bytes,
    // The others have no bytes.
    boundaries: Uint32Array.from([0, ...kept.flatMap((i) => [...boundaries.subarray(2 * i + 1, 2 * i + 3)])]),
    nulls: Uint8Array.from(kept, (i) => nulls[i] ?? 0),
    offsets: Float64Array.from(kept, (i) => offsets[i] ?? 0),
    timestamps: Float64Array.from(kept, (i) => timestamps[i] ?? 0),
    sampled: sampled && Uint8Array.from(kept, (i) => sampled[i] ?? 0),
  };
}

/** By record, 1 where somebody wants to follow it; nothing where nobody wants to follow any. */
function sampledIn({ headers }: RecordBatch): Uint8Array<ArrayBuffer> | undefined {
  if (headers === undefined) return undefined;
  const sampled = Uint8Array.from(headers, (own) => (sampledContext(own) === undefined ? 0 : 1));
  return sampled.includes(1) ? sampled : undefined;
}

function measure(batch: RecordBatch, scored: ScoredBatch, clock: Clock): void {
  let deleted = 0;
  for (const outcome of scored.outcomes) if (outcome === OUTCOME.deleted) deleted += 1;
  postsScored.add(scored.length - deleted - scored.rejections.length);
  if (deleted > 0) postsDeleted.add(deleted);
  for (const [code, posts] of count(scored.rejections.map(({ code }) => code)))
    postsRejected.add(posts, { 'sentiflux.error.code': code });
  tokensScored.add(scored.tokens);
  prepareDuration.record(scored.prepareMillis / 1000);
  scoreDuration.record(scored.scoreMillis / 1000, { 'sentiflux.engine': scored.model.engine });
  endToEndDelay.record(ageOfOldest(batch, clock) / 1000);
}
