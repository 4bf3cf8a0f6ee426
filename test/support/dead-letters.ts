import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { OutputRecord, SourceRecord } from '../../src/contracts/record.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { deadLetter } from '../../src/pipelines/dead-letters.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { scan } from '../../src/streams/scan.js';
import { freshName } from '../streams/reader.js';
import { type Finished, run } from './cli.js';
import { temporaryFolder } from './temporary-folder.js';

export const PARTITIONS = 2;
export const POSTED_AT = Date.parse('2026-02-01T08:00:00Z');

/** Topics of one test alone, with the compiled command on them. */
export interface Place {
  readonly config: Config;
  readonly streams: Streams;
  deadLetters(...args: readonly string[]): Promise<Finished>;
  readonly file: string;
}

export async function openPlace(streamsSection: object): Promise<Place> {
  const name = freshName('dl');
  const settings = {
    streams: { group: name, ...streamsSection },
    topics: {
      posts: `${name}.posts`,
      scored: `${name}.scored`,
      aggregates: `${name}.aggregates`,
      alerts: `${name}.alerts`,
      deadLetters: `${name}.dead`,
      partitions: PARTITIONS,
      replication: 1,
    },
  };
  const file = join(temporaryFolder(), 'sentiflux.yaml');
  writeFileSync(file, JSON.stringify(settings));
  const config = configSchema.parse(settings);
  const streams = await openStreams(config.streams, silentLogger);
  onTestFinished(() => streams.close());
  return {
    config,
    streams,
    file,
    deadLetters: (command, ...args) => run(['dead-letters', command ?? '', '--config', file, ...args]),
  };
}

export interface Given {
  readonly partition?: number;
  readonly value?: Uint8Array | string | null;
  readonly key?: Uint8Array | null;
  readonly headers?: Readonly<Record<string, Uint8Array>>;
  readonly stage?: 'decode' | 'score';
  readonly code?: 'SF_POST_NOT_JSON' | 'SF_POST_NO_TEXT' | 'SF_POST_POISON';
  readonly message?: string;
  /** When it was given up, in minutes after noon. */
  readonly minute?: number;
}

/** A dead letter as the worker writes it, of record 100 + i of its partition. */
export function given(
  { topics }: Config,
  {
    partition = 0,
    value = 'not json',
    key = Buffer.from('post'),
    headers,
    stage = 'decode',
    code = 'SF_POST_NOT_JSON',
    message = 'the value is not a JSON object',
    minute = 0,
  }: Given,
  i: number,
): OutputRecord {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const record: SourceRecord = {
    topic: topics.posts,
    partition,
    offset: 100 + i,
    timestamp: epochMillis(POSTED_AT + i),
    key,
    value: bytes,
    ...(headers && { headers }),
  };
  const batch = packRecords([record], assignmentEpoch(1));
  return {
    ...deadLetter(batch, 0, { stage, code, message, attempts: 1 }, topics.deadLetters),
    timestamp: epochMillis(Date.parse('2026-03-01T12:00:00Z') + minute * 60_000),
  };
}

export async function prepare({ streams, config }: Place, letters: readonly Given[]): Promise<void> {
  await streams.topics().create(topicSpecs(config.topics));
  await write(
    streams,
    letters.map((letter, i) => given(config, letter, i)),
  );
}

export async function write(streams: Streams, records: readonly OutputRecord[]): Promise<void> {
  const producer = await streams.producer();
  await producer.send(records);
  await producer.close();
}

export async function everythingIn(streams: Streams, topic: string): Promise<readonly SourceRecord[]> {
  const records: SourceRecord[] = [];
  const ranges = await streams.ranges(topic);
  for await (const record of scan(streams, { topic, group: freshName('all'), ranges })) records.push(record);
  return records;
}

export const text = (bytes: Uint8Array | null | undefined): string => String(bytes && Buffer.from(bytes));
export const lines = (output: string): readonly string[] => output.split('\n').filter(Boolean);
export const places = (output: string): readonly string[] =>
  lines(output)
    .slice(1)
    .map((line) => line.split(' ')[0] ?? '');

/** What every adapter's purge must do, in an empty place: it goes up to the first one that is not selected. */
export async function expectPurgeOfTheRedriven(place: Place): Promise<void> {
  await prepare(place, [{}, {}, {}]);
  await place.deadLetters('redrive', '--limit', '2');
  await place.deadLetters('purge', '--redriven', '--yes');
  expect(places((await place.deadLetters('list')).stdout)).toEqual(['0:2']);
  expect((await place.deadLetters('redrive')).stdout).toContain('1 dead letter redriven');
  await place.deadLetters('purge', '--yes');
  expect(await everythingIn(place.streams, place.config.topics.deadLetters)).toEqual([]);
}
