import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import type { LiveEvent } from '../../src/contracts/live-feed.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { alertRecord, silenceRecord } from '../../src/pipelines/alerting.js';
import { openLiveFeed } from '../../src/pipelines/live-feed.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import { scoredPost } from '../aggregation/posts.js';
import { alertOf, silenceOf } from '../alerting/alerts.js';
import { send } from '../streams/reader.js';

const config = configSchema.parse({ streams: { kind: 'memory' }, topics: { partitions: 1 } });

async function open() {
  const streams = await openStreams(config.streams, silentLogger);
  await streams.topics().create(topicSpecs(config.topics));
  const failures: Error[] = [];
  const feed = await openLiveFeed({
    config,
    streams,
    instance: 'one',
    logger: silentLogger,
    onFailure: (error) => failures.push(error),
  });
  onTestFinished(async () => {
    await feed.close();
    await streams.close();
  });
  const events: LiveEvent[] = [];
  feed.subscribe((event) => events.push(event));
  return { streams, events, failures };
}

describe('the live feed', () => {
  it('tells of alerts, and not of the silences beside them', async () => {
    const { streams, events, failures } = await open();
    const alert = alertOf();
    await send(streams, [
      silenceRecord(silenceOf(), config.topics.alerts),
      alertRecord(alert, config.topics.alerts),
    ]);
    await expect.poll(() => events).toEqual([{ kind: 'alert', alert }]);
    expect(failures).toEqual([]);
  });

  it('tells of results, and of posts that were deleted, however old they are', async () => {
    const { streams, events, failures } = await open();
    const topic = config.topics.scored;
    const post = scoredPost({ id: 'a' });
    await send(streams, [
      { topic, key: Buffer.from('a'), value: Buffer.from(JSON.stringify(post)) },
      { topic, key: Buffer.from('a'), value: null },
      { topic, key: null, value: null },
      { topic, key: Buffer.from('b'), value: Buffer.from('no result') },
      { topic, key: Buffer.from('a year old'), value: null },
    ]);
    await expect
      .poll(() => events)
      .toEqual([
        { kind: 'scored', post },
        { kind: 'deleted', id: 'a' },
        { kind: 'deleted', id: 'a year old' },
      ]);
    expect(failures).toEqual([]);
  });
});
