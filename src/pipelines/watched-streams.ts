import { setTimeout as waitFor } from 'node:timers/promises';
import { errorOf, SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ConsumeOptions, Consumption, Streams } from '../streams/port.js';
import { consumersRemade } from '../telemetry/instruments.js';
import { repeat } from './repeat.js';
import { type Stall, StallWatch } from './stall-watch.js';

const LOOKS_PER_STALL = 8;
/** A consumer that is stuck may not be able to leave its group, which then waits its session out. */
const MOST_CLOSE_MILLIS = 10_000;

export interface WatchOptions {
  /** A partition with lag that gets on by nothing for so long stands still. */
  readonly stallAfterMs: number;
  readonly logger: Logger;
}

/** Streams whose consumptions are watched; not those of live views, which miss nothing that they must have. */
export function watchedStreams(streams: Streams, watch: WatchOptions): Streams {
  return {
    ...streams,
    consume: (options) =>
      options.from === 'latest' ? streams.consume(options) : consumeWatched(streams, options, watch),
  };
}

/**
 * Consumes as `streams.consume` does, and watches that records that wait do come: a client may fall silent without an
 * error. Where a partition stands still the consumer is made anew, once; what was handed on before is dropped, and
 * read again. Where that partition still stands still, the consumption fails with SF_STREAM_STALLED: a new process
 * may do better.
 */
async function consumeWatched(
  streams: Pick<Streams, 'consume'>,
  options: ConsumeOptions,
  { stallAfterMs, logger }: WatchOptions,
): Promise<Consumption> {
  const { topic, group } = options;
  const watch = new StallWatch(stallAfterMs);
  /** Partitions for which the consumer was made anew and which have not got on since. */
  const remadeFor = new Set<number>();
  /** By which consumer a batch was read: the numbers of assignments begin anew with each. */
  const origins = new WeakMap<RecordBatch, number>();
  let generation = 0;
  let paused = false;
  let current = await consume();
  consumersRemade.add(0, { 'messaging.destination.name': topic });

  function consume(): Promise<Consumption> {
    generation += 1;
    const own = generation;
    return streams.consume({
      ...options,
      onBatch(batch) {
        if (own !== generation) return;
        origins.set(batch, own);
        watch.handedOn(batch.partition, performance.now());
        options.onBatch(batch);
      },
      onGap(gap) {
        if (own === generation) options.onGap?.(gap);
      },
      onFailure(error) {
        if (own === generation) options.onFailure(error);
      },
    });
  }

  const looking = repeat(
    stallAfterMs / LOOKS_PER_STALL,
    async () => {
      if (paused) return;
      const stalls = watch.look(await current.lag(), performance.now());
      if (stalls.length === 0 || paused) return;
      if (stalls.some(({ partition }) => remadeFor.has(partition))) giveUp(stalls);
      else await remake(stalls);
    },
    (error) => {
      // Brokers that are away are no standstill. What is known of the time before says nothing of the time after.
      watch.restart(performance.now());
      logger.debug({ err: error, topic }, 'the lag could not be read, nor whether records wait');
    },
  );

  async function remake(stalls: readonly Stall[]): Promise<void> {
    logger.error(
      { code: 'SF_STREAM_STALLED', topic, group, stalls },
      'records wait and none comes: the consumer is made anew',
    );
    consumersRemade.add(1, { 'messaging.destination.name': topic });
    for (const { partition } of stalls) remadeFor.add(partition);
    // From here on nothing of the consumer before is handed on or settled.
    generation += 1;
    const closing = current.close().catch((error: unknown) => {
      logger.warn({ err: error, topic }, 'the consumer that stood still could not be closed');
    });
    await Promise.race([closing, waitFor(MOST_CLOSE_MILLIS, undefined, { ref: false })]);
    try {
      current = await consume();
    } catch (error) {
      paused = true;
      options.onFailure(errorOf(error));
      return;
    }
    if (paused) current.pause();
    watch.restart(performance.now());
  }

  function giveUp(stalls: readonly Stall[]): void {
    paused = true;
    const [stall] = stalls;
    if (stall === undefined) return;
    const { partition, lag, millis } = stall;
    options.onFailure(
      new SentifluxError(
        'SF_STREAM_STALLED',
        `partition ${partition} of ${topic} has stood still for ${Math.round(millis / 1_000)} s with a lag of ${lag}, though the consumer was made anew.`,
        {
          hint: 'The worker ends, for its supervisor to start it again; look at the brokers where that recurs.',
        },
      ),
    );
  }

  return {
    async settle(batch, outputs, onSent) {
      const { partition } = batch;
      watch.settling(partition, performance.now());
      try {
        if (origins.get(batch) !== generation) return 'dropped';
        const settlement = await current.settle(batch, outputs, onSent);
        if (settlement === 'settled') remadeFor.delete(partition);
        return settlement;
      } finally {
        watch.settled(partition, performance.now());
      }
    },
    readAgain: (partition) => current.readAgain(partition),
    assigned: () => current.assigned(),
    lag: () => current.lag(),
    pause() {
      paused = true;
      current.pause();
    },
    async close() {
      paused = true;
      await looking.stop();
      await current.close();
    },
  };
}
