import { onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { type EpochMillis, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { type RecordBatch, type SourceRecord, VALUE_IS_NULL } from '../../src/contracts/record.js';
import { keyAt, packRecords, valueAt } from '../../src/contracts/record-batch.js';
import { OUTCOME, type ScoredBatch } from '../../src/contracts/scored-batch.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { scan } from '../../src/streams/scan.js';
import { freshName, send } from '../streams/reader.js';

export const NOON = Date.UTC(2026, 0, 15, 12);
export const MINUTE = 60_000;
export const PARTITIONS = 2;
export const MODEL = 'model-1';
export const OUTPUT = 'replay.noon';

/** Minutes after noon. */
export const minute = (minutes: number): EpochMillis => epochMillis(NOON + minutes * MINUTE);

/** The live topics and one for a replay, in memory. */
export async function openReplays() {
  const config = configSchema.parse({ streams: { kind: 'memory' }, topics: { partitions: PARTITIONS } });
  const streams = await openStreams(config.streams, silentLogger);
  onTestFinished(() => streams.close());
  const live = topicSpecs(config.topics);
  const output = { name: OUTPUT, partitions: PARTITIONS, replication: 1, settings: {} };
  await streams.topics().create([...live, output]);
  return {
    config,
    streams,
    /** A post each, whose record is of that minute; `null` is a deletion. */
    post: (partition: number, posts: ReadonlyArray<readonly [at: number, text: string | null]>) =>
      send(
        streams,
        posts.map(([at, text]) => ({
          topic: config.topics.posts,
          partition,
          key: Buffer.from(text ?? 'gone'),
          value: text === null ? null : Buffer.from(text),
          timestamp: minute(at),
        })),
      ),
    /** Everything on a topic, by partition. */
    on: (topic: string) => recordsOn(streams, topic),
  };
}

export async function recordsOn(
  streams: Streams,
  topic: string,
): Promise<readonly (readonly SourceRecord[])[]> {
  const ranges = await streams.ranges(topic);
  const found: SourceRecord[][] = [...ranges].map(() => []);
  for await (const record of scan(streams, { topic, group: freshName('all'), ranges }))
    found[record.partition]?.push(record);
  return found;
}

export const textOf = (bytes: Uint8Array | null | undefined): string | null =>
  bytes == null ? null : Buffer.from(bytes).toString();

/** Gives each post back as its own result; one that says `bad` is rejected. */
export async function echo(batch: RecordBatch): Promise<ScoredBatch> {
  const isBad = (i: number): boolean => textOf(valueAt(batch, i)) === 'bad';
  const indices = Array.from({ length: batch.length }, (_, i) => i);
  const packed = packRecords(
    indices.map((i) => ({
      topic: batch.topic,
      partition: batch.partition,
      offset: i,
      timestamp: epochMillis(0),
      key: isBad(i) ? null : keyAt(batch, i),
      value: isBad(i) ? null : valueAt(batch, i),
    })),
    batch.assignment,
  );
  return {
    ...packed,
    outcomes: Uint8Array.from(indices, (i) => {
      if (isBad(i)) return OUTCOME.rejected;
      return ((batch.nulls[i] ?? 0) & VALUE_IS_NULL) === 0 ? OUTCOME.scored : OUTCOME.deleted;
    }),
    rejections: indices.filter(isBad).map((index) => ({ index, code: 'SF_POST_NOT_JSON', message: 'bad' })),
    model: { version: MODEL, engine: 'onnx', precision: 'int8' },
    tokens: 1,
    prepareMillis: 1,
    scoreMillis: 1,
  };
}
