import { describe, expect, it, onTestFinished } from 'vitest';
import { type ConfigInput, configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { startWorker } from '../../src/pipelines/worker.js';
import { jetstreamServer, post } from '../sources/jetstream-server.js';
import { recordsOn, textOf } from './replays.js';

async function workerOf(sources: ConfigInput['sources']) {
  const config = configSchema.parse({
    streams: { kind: 'memory' },
    topics: { partitions: 1 },
    sources,
    aggregation: { store: 'memory' },
    alerting: { scheduler: 'memory' },
    ops: { port: 0 },
  });
  const worker = await startWorker({ config, roles: new Set(['ingest']), brands: [], logger: silentLogger });
  onTestFinished(() => worker.stop());
  return worker;
}

describe('the role ingest', () => {
  it('writes what the named sources tell to the topic of posts, each under its own cursor', async () => {
    const server = await jetstreamServer();
    const worker = await workerOf({ ingest: ['bluesky'], bluesky: { urls: [server.url] } });
    await expect.poll(() => server.asked.length).toBe(1);
    expect(await worker.readiness()).toEqual([
      { name: 'ingest', ready: true, detail: 'bluesky: nothing yet' },
    ]);
    server.emit(post(0, 'a'), post(1, 'b'));
    const texts = async (topic: string) =>
      (await recordsOn(worker.streams, topic)).flat().map(({ value }) => JSON.parse(textOf(value) ?? ''));
    await expect.poll(() => texts('posts.raw')).toMatchObject([{ text: 'post a' }, { text: 'post b' }]);
    const [{ key } = {}] = (await recordsOn(worker.streams, 'posts.cursors')).flat();
    expect(textOf(key)).toBe('bluesky');
    expect(await worker.readiness()).toMatchObject([
      { detail: 'bluesky: 2 posts, 0 edits, 0 deletions, 0 interruptions' },
    ]);
  });

  it('ends the worker where a source is refused', async () => {
    const server = await jetstreamServer();
    server.serve({ answer: { status: 403 } });
    const { failed } = await workerOf({ ingest: ['bluesky'], bluesky: { urls: [server.url] } });
    expect(await failed).toMatchObject({ code: 'SF_SOURCE_REFUSED' });
  });

  it('does not start without a source by itself, nor without what a source needs', async () => {
    await expect(workerOf({})).rejects.toMatchObject({
      code: 'SF_CONFIG_INVALID',
      message: 'sources.ingest names no source: the role has nothing to read.',
    });
    await expect(workerOf({ ingest: ['rss'] })).rejects.toMatchObject({
      code: 'SF_USAGE',
      message: 'no feed is named.',
    });
  });
});
