import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import type { LiveEvent } from '../../src/contracts/live-feed.js';
import { type Logger, silentLogger } from '../../src/contracts/logger.js';
import type { Sink } from '../../src/contracts/sink.js';
import { alertRecord } from '../../src/pipelines/alerting.js';
import { startSinking } from '../../src/pipelines/sinking.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { scoredPost } from '../aggregation/posts.js';
import { alertOf } from '../alerting/alerts.js';
import { send } from '../streams/reader.js';

const config = configSchema.parse({ streams: { kind: 'memory' }, topics: { partitions: 1 } });
const { scored, alerts } = config.topics;

async function openTopics(): Promise<Streams> {
  const streams = await openStreams(config.streams, silentLogger);
  await streams.topics().create(topicSpecs(config.topics));
  onTestFinished(() => streams.close());
  return streams;
}

function start(streams: Streams, sink: Sink, logger: Logger = silentLogger) {
  return startSinking({
    sink,
    config,
    streams,
    random: () => 0,
    wait: async () => {},
    logger,
    onFailure: (error) => expect.unreachable(error.message),
  });
}

const result = (id: string) => ({
  topic: scored,
  key: Buffer.from(id),
  value: Buffer.from(JSON.stringify(scoredPost({ id }))),
});

describe('a sink', () => {
  it('gets what its outputs tell, in the order of each partition, and goes on there after a restart', async () => {
    const streams = await openTopics();
    const events: LiveEvent[] = [];
    const sink: Sink = {
      name: 'table',
      outputs: ['scored', 'alerts'],
      write: async (batch) => void events.push(...batch),
    };
    const first = await start(streams, sink);
    await send(streams, [result('a'), { topic: scored, key: Buffer.from('a'), value: null }]);
    await expect
      .poll(() => events)
      .toEqual([
        { kind: 'scored', post: scoredPost({ id: 'a' }) },
        { kind: 'deleted', id: 'a' },
      ]);
    await first.stop();

    events.length = 0;
    const alert = alertOf();
    await send(streams, [result('b'), alertRecord(alert, alerts)]);
    const second = await start(streams, sink);
    await expect.poll(() => events.length).toBe(2);
    await second.stop();
    expect(events).toEqual(
      expect.arrayContaining([
        { kind: 'scored', post: scoredPost({ id: 'b' }) },
        { kind: 'alert', alert },
      ]),
    );
  });

  it('that fails is asked again with the same events, and what comes after waits', async () => {
    const streams = await openTopics();
    const written: string[] = [];
    let failures = 2;
    const running = await start(streams, {
      name: 'table',
      outputs: ['scored'],
      async write(events) {
        if (failures > 0) {
          failures -= 1;
          throw new Error('the table is locked');
        }
        for (const event of events) if (event.kind === 'scored') written.push(event.post.id);
      },
    });
    await send(streams, [result('a')]);
    await send(streams, [result('b')]);
    await expect.poll(() => written).toEqual(['a', 'b']);
    expect(failures).toBe(0);
    await running.stop();
  });

  it('that has not taken its events when it is stopped gets them again', async () => {
    const streams = await openTopics();
    await send(streams, [result('a')]);
    let attempts = 0;
    const broken = await start(streams, {
      name: 'table',
      outputs: ['scored'],
      async write() {
        attempts += 1;
        // As an attempt would that waits: others must have their turn.
        await new Promise((resolve) => setTimeout(resolve, 5));
        throw new Error('away');
      },
    });
    await expect.poll(() => attempts).toBeGreaterThan(0);
    await broken.stop();

    const events: LiveEvent[] = [];
    const mended = await start(streams, {
      name: 'table',
      outputs: ['scored'],
      write: async (batch) => void events.push(...batch),
    });
    await expect.poll(() => events).toMatchObject([{ kind: 'scored', post: { id: 'a' } }]);
    await mended.stop();
  });

  it('does not see records that are none of ours, which are told', async () => {
    const streams = await openTopics();
    const told: object[] = [];
    const events: LiveEvent[] = [];
    const running = await start(
      streams,
      { name: 'table', outputs: ['scored'], write: async (batch) => void events.push(...batch) },
      { ...silentLogger, warn: (fields) => void told.push(fields) },
    );
    await send(streams, [{ topic: scored, key: Buffer.from('x'), value: Buffer.from('{}') }, result('b')]);
    await expect.poll(() => events).toMatchObject([{ kind: 'scored', post: { id: 'b' } }]);
    expect(told).toMatchObject([{ code: 'SF_RESULT_INVALID', sink: 'table', partition: 0, offset: 0 }]);
    await running.stop();
  });
});
