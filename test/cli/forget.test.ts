import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import { send } from '../streams/reader.js';
import { run } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const settings = (directory: string) => ({
  streams: { kind: 'file', file: { directory } },
  topics: { partitions: 1 },
  aggregation: { store: 'memory' },
  output: { authorKey: 'the key of the test' },
});

/** A worker's files with two posts of ann and one of bob. */
async function place() {
  const folder = temporaryFolder();
  const config = configSchema.parse(settings(folder));
  const file = join(folder, 'worker.yaml');
  writeFileSync(file, JSON.stringify(settings(folder)));
  const streams = await openStreams(config.streams, silentLogger);
  onTestFinished(() => streams.close());
  await streams.topics().create(topicSpecs(config.topics));
  const { posts: topic } = config.topics;
  await send(
    streams,
    ['ann', 'bob', 'ann'].map((author, i) => ({
      topic,
      key: Buffer.from(String(i)),
      value: Buffer.from(JSON.stringify({ text: 'made up', author })),
    })),
  );
  await streams.close();
  return { forget: (...args: readonly string[]) => run(['forget', '--config', file, ...args]) };
}

const TABLE = `
where      count  until at most  what
posts.raw  2      unknown        posts as they came
`;

describe('sentiflux forget', () => {
  it('says what it would do, does it, and has nothing to do the second time', async () => {
    const { forget } = await place();
    const tried = await forget('--author', 'ann', '--dry-run');
    expect(tried.stdout).toBe(
      `2 posts of the author found, 0 of them deleted before\nwould write 2 deletions to posts.raw\n\nthere now:${TABLE}`,
    );
    expect(tried.stderr).toContain('what is there is not looked at');

    const done = await forget('--author', 'ann', '--yes');
    expect(done.status).toBe(0);
    expect(done.stdout).toContain('2 deletions written to posts.raw; results, windows and feeds follow');

    const again = await forget('--author', 'ann', '--yes', '--json');
    expect(JSON.parse(again.stdout)).toEqual({
      posts: 2,
      deletedBefore: 2,
      deletions: 0,
      written: 0,
      dryRun: false,
      remains: [{ where: 'posts.raw', what: 'posts as they came', count: 2, until: 'unknown' }],
    });
  });

  it('writes nothing where nobody can be asked', async () => {
    const { forget } = await place();
    const { status, stderr } = await forget('--author', 'ann');
    expect(status).toBe(2);
    expect(stderr).toContain('SF_USAGE');
    expect((await forget('--author', 'ann', '--dry-run')).stdout).toContain('0 of them deleted before');
  });

  it('knows nobody of that name', async () => {
    const { forget } = await place();
    const { status, stdout } = await forget('--author', 'carol', '--yes');
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout:
        '0 posts of the author found, 0 of them deleted before\n0 deletions written to posts.raw; results, windows and feeds follow\nnothing is left\n',
    });
  });
});
