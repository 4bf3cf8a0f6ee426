import { createAggregator, RECORDS_AT_ONCE } from '../aggregation/aggregator.js';
import { closeWindows } from '../aggregation/close-windows.js';
import { decodeScored, type ScoredRecords } from '../aggregation/decode-scored.js';
import type { WindowStore } from '../aggregation/store.js';
import { untilReachable } from '../aggregation/until-reachable.js';
import type { Config } from '../config/schema.js';
import type { BrandBook } from '../contracts/brand-book.js';
import type { Clock } from '../contracts/clock.js';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import type { OutputRecord } from '../contracts/record.js';
import { type WindowAggregate, windowKey } from '../contracts/window.js';
import type { Streams } from '../streams/port.js';
import { offsetGaps, recordsToRebuild } from '../telemetry/instruments.js';
import { beginProcessing } from '../telemetry/processing.js';
import { deadLetter } from './dead-letters.js';
import { PartitionQueues } from './partition-queues.js';
import { beginRebuild } from './rebuild-partition.js';
import { repeat } from './repeat.js';
import type { Role } from './role.js';
import { timeZonesOf } from './time-zones.js';

export interface AggregatingOptions {
  readonly config: Pick<Config, 'topics' | 'streams' | 'aggregation'>;
  readonly brands: Pick<BrandBook, 'current'>;
  readonly streams: Streams;
  readonly store: WindowStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onFailure: (error: Error) => void;
}

/** The role `aggregate`: results into windows, closed windows onto their topic and into the store. */
export async function startAggregating(options: AggregatingOptions): Promise<Role> {
  const { config, brands, streams, store, clock, logger, onFailure } = options;
  const { topics } = config;
  const consumer = { system: config.streams.kind, group: `${config.streams.group}.aggregate` };
  const queues = new PartitionQueues(onFailure);
  const aggregator = createAggregator({
    store,
    config: config.aggregation,
    clock,
    logger,
    timeZoneOf: timeZonesOf(brands),
  });
  const producer = await streams.producer();
  const closing = new AbortController();
  const reaching = <Result>(attempt: () => Promise<Result>): Promise<Result> =>
    untilReachable(attempt, logger, closing.signal);
  /** Partitions of which the store has lost what it had counted, until they begin anew. */
  const lost = new Set<number>();
  /** How the last pass of the closer ended; an error until one has succeeded again. */
  let lastPass: { readonly failed: boolean; readonly detail: string } = {
    failed: false,
    detail: 'no pass yet',
  };

  const consumption = await streams.consume({
    topic: topics.scored,
    group: consumer.group,
    from: 'earliest',
    maxBatchRecords: RECORDS_AT_ONCE,
    maxInFlight: { records: config.streams.maxInFlightRecords, bytes: config.streams.maxInFlightBytes },
    async positionOf(partition) {
      // What was read before is through, or dropped: none of it is added over the new beginning.
      await queues.idleOf(partition);
      const position =
        (await aggregator.positionOf(partition)) ??
        (await reaching(() => beginRebuild(partition, { config, streams, store, logger })).then(() =>
          aggregator.positionOf(partition),
        ));
      lost.delete(partition);
      return position;
    },
    onBatch: (batch) => {
      const processing = beginProcessing(batch, consumer);
      queues.add(batch, () =>
        processing.finish(async () => {
          const scored = decodeScored(batch, processing.traceparent);
          if (!(await aggregated(scored))) {
            // Of an assignment that is over by now: nothing is committed.
            await consumption.settle(batch, []);
            return;
          }
          const letters = scored.invalid.map(({ index, message }) =>
            deadLetter(
              batch,
              index,
              { stage: 'aggregate', code: 'SF_RESULT_INVALID', message, attempts: 1 },
              topics.deadLetters,
            ),
          );
          await consumption.settle(batch, letters);
        }),
      );
    },
    onGap: (gap) => {
      offsetGaps.add(gap.to - gap.from, { 'messaging.destination.name': topics.scored });
      logger.warn(
        { code: 'SF_OFFSET_GAP', topic: topics.scored, ...gap },
        'results were deleted from the topic before they were counted; windows of that time are incomplete',
      );
      aggregator.noteGap(gap);
    },
    onFailure,
  });

  /** False where the store has lost the partition: the batch must be read again with all before it. */
  async function aggregated(batch: ScoredRecords): Promise<boolean> {
    if (lost.has(batch.partition)) return false;
    try {
      await aggregator.aggregate(batch);
      return true;
    } catch (error) {
      if (!(error instanceof SentifluxError) || error.code !== 'SF_STORE_CONFLICT') throw error;
      logger.warn({ code: error.code, err: error }, 'the store has lost what it had counted');
      beginAgain(batch.partition);
      return false;
    }
  }

  function beginAgain(partition: number): void {
    if (lost.has(partition)) return;
    lost.add(partition);
    consumption.readAgain(partition);
  }

  /**
   * What waits of each partition, here and before the scorer: a partition whose posts are still to be scored is
   * not idle. Asked in the order of the way, so that what moves on meanwhile is not missed.
   */
  const waiting = async (): Promise<ReadonlyMap<number, number>> => {
    const unscored = await streams.lagOf(`${config.streams.group}.score`, topics.posts);
    const uncounted = await consumption.lag();
    return new Map(
      [...uncounted].map(([partition, records]) => [partition, records + (unscored.get(partition) ?? 0)]),
    );
  };

  const publish = (windows: readonly WindowAggregate[]): Promise<void> =>
    producer.send(windows.map((window) => recordOf(window, topics.aggregates)));
  const closer = repeat(
    config.aggregation.closeEveryMs,
    async () => {
      for (const partition of await aggregator.lost()) beginAgain(partition);
      await aggregator.reportLag(await waiting());
      const { kind } = await closeWindows({ store, publish, config: config.aggregation, clock });
      const rebuilding = await store.rebuilding();
      recordsToRebuild.record(rebuilding?.records ?? 0);
      const detail =
        rebuilding === undefined ? kind : `rebuilding, ${rebuilding.records} results to read again`;
      lastPass = { failed: false, detail };
    },
    (error) => {
      lastPass = { failed: true, detail: messageOf(error) };
      logger.warn({ err: error }, 'windows could not be closed; the next pass tries again');
    },
  );

  return {
    name: 'aggregate',
    async readiness() {
      const partitions = consumption.assigned().length;
      return {
        name: 'aggregate',
        ready: !lastPass.failed,
        detail: `${partitions} partitions, closing: ${lastPass.detail}`,
      };
    },
    async stop() {
      consumption.pause();
      // Waits for the store no longer: what it cannot take now is read again.
      aggregator.close();
      closing.abort();
      await closer.stop();
      await queues.idle();
      await consumption.close();
      await producer.close();
      // Where the store is away the election ends by itself.
      await store.resign().catch(() => {});
    },
  };
}

function recordOf(window: WindowAggregate, topic: string): OutputRecord {
  return { topic, key: Buffer.from(windowKey(window)), value: Buffer.from(JSON.stringify(window)) };
}
