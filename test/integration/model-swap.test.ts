import { rename, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scoredPostSchema } from '../../src/contracts/scored-post.js';
import { randomBundle, writeTestBundle } from '../support/random-bundle.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { collect } from './collect.js';
import { deploy, type RunningWorker } from './deployment.js';

const POSTS_AT_ONCE = 40;
const PAUSE_MILLIS = 20;

/** A directory that is a link, as a release would be, and the bundles that it can lead to. */
async function releases() {
  const folder = temporaryFolder();
  await writeTestBundle(join(folder, 'first'), randomBundle({ seed: 1 }));
  await writeTestBundle(join(folder, 'second'), randomBundle({ seed: 2 }));
  await writeTestBundle(join(folder, 'broken'), randomBundle({ seed: 3 }));
  await truncate(join(folder, 'broken', 'weights.f32'), 1_000);
  const current = join(folder, 'current');
  await symlink('first', current);
  return {
    folder,
    current,
    async release(name: string): Promise<void> {
      await symlink(name, join(folder, 'next'));
      await rename(join(folder, 'next'), current);
    },
  };
}

async function logged(worker: RunningWorker, message: string): Promise<void> {
  while (!worker.log().includes(message)) await wait(50);
}

async function reload(worker: RunningWorker, directory: string) {
  const answer = await fetch(`${worker.opsAddress}/model/reload`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ directory }),
  });
  const body: unknown = await answer.json();
  return { status: answer.status, body };
}

async function scoredByApi(worker: RunningWorker): Promise<unknown> {
  const answer = await fetch(`${worker.address}/v1/score`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'good' }),
  });
  return answer.json();
}

describe.skipIf(kafkaBrokers === undefined || redisUrl === undefined)('a worker under a steady feed', () => {
  it('takes another model at SIGHUP, refuses a broken one, and scores each post once', async () => {
    const { folder, current, release } = await releases();
    const { config, streams, startWorker } = await deploy({ scoring: { model: current, threads: 2 } });
    const worker = await startWorker();

    const producer = await streams.producer();
    let sent = 0;
    let isFeeding = true;
    const feed = (async () => {
      for (; isFeeding; sent += POSTS_AT_ONCE) {
        await producer.send(
          Array.from({ length: POSTS_AT_ONCE }, (_, i) => ({
            topic: config.topics.posts,
            key: Buffer.from(`post-${sent + i}`),
            value: Buffer.from(JSON.stringify({ id: `post-${sent + i}`, text: `some letters ${sent + i}` })),
          })),
        );
        await wait(PAUSE_MILLIS);
      }
    })();
    onTestFinished(() => {
      isFeeding = false;
      return feed;
    });
    const isScoredBy = (version: string) =>
      collect(streams, config.topics.scored, (records) =>
        records.some(({ value }) => Buffer.from(value ?? []).includes(version)),
      );

    await isScoredBy('random-1');
    await release('second');
    worker.signal('SIGHUP');
    await logged(worker, 'another model is in use');
    await isScoredBy('random-2');
    expect(await scoredByApi(worker)).toMatchObject({ results: [{ model: { version: 'random-2' } }] });

    await release('broken');
    worker.signal('SIGHUP');
    await logged(worker, 'a model is refused');
    expect(worker.log()).toContain('weights.f32 is not the file that the manifest describes');
    expect(await reload(worker, join(folder, 'broken'))).toMatchObject({
      status: 422,
      body: { error: { code: 'SF_MODEL_INVALID' }, model: { version: 'random-2' } },
    });
    const atRefusal = sent;
    while (sent < atRefusal + 10 * POSTS_AT_ONCE) await wait(PAUSE_MILLIS);

    isFeeding = false;
    await feed;
    const scored = await collect(streams, config.topics.scored, ({ length }) => length >= sent);
    const posts = scored.map(({ value, headers }) => ({
      ...scoredPostSchema.parse(JSON.parse(Buffer.from(value ?? []).toString())),
      partition: Number(headers['sf-source-partition']),
      offset: Number(headers['sf-source-offset']),
    }));
    expect(posts.length).toBe(sent);
    expect(new Set(posts.map(({ id }) => id)).size).toBe(sent);
    for (const partition of [0, 1, 2, 3]) {
      const inOrder = posts
        .filter((post) => post.partition === partition)
        .sort((a, b) => a.offset - b.offset)
        .map(({ model }) => model.version);
      const stretches = inOrder.filter((version, i) => version !== inOrder[i - 1]);
      expect(stretches).toEqual(['random-1', 'random-2']);
    }

    const swapped = await reload(worker, join(folder, 'first'));
    expect(swapped).toMatchObject({
      status: 200,
      body: { from: { version: 'random-2' }, to: { version: 'random-1' }, millis: expect.any(Number) },
    });
    expect(await worker.end('SIGTERM')).toBe(0);
  }, 120_000);
});
