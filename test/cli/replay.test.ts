import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { PREPROCESSOR_VERSION } from '../../src/preprocess/version.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { recordsOn } from '../pipelines/replays.js';
import { freshName, send } from '../streams/reader.js';
import { run, start } from '../support/cli.js';
import { randomBundle, writeTestBundle } from '../support/random-bundle.js';
import { redisUrl } from '../support/services.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const NOON = Date.UTC(2026, 0, 15, 12);
const HOUR = ['--from', '2026-01-15T12:00:00Z', '--to', '2026-01-15T13:00:00Z'] as const;

let config: Config;
let streams: Streams;
let file: string;
let model: string;

beforeEach(async () => {
  const folder = temporaryFolder();
  const settings = {
    streams: { kind: 'file', file: { directory: join(folder, 'streams') } },
    topics: { partitions: 2, replication: 1 },
    aggregation: { namespace: freshName('live').replaceAll('.', '-') },
    scoring: { threads: 1 },
    ...(redisUrl && { redis: { url: redisUrl } }),
  };
  file = join(folder, 'sentiflux.yaml');
  writeFileSync(file, JSON.stringify(settings));
  config = configSchema.parse(settings);
  streams = await openStreams(config.streams, silentLogger);
  onTestFinished(() => streams.close());
  await streams.topics().create(topicSpecs(config.topics));
  model = await writeTestBundle(join(folder, 'model'), randomBundle(), {
    preprocessor: PREPROCESSOR_VERSION,
  });
});

/** A post a second from noon on, over both partitions. */
const post = (count: number, text = 'a fine day') =>
  send(
    streams,
    Array.from({ length: count }, (_, i) => ({
      topic: config.topics.posts,
      partition: i % 2,
      key: Buffer.from(`post-${i}`),
      value: Buffer.from(
        JSON.stringify({ id: `post-${i}`, text, createdAt: new Date(NOON + i * 1_000).toISOString() }),
      ),
      timestamp: epochMillis(NOON + i * 1_000),
    })),
  );
const replay = (...args: readonly string[]) => run(['replay', '--config', file, '--model', model, ...args]);
const aggregate = (...args: readonly string[]) => run(['aggregate', '--config', file, ...args]);
const keysOn = async (topic: string) =>
  (await recordsOn(streams, topic)).flat().map(({ key }) => String(key && Buffer.from(key)));

