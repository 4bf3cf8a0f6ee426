import { setTimeout as wait } from 'node:timers/promises';
import { KafkaJSNonRetriableError } from 'kafkajs';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { scan } from '../../src/streams/scan.js';
import { kafkaBrokers } from '../support/services.js';
import { otherClient, writeUnreadable } from './other-client.js';
import { connections, freshName, freshTopic, numbered, read, textsOf, write } from './reader.js';

const { streams: defaults } = configSchema.parse({});

type Delivery = typeof defaults.kafka.delivery;

const open = (brokers: readonly string[], delivery: Delivery = 'at-least-once'): Promise<Streams> =>
  openStreams(
    { ...defaults, kind: 'kafka', kafka: { ...defaults.kafka, brokers: [...brokers], delivery } },
    silentLogger,
  );

describe('streams on a Kafka that is not there', () => {
  it('say which brokers were tried', async () => {
    await expect(open(['127.0.0.1:1'])).rejects.toMatchObject({
      code: 'SF_STREAM_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:1'),
      hint: expect.stringContaining('streams.kafka.brokers'),
    });
  });
});

describe.skipIf(kafkaBrokers === undefined)('streams on Kafka', () => {
  let streams: Streams;
  const kafka = otherClient();

  beforeEach(async () => {
    streams = await open(kafkaBrokers ?? []);
    onTestFinished(() => streams.close());
  });

  async function deleteBefore(topic: string, offset: number): Promise<void> {
    const admin = kafka.admin();
    await admin.connect();
    // Deleting looks the leaders up in what kafkajs already knows of the topic.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
    await admin.disconnect();
  }

  it('hand on few records at first, then twice as many each time, so that the first results come soon', async () => {
    const topic = await freshTopic(streams);
    await write(streams, topic, numbered(0, 200));
    const reader = await read(streams, topic, { maxBatchRecords: 50 });
    await reader.records(200);
    expect(reader.batches.map(({ length }) => length)).toEqual([16, 32, 50, 50, 50, 2]);
    expect(textsOf(reader.batches)).toEqual(numbered(0, 200));
  });

  it('report the records that were deleted before a group came back for them', async () => {
    const topic = await freshTopic(streams);
    const group = freshName('group');
    await write(streams, topic, numbered(0, 30));
    const first = await read(streams, topic, { group, maxBatchRecords: 5 });
    await first.records(30);
    const [batch] = first.batches;
    if (batch === undefined) throw new Error('no batch came');
    await first.consumption.settle(batch, []);
    await first.consumption.close();
    await deleteBefore(topic, 20);

    const second = await read(streams, topic, { group });
    await second.records(10);
    expect(second.gaps).toEqual([{ partition: 0, from: 5, to: 20 }]);
    expect(textsOf(second.batches)).toEqual(numbered(20, 30));
  });

  it('report the records that were deleted while they waited to be read', async () => {
    const topic = await freshTopic(streams);
    await write(streams, topic, numbered(0, 10));
    const reader = await read(streams, topic, { maxInFlight: { records: 10, bytes: 1_000_000 } });
    await reader.records(10);
    await write(streams, topic, numbered(10, 30));
    await deleteBefore(topic, 25);
    for (const batch of [...reader.batches]) await reader.consumption.settle(batch, []);
    await reader.records(15);
    expect(reader.gaps).toEqual([{ partition: 0, from: 10, to: 25 }]);
    expect(textsOf(reader.batches)).toEqual([...numbered(0, 10), ...numbered(25, 30)]);
  });

  it('report nothing for a group that begins at the start of a log that was cut', async () => {
    const topic = await freshTopic(streams);
    await write(streams, topic, numbered(0, 30));
    await deleteBefore(topic, 20);
    const reader = await read(streams, topic);
    await reader.records(10);
    expect(reader.gaps).toEqual([]);
  });

  it('show what was committed in transactions, and the gaps of their markers are none', async () => {
    const topic = await freshTopic(streams);
    const producer = kafka.producer({ transactionalId: freshName('transaction'), maxInFlightRequests: 1 });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    for (const end of ['commit', 'abort', 'commit', 'abort'] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: end, partition: 0 }] });
      await transaction[end]();
    }
    const reader = await read(streams, topic, { settleAll: true });
    await reader.records(2);
    await write(streams, topic, ['plain']);
    await reader.records(3);
    expect(textsOf(reader.batches)).toEqual(['commit', 'commit', 'plain']);
    expect(reader.gaps).toEqual([]);
    // Eight offsets of the transactions and their markers, and one record behind them.
    expect(reader.batches.at(-1)?.nextOffset).toBe(9);
  });

  it('are scanned to an end that only markers of transactions make up', async () => {
    const topic = await freshTopic(streams);
    const producer = kafka.producer({ transactionalId: freshName('transaction'), maxInFlightRequests: 1 });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    for (const end of ['commit', 'abort'] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: end, partition: 0 }] });
      await transaction[end]();
    }
    // The broker answers before the markers are written, and its end comes after them.
    await expect.poll(() => streams.ranges(topic)).toEqual(new Map([[0, { start: 0, end: 4 }]]));
    const ranges = await streams.ranges(topic);
    const offsets: number[] = [];
    for await (const { offset } of scan(streams, { topic, group: freshName('scan'), ranges })) {
      offsets.push(offset);
    }
    expect(offsets).toEqual([0]);
  });

  it.each([0, 2])('are not behind where only an aborted transaction follows %i records', async (records) => {
    const topic = await freshTopic(streams);
    const group = freshName('group');
    if (records > 0) await write(streams, topic, numbered(0, records));
    const reader = await read(streams, topic, { group, settleAll: true });
    await reader.records(records);
    const producer = kafka.producer({ transactionalId: freshName('transaction'), maxInFlightRequests: 1 });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'aborted', partition: 0 }] });
    await transaction.abort();
    const end = async () => (await streams.lagOf(freshName('nobody'), topic)).get(0);
    while ((await end()) !== records + 2) await new Promise(setImmediate);
    while ((await reader.consumption.lag()).get(0) !== 0) await new Promise(setImmediate);
    // As the group's own tools see it too, also where it has read no record since it joined.
    expect((await streams.lagOf(group, topic)).get(0)).toBe(0);
    await write(streams, topic, ['plain']);
    expect((await reader.records(records + 1)).at(-1)?.value?.toString()).toBe('plain');
    expect(reader.gaps).toEqual([]);
  });

  it('read from the start where the position is of another, longer log', async () => {
    const topic = await freshTopic(streams);
    await write(streams, topic, numbered(0, 3));
    const reader = await read(streams, topic, { positionOf: async () => 1_000 });
    await reader.records(3);
    expect(textsOf(reader.batches)).toEqual(numbered(0, 3));
  });

  it('end a consumption whose position cannot be found', async () => {
    const topic = await freshTopic(streams);
    const reader = await read(streams, topic, {
      positionOf: async () => {
        throw new Error('the store is away');
      },
    });
    await expect(reader.records(1)).rejects.toThrow('the store is away');
  });

  it('end a consumption, with the reason, when its consumer has crashed for good', async () => {
    const topic = await freshTopic(streams);
    const reader = await read(streams, topic, { settleAll: true });
    await write(streams, topic, ['plain']);
    await reader.records(1);
    // As kafkajs does with a codec that it does not know, but for reading alone, and before there is anything to read.
    await writeUnreadable(kafka, topic, () => {
      throw new KafkaJSNonRetriableError('Snappy compression not implemented');
    });
    await write(streams, topic, ['behind it']);
    await expect(reader.records(3)).rejects.toMatchObject({
      code: 'SF_STREAM_CRASHED',
      message: expect.stringContaining('Snappy compression not implemented'),
    });
  });

  it('say what is wrong with a topic that the broker refuses', async () => {
    const spec = { name: freshName('topic'), partitions: 1, replication: 100, settings: {} };
    await expect(streams.topics().create([spec])).rejects.toMatchObject({
      code: 'SF_STREAM_REFUSED',
      hint: expect.stringContaining('topics.replication'),
    });
  });

  it('say what is wrong with a post that is ahead of the clock, on a topic of posts', async () => {
    const [posts] = topicSpecs(configSchema.parse({ topics: { replication: 1 } }).topics);
    if (posts === undefined) throw new Error('no topic of posts');
    const topic = freshName('topic');
    await streams.topics().create([{ ...posts, name: topic }]);
    const producer = await streams.producer();
    const send = (ahead: number) =>
      producer.send([
        { topic, key: null, value: Buffer.from('a'), timestamp: epochMillis(Date.now() + ahead) },
      ]);
    await send(-86_400_000);
    await send(60_000);
    await expect(send(3_600_000)).rejects.toMatchObject({
      code: 'SF_STREAM_REFUSED',
      hint: expect.stringContaining("producer's clock"),
    });
  });

  it('say what is wrong with a record that is too large', async () => {
    const topic = await freshTopic(streams);
    const producer = await streams.producer();
    const value = Buffer.alloc(2_000_000);
    await expect(producer.send([{ topic, partition: 0, key: null, value }])).rejects.toMatchObject({
      code: 'SF_STREAM_REFUSED',
      hint: expect.stringContaining('max.message.bytes'),
    });
  });

  it.each(['at-least-once', 'exactly-once'] as const)(
    'leave no connection open when they are closed while partitions are about to begin, %s',
    async (delivery) => {
      const topic = await freshTopic(streams, 4);
      const before = connections();
      for (let millis = 0; millis < 100; millis += 10) {
        const closed = await open(kafkaBrokers ?? [], delivery);
        await read(closed, topic, { group: freshName('group') });
        await wait(millis);
        await closed.close();
      }
      // A look-up that was under way would connect after the closing.
      await wait(500);
      expect(connections()).toBeLessThanOrEqual(before);
    },
  );

  it('leave no group of a live view behind', async () => {
    const topic = await freshTopic(streams);
    const group = freshName('live');
    const reader = await read(streams, topic, { group, from: 'latest' });
    await reader.consumption.close();
    const admin = kafka.admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    await admin.disconnect();
    expect(groups.map(({ groupId }) => groupId)).not.toContain(group);
  });
});
