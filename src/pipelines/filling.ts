import { setTimeout as wait } from 'node:timers/promises';
import { createAggregator } from '../aggregation/aggregator.js';
import { bucketAt } from '../aggregation/bucket.js';
import { type ClosingPass, closeWindows } from '../aggregation/close-windows.js';
import { decodeScored } from '../aggregation/decode-scored.js';
import { longestLateness } from '../aggregation/lateness.js';
import type { ClosingStore, PartitionState, WindowStore } from '../aggregation/store.js';
import { untilReachable } from '../aggregation/until-reachable.js';
import type { Config } from '../config/schema.js';
import { systemClock } from '../contracts/clock.js';
import { SentifluxError } from '../contracts/errors.js';
import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import type { Logger } from '../contracts/logger.js';
import type { AggregationCounters } from '../contracts/window-reader.js';
import type { ConsumeOptions, OffsetRange, Streams } from '../streams/port.js';
import { PartitionQueues } from './partition-queues.js';

const LOOK_EVERY_MILLIS = 100;
/** Another process that closes, or has died as the closer, lets go within 15 s. */
const ATTEMPTS_TO_CLOSE = 20;
const ATTEMPT_EVERY_MILLIS = 1_000;

export interface FillingOptions {
  readonly config: Pick<Config, 'streams' | 'scoring' | 'aggregation'>;
  readonly streams: Streams;
  /** Topic of results, such as that of a replay. */
  readonly topic: string;
  /** Name of a group that exists while the filling lasts; the position is the store's. */
  readonly group: string;
  /** Of the namespace that is filled. */
  readonly store: WindowStore;
  /** Goes on at the end of the topic, until it is stopped. */
  readonly follow?: boolean;
  readonly stop?: AbortSignal;
  readonly logger: Logger;
  readonly onGap?: ConsumeOptions['onGap'];
  /** Called with the records read so far in this run. */
  readonly onProgress?: (records: number) => void;
}

export interface FillingOutcome {
  /** Of this run. */
  readonly records: number;
  /** Records of this run that are no results. */
  readonly invalid: number;
  /** Of the namespace, over all runs. */
  readonly counters: AggregationCounters;
  /** Up to where its windows are closed; `undefined` where it has no post. */
  readonly watermark: EpochMillis | undefined;
}

/**
 * Counts the results of a topic into the windows of its own namespace, by the times of the posts alone: neither the
 * clock nor the order in which partitions are read makes a post late, and what comes after its window was closed
 * raises the window's revision. Nothing is published, and no group's position moves. What was counted before is
 * passed over, so a filling that was stopped goes on.
 *
 * @throws SentifluxError SF_USAGE where something else fills the namespace; SF_TOPIC_MISSING, SF_STORE_UNREACHABLE,
 *   SF_STORE_CONFLICT
 */
export async function fillWindows(options: FillingOptions): Promise<FillingOutcome> {
  const { config, streams, topic, group, store, follow = false, stop, logger } = options;
  const logs = await streams.ranges(topic);
  await claim(store, topic, config);
  await refuseOtherLog(store, topic, logs);
  const aggregator = createAggregator({ store, config: config.aggregation, clock: systemClock, logger });
  const failures: Error[] = [];
  const fail = (error: Error): void => void failures.push(error);
  const queues = new PartitionQueues(fail);
  let [records, invalid] = [0, 0];

  const consumption = await streams.consume({
    topic,
    group,
    from: 'latest',
    maxBatchRecords: config.scoring.maxBatchRecords,
    maxInFlight: { records: config.streams.maxInFlightRecords, bytes: config.streams.maxInFlightBytes },
    async positionOf(partition) {
      const counted = await aggregator.positionOf(partition);
      if (counted !== undefined) return counted;
      const { start = 0 } = logs.get(partition) ?? {};
      if (start > 0) options.onGap?.({ partition, from: 0, to: start });
      return start;
    },
    onBatch: (batch) => {
      queues.add(batch, async () => {
        const scored = decodeScored(batch);
        await aggregator.aggregate(scored);
        // Nothing is committed: settling lets the next batches come.
        await consumption.settle(batch, []);
        records += batch.length;
        invalid += scored.invalid.length;
        options.onProgress?.(records);
      });
    },
    onGap: (gap) => {
      aggregator.noteGap(gap);
      options.onGap?.(gap);
    },
    onFailure: fail,
  });

  const unstopped = new AbortController();
  const reaching = (attempt: () => Promise<void>): Promise<void> =>
    untilReachable(attempt, logger, stop ?? unstopped.signal);
  const isAtEnd = async (): Promise<boolean> => {
    const lags = await consumption.lag();
    return lags.size === logs.size && [...lags.values()].every((lag) => lag === 0);
  };
  try {
    while (failures.length === 0 && !stop?.aborted) {
      if (follow) {
        await reaching(async () => {
          await claim(store, topic, config);
          await closeByEventTime(store, config, (latest) => latest);
        });
      } else if (await isAtEnd()) break;
      await untilStopped(follow ? config.aggregation.closeEveryMs : LOOK_EVERY_MILLIS, stop);
    }
    consumption.pause();
    // A store that is away is waited for no longer.
    if (stop?.aborted || failures.length > 0) aggregator.close();
    await queues.idle();
    if (failures[0] !== undefined) throw failures[0];
    await reaching(async () => {
      await claim(store, topic, config);
      await closeAll(store, config);
    });
    return { records, invalid, counters: await store.counters(), watermark: await store.watermark() };
  } finally {
    aggregator.close();
    consumption.pause();
    await queues.idle();
    await consumption.close();
    // Where the store is away the election ends by itself.
    await store.resign().catch(() => {});
  }
}