describe('replay', () => {
  it('writes one result a post to a topic that it makes, and says so', async () => {
    await post(10);
    await send(streams, [
      {
        topic: config.topics.posts,
        partition: 0,
        key: null,
        value: Buffer.from('no JSON'),
        timestamp: epochMillis(NOON),
      },
    ]);
    expect(await replay(...HOUR, '--output', 'again', '--create')).toEqual({
      status: 0,
      stdout: '11 posts replayed, 10 results written to again, rejected: SF_POST_NOT_JSON 1\n',
      stderr: '',
    });
    expect((await keysOn('again')).toSorted()).toEqual(
      Array.from({ length: 10 }, (_, i) => `post-${i}`).toSorted(),
    );
    for (const topic of [config.topics.scored, config.topics.deadLetters])
      expect(await keysOn(topic)).toEqual([]);
  });

  it('that was stopped goes on when it is run again, and then has nothing left', async () => {
    await post(60);
    const stopped = start(
      [
        'replay',
        '--config',
        file,
        '--model',
        model,
        ...HOUR,
        '--output',
        'again',
        '--create',
        '--rate',
        '20',
      ],
      {},
    );
    let said = '';
    stopped.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const closed = once(stopped, 'close');
    const isMade = async () => (await streams.topics().describe(['again'])).length === 1;
    await expect.poll(isMade, { timeout: 20_000 }).toBe(true);
    await expect.poll(async () => (await keysOn('again')).length, { timeout: 20_000 }).toBeGreaterThan(4);
    stopped.kill('SIGINT');
    expect(await closed).toEqual([130, null]);
    expect(said).toBe('stopped: the same command goes on with the rest\n');
    const before = (await keysOn('again')).length;
    expect(before).toBeLessThan(60);

    const { stdout, stderr } = await replay(...HOUR, '--output', 'again');
    expect(stderr).toBe(`${before} of 60 records are replayed already\n`);
    expect(stdout).toContain(`${60 - before} posts replayed`);
    const keys = await keysOn('again');
    expect([keys.length, new Set(keys).size]).toEqual([60, 60]);
    expect((await replay(...HOUR, '--output', 'again')).stderr).toBe('all of it is replayed already\n');
  }, 90_000);

  it('tells of records that are gone, and succeeds', async () => {
    await post(10);
    await streams.deleteBefore(config.topics.posts, new Map([[1, 3]]));
    const { status, stdout, stderr } = await replay(...HOUR, '--output', 'again', '--create');
    expect(status).toBe(0);
    expect(stderr).toBe(
      'SF_OFFSET_GAP posts.raw begins at 1:3: records of the range may have been deleted before it\n',
    );
    expect(stdout).toContain('7 posts replayed');
  });

  it('of a time without records says so', async () => {
    const { status, stderr } = await replay(...HOUR, '--output', 'again', '--create');
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'posts.raw holds no records of that time\n' });
  });

  it('is refused where its output is a live topic or missing, or its range ends before it begins', async () => {
    for (const topic of ['posts.raw', 'sentiment.scored', 'posts.dead-letters']) {
      expect(await replay(...HOUR, '--output', topic, '--create')).toEqual({
        status: 2,
        stdout: '',
        stderr: `SF_USAGE --output ${topic} is a topic of the live worker. Give a replay a topic of its own.\n`,
      });
    }
    expect(await replay(...HOUR, '--output', 'again')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'SF_TOPIC_MISSING there is no topic again for the results. Give --create to have it made.\n',
    });
    const backwards = ['--from', '2026-01-16', '--to', '2026-01-15'];
    expect(await replay(...backwards, '--output', 'again', '--create')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^SF_USAGE --from .* is after --to .*\n$/),
    });
  });
});

describe('aggregate', () => {
  it('is refused where the namespace is the live one or no name, or the store is in memory', async () => {
    const { namespace } = config.aggregation;
    expect(await aggregate('--from-topic', 'again', '--namespace', namespace)).toEqual({
      status: 2,
      stdout: '',
      stderr: `SF_USAGE ${namespace} is the namespace of the live windows. Give another --namespace.\n`,
    });
    expect(await aggregate('--from-topic', 'again', '--namespace', 'a b')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('It must be up to 64 of a-z, 0-9 and -.'),
    });
    const memory = { env: { SENTIFLUX_AGGREGATION_STORE: 'memory' } };
    const args = ['aggregate', '--config', file, '--from-topic', 'again', '--namespace', 'march'];
    expect(await run(args, memory)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('SF_USAGE aggregation.store is memory'),
    });
  });

  it('is refused where there is no such topic', async () => {
    expect(await aggregate('--from-topic', 'again', '--namespace', 'march')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^SF_TOPIC_MISSING there is no topic again\./),
    });
  });

  it.skipIf(redisUrl === undefined)('counts a replay, and says up to where', async () => {
    await post(10);
    await replay(...HOUR, '--output', 'again', '--create');
    const name = freshName('again').replaceAll('.', '-');
    const told = (records: number) => ({
      status: 0,
      stdout: [
        `${records} records of again read, 0 of them no results`,
        `${name}: 10 posts in windows, closed up to 2026-01-15T13:02:00.000Z; 0 future, 0 old, 0 second records, 0 deletions, 0 lost`,
        '',
      ].join('\n'),
      stderr: '',
    });
    expect(await aggregate('--from-topic', 'again', '--namespace', name)).toEqual(told(10));
    expect(await aggregate('--from-topic', 'again', '--namespace', name)).toEqual(told(0));
    expect(await aggregate('--from-topic', 'posts.raw', '--namespace', name)).toMatchObject({
      status: 2,
      stderr: `SF_USAGE the namespace ${name} cannot be filled from posts.raw: again fills it. Give another --namespace.\n`,
    });
  });
});
