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
import { send } from '../streams/reader.js';
import { run } from '../support/cli.js';
import { randomBundle, writeTestBundle } from '../support/random-bundle.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const NOON = Date.UTC(2026, 0, 15, 12);
const HOUR = ['--from', '2026-01-15T12:00:00Z', '--to', '2026-01-15T13:00:00Z'] as const;
const TEXTS = ['Acme broke again', 'a fine day', 'Acme and Globex', 'the lift is on the left'];

let config: Config;
let streams: Streams;
let file: string;
let candidate: string;

beforeEach(async () => {
  const folder = temporaryFolder();
  const model = (name: string, seed: number) =>
    writeTestBundle(join(folder, name), randomBundle({ seed }), { preprocessor: PREPROCESSOR_VERSION });
  const brands = join(folder, 'brands.yaml');
  writeFileSync(
    brands,
    'brands: [{ id: acme, name: Acme, keywords: [acme] }, { id: globex, name: Globex, keywords: [globex] }]',
  );
  const settings = {
    streams: { kind: 'file', file: { directory: join(folder, 'streams') } },
    topics: { partitions: 2, replication: 1 },
    scoring: { threads: 1, model: await model('model', 1) },
    brands,
  };
  candidate = await model('candidate', 2);
  file = join(folder, 'sentiflux.yaml');
  writeFileSync(file, JSON.stringify(settings));
  config = configSchema.parse(settings);
  streams = await openStreams(config.streams, silentLogger);
  onTestFinished(() => streams.close());
  await streams.topics().create(topicSpecs(config.topics));
});

/** A post a second from noon on, over both partitions. */
const post = (count: number, values = (i: number) => JSON.stringify(postOf(i))) =>
  send(
    streams,
    Array.from({ length: count }, (_, i) => ({
      topic: config.topics.posts,
      partition: i % 2,
      key: Buffer.from(`post-${i}`),
      value: Buffer.from(values(i)),
      timestamp: epochMillis(NOON + i * 1_000),
    })),
  );
const postOf = (i: number) => ({
  id: `post-${i}`,
  text: TEXTS[i % TEXTS.length],
  createdAt: new Date(NOON + i * 1_000).toISOString(),
});
const shadow = (...args: readonly string[]) => run(['model', 'shadow', candidate, '--config', file, ...args]);

describe('model shadow', () => {
  it('tells for each brand what the other model would say of the live posts, and writes nothing', async () => {
    await post(12);
    const { status, stdout, stderr } = await shadow(...HOUR);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^posts\.raw from 2026-01-15T12:00:00\.000Z to .* runs now, .* may take its place\n/,
    );
    expect(stdout).toMatch(/^12 posts, 0 skipped$/m);
    expect(stdout).toMatch(
      /^acme +6 +\d+ +\d+ +\d+\.\d to \d+\.\d % \([+-]\d+\.\d\) +[+-]0\.\d+ to [+-]0\.\d+$/m,
    );
    expect(stdout).toMatch(/^globex +3 /m);
    expect(await recordsOn(streams, config.topics.scored)).toEqual([[], []]);
  });

  it('gives the same as JSON, without a post', async () => {
    await post(12, (i) => (i === 3 ? 'no JSON' : JSON.stringify(postOf(i))));
    const { stdout } = await shadow(...HOUR, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      topic: 'posts.raw',
      posts: 11,
      skipped: 1,
      brands: [
        { brand: 'acme', posts: 6 },
        { brand: 'globex', posts: 3 },
      ],
    });
    expect(stdout).not.toMatch(/post-\d|broke/);
  });

  it('takes the newest posts, where there are more than were asked for', async () => {
    await post(12);
    const { stdout } = await shadow(...HOUR, '--posts', '4', '--json');
    // The last two of each partition, which mention Acme and Globex in one of four.
    expect(JSON.parse(stdout)).toMatchObject({ posts: 4, brands: [{ posts: 2 }, { posts: 1 }] });
  });

  it('says so where there are no posts of that time', async () => {
    const { status, stdout, stderr } = await shadow('--from', '2026-01-16');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(/^posts\.raw holds no records from 2026-01-16T00:00:00\.000Z to .*\n$/),
    });
    expect(stdout).toMatch(/^0 posts, 0 skipped$/m);
  });

  it('refuses a number of posts that is none', async () => {
    expect(await shadow('--posts', '0')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('It must be a whole number above zero.'),
    });
  });
});