async function claim(
  store: WindowStore,
  topic: string,
  { aggregation }: FillingOptions['config'],
): Promise<void> {
  const outcome = await store.claim(topic);
  if (outcome.kind === 'claimed') return;
  const by = outcome.topic === undefined ? 'a worker keeps its windows there' : `${outcome.topic} fills it`;
  throw new SentifluxError(
    'SF_USAGE',
    `the namespace ${aggregation.namespace} cannot be filled from ${topic}: ${by}.`,
    { hint: 'Give another --namespace.' },
  );
}

/** A topic that was made anew under its old name has other records at the offsets that were counted. */
async function refuseOtherLog(
  store: WindowStore,
  topic: string,
  logs: ReadonlyMap<number, OffsetRange>,
): Promise<void> {
  for (const [partition, { nextOffset = 0 }] of (await store.partitions()).entries()) {
    const end = logs.get(partition)?.end ?? 0;
    if (nextOffset <= end) continue;
    throw new SentifluxError(
      'SF_USAGE',
      `partition ${partition} of ${topic} was counted up to ${nextOffset} and ends at ${end}: it is another topic of that name.`,
      { hint: 'Give another --namespace.' },
    );
  }
}

/** Closes every window that has a post, but for a day that has not ended, for good as far as this filling knows. */
async function closeAll(store: WindowStore, config: FillingOptions['config']): Promise<void> {
  const afterLast = (latest: EpochMillis): EpochMillis =>
    epochMillis(bucketAt('1h', latest).end + longestLateness(config.aggregation));
  for (let attempt = 1; ; attempt += 1) {
    const pass = await closeByEventTime(store, config, afterLast);
    if (pass.kind === 'closed' || pass.kind === 'no-watermark') return;
    if (attempt === ATTEMPTS_TO_CLOSE) {
      throw new SentifluxError(
        'SF_STORE_CONFLICT',
        `another process closes the windows of the namespace ${config.aggregation.namespace}.`,
        { hint: 'All is counted; run the command again when the other one has ended.' },
      );
    }
    await wait(ATTEMPT_EVERY_MILLIS);
  }
}

/**
 * A pass of the closer whose time is that of the posts.
 *
 * @param watermarkAt the watermark, given the greatest event time that was counted
 */
async function closeByEventTime(
  store: WindowStore,
  { aggregation }: FillingOptions['config'],
  watermarkAt: (latest: EpochMillis) => EpochMillis,
): Promise<ClosingPass> {
  const latest = latestOf(await store.partitions());
  if (latest === undefined) return { kind: 'no-watermark' };
  const now = epochMillis(watermarkAt(latest) + aggregation.outOfOrdernessMs);
  const closing: ClosingStore = {
    ...store,
    // Where all are idle the watermark follows the clock, here the time of the posts.
    partitions: async () => (await store.partitions()).map((state) => ({ ...state, idleAt: now })),
    // What a partition does not know of makes none of its posts late.
    announce: async () => {},
  };
  return closeWindows({
    store: closing,
    publish: async () => {},
    config: aggregation,
    clock: { now: () => now },
  });
}

function latestOf(partitions: readonly PartitionState[]): EpochMillis | undefined {
  const times = partitions.flatMap(({ greatestEventTime }) => greatestEventTime ?? []);
  return times.length === 0 ? undefined : epochMillis(Math.max(...times));
}

async function untilStopped(millis: number, stop: AbortSignal | undefined): Promise<void> {
  await wait(millis, undefined, { ...(stop && { signal: stop }) }).catch((error: unknown) => {
    if (!stop?.aborted) throw error;
  });
}
