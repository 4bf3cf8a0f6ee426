import type { Config } from '../config/schema.js';
import type { LiveEvent, LiveFeed } from '../contracts/live-feed.js';
import type { Logger } from '../contracts/logger.js';
import type { RecordBatch } from '../contracts/record.js';
import { recordsOf } from '../contracts/record-batch.js';
import { OUTPUTS, type Output } from '../contracts/sink.js';
import type { Streams } from '../streams/port.js';
import { EVENT_OF } from './output-events.js';

export interface OpenLiveFeed extends LiveFeed {
  close(): Promise<void>;
}

export interface LiveFeedOptions {
  readonly config: Pick<Config, 'topics' | 'streams' | 'scoring'>;
  readonly streams: Streams;
  /** Names this instance: each has consumer groups of its own, which never commit. */
  readonly instance: string;
  readonly logger: Logger;
  readonly onFailure: (error: Error) => void;
}

/** What happens from now on, read from the output topics: the same for every api process, whoever scored it. */
export async function openLiveFeed(options: LiveFeedOptions): Promise<OpenLiveFeed> {
  const { config, streams, logger } = options;
  const { topics } = config;
  const listeners = new Set<(event: LiveEvent) => void>();

  const consumptions = await Promise.all(
    OUTPUTS.map(async (output) => {
      const topic = topics[output];
      const consumption = await streams.consume({
        topic,
        group: `${config.streams.group}.live.${options.instance}.${topic}`,
        from: 'latest',
        maxBatchRecords: config.scoring.maxBatchRecords,
        maxInFlight: { records: config.streams.maxInFlightRecords, bytes: config.streams.maxInFlightBytes },
        onBatch: (batch) => {
          if (listeners.size > 0) emitAll(batch, output);
          // Nothing is written and nothing committed: settling only lets the next batches come.
          consumption.settle(batch, []).catch(options.onFailure);
        },
        onFailure: options.onFailure,
      });
      return consumption;
    }),
  );

  function emitAll(batch: RecordBatch, output: Output): void {
    for (const record of recordsOf(batch)) {
      try {
        const event = EVENT_OF[output](record);
        if (event === undefined) continue;
        for (const listener of listeners) listener(event);
      } catch (error) {
        logger.debug(
          { err: error, topic: batch.topic, offset: record.offset },
          'a record is not for the live feed',
        );
      }
    }
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await Promise.all(consumptions.map((consumption) => consumption.close()));
    },
  };
}
