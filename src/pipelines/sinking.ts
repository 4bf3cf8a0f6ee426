import type { Config } from '../config/schema.js';
import type { LiveEvent } from '../contracts/live-feed.js';
import type { Logger } from '../contracts/logger.js';
import type { RecordBatch } from '../contracts/record.js';
import { recordsOf } from '../contracts/record-batch.js';
import type { Output, Sink } from '../contracts/sink.js';
import type { Consumption, Streams } from '../streams/port.js';
import { createBackoff } from './backoff.js';
import { EVENT_OF } from './output-events.js';
import { PartitionQueues } from './partition-queues.js';

export interface SinkingOptions {
  readonly sink: Sink;
  readonly config: Pick<Config, 'topics' | 'streams' | 'scoring'>;
  readonly streams: Streams;
  /** From 0 up to 1, as `Math.random` gives it. */
  readonly random: () => number;
  /** Resolves after so many milliseconds, or as soon as it is told to stop. */
  readonly wait: (millis: number, stop: AbortSignal) => Promise<void>;
  readonly logger: Logger;
  readonly onFailure: (error: Error) => void;
}

/** A sink while it runs. */
export interface RunningSink {
  /** Ends the writes that are under way; what has not begun is read again at the next start. */
  stop(): Promise<void>;
}

/**
 * Reads outputs for a sink, each in a consumer group of its own, and moves a partition's position when the sink has
 * taken what comes before it. A sink that fails is asked again, after waits that grow from a second to a minute, and
 * nothing is passed over; it is not asked for more than it takes.
 */
export async function startSinking(options: SinkingOptions): Promise<RunningSink> {
  const stopping = new AbortController();
  const running: RunningSink[] = [];
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all(running.map((output) => output.stop()));
  };
  try {
    for (const output of options.sink.outputs)
      running.push(await startOutput(output, options, stopping.signal));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

async function startOutput(
  output: Output,
  { sink, config, streams, random, wait, logger, onFailure }: SinkingOptions,
  stop: AbortSignal,
): Promise<RunningSink> {
  const topic = config.topics[output];
  const queues = new PartitionQueues(onFailure);
  const consumption: Consumption = await streams.consume({
    topic,
    group: `${config.streams.group}.sink.${sink.name}.${topic}`,
    from: 'earliest',
    maxBatchRecords: config.scoring.maxBatchRecords,
    maxInFlight: { records: config.streams.maxInFlightRecords, bytes: config.streams.maxInFlightBytes },
    onBatch: (batch) =>
      queues.add(batch, async () => {
        if (await written(eventsOf(batch))) await consumption.settle(batch, []);
      }),
    onFailure,
  });

  function eventsOf(batch: RecordBatch): readonly LiveEvent[] {
    const events: LiveEvent[] = [];
    for (const record of recordsOf(batch)) {
      try {
        const event = EVENT_OF[output](record);
        if (event !== undefined) events.push(event);
      } catch (error) {
        const { partition, offset } = record;
        logger.warn(
          { code: 'SF_RESULT_INVALID', err: error, sink: sink.name, topic, partition, offset },
          'a record is none of ours: passed over',
        );
      }
    }
    return events;
  }

  /** False where it was told to stop before the sink had taken them. */
  async function written(events: readonly LiveEvent[]): Promise<boolean> {
    const backoff = createBackoff(random);
    while (!stop.aborted) {
      try {
        if (events.length > 0) await sink.write(events);
        return true;
      } catch (error) {
        const pause = backoff.next();
        logger.warn({ sink: sink.name, topic, err: error, pause }, 'a sink failed; it is tried again');
        await wait(pause, stop);
      }
    }
    return false;
  }

  return {
    async stop() {
      consumption.pause();
      await queues.idle();
      await consumption.close();
    },
  };
}
