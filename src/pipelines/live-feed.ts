import type { Config } from '../config/schema.js';
import { alertTopicSchema } from '../contracts/alert-topic.js';
import { postId } from '../contracts/ids.js';
import type { LiveEvent, LiveFeed } from '../contracts/live-feed.js';
import type { Logger } from '../contracts/logger.js';
import type { RecordBatch, SourceRecord } from '../contracts/record.js';
import { recordsOf } from '../contracts/record-batch.js';
import { scoredPostSchema } from '../contracts/scored-post.js';
import { windowAggregateSchema } from '../contracts/window.js';
import type { Streams } from '../streams/port.js';
import { jsonOf } from './record-values.js';

/** What a record says; `undefined` where that is nothing for the feed. */
type Decode = (record: SourceRecord) => LiveEvent | undefined;

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
  const decoders: ReadonlyArray<readonly [topic: string, decode: Decode]> = [
    [topics.scored, decodeResult],
    [
      topics.aggregates,
      ({ value }) => ({ kind: 'window', window: windowAggregateSchema.parse(jsonOf(value)) }),
    ],
    [topics.alerts, decodeAlert],
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

  function emitAll(batch: RecordBatch, decode: Decode): void {
    for (const record of recordsOf(batch)) {
      try {
        const event = decode(record);
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

/** A null value takes the post of its key back, however long ago it was scored. */
function decodeResult({ key, value }: SourceRecord): LiveEvent {
  if (value !== null) return { kind: 'scored', post: scoredPostSchema.parse(jsonOf(value)) };
  if (key === null) throw new TypeError('a deletion without a key names no post');
  return { kind: 'deleted', id: postId(Buffer.from(key).toString('utf8')) };
}

/** Silences are on that topic too. */
function decodeAlert({ value }: SourceRecord): LiveEvent | undefined {
  const parsed = alertTopicSchema.parse(jsonOf(value));
  return 'kind' in parsed ? undefined : { kind: 'alert', alert: parsed };
}
