import type { Config } from '../config/schema.js';
import { alertSchema } from '../contracts/alert.js';
import type { LiveEvent, LiveFeed } from '../contracts/live-feed.js';
import type { Logger } from '../contracts/logger.js';
import type { RecordBatch } from '../contracts/record.js';
import { valueAt } from '../contracts/record-batch.js';
import { scoredPostSchema } from '../contracts/scored-post.js';
import { windowAggregateSchema } from '../contracts/window.js';
import type { Streams } from '../streams/port.js';

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
  const decoders: ReadonlyArray<readonly [topic: string, decode: (value: unknown) => LiveEvent]> = [
    [topics.scored, (value) => ({ kind: 'scored', post: scoredPostSchema.parse(value) })],
    [topics.aggregates, (value) => ({ kind: 'window', window: windowAggregateSchema.parse(value) })],
    [topics.alerts, (value) => ({ kind: 'alert', alert: alertSchema.parse(value) })],
  ];

  const consumptions = await Promise.all(
    decoders.map(async ([topic, decode]) => {
      const consumption = await streams.consume({
        topic,
        group: `${config.streams.group}.live.${options.instance}.${topic}`,
        from: 'latest',
        maxBatchRecords: config.scoring.maxBatchRecords,
        maxInFlight: { records: config.streams.maxInFlightRecords, bytes: config.streams.maxInFlightBytes },
        onBatch: (batch) => {
          if (listeners.size > 0) emitAll(batch, decode);
          // Nothing is written and nothing committed: settling only lets the next batches come.
          consumption.settle(batch, []).catch(options.onFailure);
        },
        onFailure: options.onFailure,
      });
      return consumption;
    }),
  );

  function emitAll(batch: RecordBatch, decode: (value: unknown) => LiveEvent): void {
    for (let i = 0; i < batch.length; i += 1) {
      const value = valueAt(batch, i);
      if (value === null) continue;
      try {
        const event = decode(JSON.parse(Buffer.from(value).toString('utf8')));
        for (const listener of listeners) listener(event);
      } catch (error) {
        logger.debug(
          { err: error, topic: batch.topic, offset: batch.offsets[i] },
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
