import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { type Logger, silentLogger } from '../../src/contracts/logger.js';
import { watchedStreams } from '../../src/pipelines/watched-streams.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { freshName, freshTopic, numbered, read, textsOf, write } from '../streams/reader.js';
import { kafkaBrokers } from '../support/services.js';

/** On Kafka a group must have been joined by then. */
const STALL = { memory: 400, kafka: 5_000 } as const;

/** Streams whose consumers fall silent: each hands on so many batches, those that are not named all. */
async function openSilent(kind: keyof typeof STALL, ...handedOn: readonly number[]) {
  const { streams: config } = configSchema.parse({ streams: { kind, kafka: { brokers: kafkaBrokers } } });
  const inner = await openStreams(config, silentLogger);
  onTestFinished(() => inner.close());
  let consumers = 0;
  const falling: Streams = {
    ...inner,
    consume(options) {
      let batchesLeft = handedOn[consumers] ?? Number.POSITIVE_INFINITY;
      consumers += 1;
      return inner.consume({
        ...options,
        onBatch(batch) {
          batchesLeft -= 1;
          if (batchesLeft >= 0) options.onBatch(batch);
        },
      });
    },
  };
  const logged: object[] = [];
  const log = (fields: object, message: string): void => void logged.push({ ...fields, message });
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  return {
    streams: watchedStreams(falling, { stallAfterMs: STALL[kind], logger }),
    logged,
    consumers: () => consumers,
  };
}

const settlesTo = (streams: Streams, group: string, topic: string, lag: number) =>
  expect.poll(async () => (await streams.lagOf(group, topic)).get(0), { timeout: 30_000 }).toBe(lag);

describe('a consumer that falls silent', () => {
  it.skipIf(kafkaBrokers === undefined)('is made anew on Kafka, too', () => isMadeAnew('kafka'), 60_000);

  it('is made anew, and nothing is lost', () => isMadeAnew('memory'));

  async function isMadeAnew(kind: keyof typeof STALL): Promise<void> {
    const { streams, logged, consumers } = await openSilent(kind, 1);
    const topic = await freshTopic(streams);
    const group = freshName('group');
    await write(streams, topic, numbered(0, 30));
    const reader = await read(streams, topic, { group, settleAll: true });
    await reader.records(30);
    await settlesTo(streams, group, topic, 0);
    expect(textsOf(reader.batches)).toEqual(numbered(0, 30));
    expect(consumers()).toBe(2);
    expect(logged).toMatchObject([{ code: 'SF_STREAM_STALLED', topic, stalls: [{ partition: 0, lag: 20 }] }]);
    expect(reader.failures).toEqual([]);
  }

  it('ends the worker where the next one is silent too', async () => {
    const { streams, consumers } = await openSilent('memory', 1, 0);
    const topic = await freshTopic(streams);
    await write(streams, topic, numbered(0, 30));
    const reader = await read(streams, topic, { settleAll: true });
    await expect(reader.until(() => false)).rejects.toMatchObject({
      code: 'SF_STREAM_STALLED',
      message: expect.stringContaining(`partition 0 of ${topic}`),
    });
    expect(textsOf(reader.batches)).toEqual(numbered(0, 10));
    expect(consumers()).toBe(2);
  });

  it('is made anew again where records came in between', async () => {
    const { streams, consumers } = await openSilent('memory', 1, 1);
    const topic = await freshTopic(streams);
    await write(streams, topic, numbered(0, 30));
    const reader = await read(streams, topic, { settleAll: true });
    await reader.records(30);
    expect(consumers()).toBe(3);
  });

  it('is left alone while the role works on what it has', async () => {
    const { streams, consumers } = await openSilent('memory', 1);
    const topic = await freshTopic(streams);
    await write(streams, topic, numbered(0, 30));
    const reader = await read(streams, topic);
    await reader.records(10);
    await new Promise((resolve) => setTimeout(resolve, 3 * STALL.memory));
    expect(consumers()).toBe(1);
  });

  it('is left alone in a live view', async () => {
    const { streams, consumers } = await openSilent('memory', 1);
    const topic = await freshTopic(streams);
    const reader = await read(streams, topic, { from: 'latest', settleAll: true });
    await write(streams, topic, numbered(0, 30));
    await reader.records(10);
    await new Promise((resolve) => setTimeout(resolve, 3 * STALL.memory));
    expect(consumers()).toBe(1);
  });
});

describe('what was handed on before the consumer was made anew', () => {
  it('is dropped, and read again', async () => {
    const { streams, consumers } = await openSilent('memory', 1);
    const topic = await freshTopic(streams, 2);
    const group = freshName('group');
    await write(streams, topic, numbered(0, 10), 0);
    // Stays with the role; the other partition, whose second batch never comes, stands still.
    const reader = await read(streams, topic, { group });
    await reader.records(10);
    const [held] = reader.batches;
    if (held === undefined) throw new Error('no batch came');
    await write(streams, topic, numbered(10, 20), 1);
    await expect.poll(consumers).toBe(2);
    await reader.until(() => reader.batches.length >= 3);
    expect(await reader.consumption.settle(held, [])).toBe('dropped');
    const again = reader.batches.slice(1).find(({ partition }) => partition === 0);
    if (again === undefined) throw new Error('it was not read again');
    expect(textsOf([again])).toEqual(numbered(0, 10));
    expect(await reader.consumption.settle(again, [])).toBe('settled');
    expect((await streams.lagOf(group, topic)).get(0)).toBe(0);
  });
});
