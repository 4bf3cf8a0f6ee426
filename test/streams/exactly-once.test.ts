import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { OutputRecord, RecordBatch } from '../../src/contracts/record.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { kafkaBrokers } from '../support/services.js';
import { otherClient, sendOffset } from './other-client.js';
import { freshName, freshTopic, numbered, type Reader, read, recordsOf, textsOf, write } from './reader.js';

const { streams: defaults } = configSchema.parse({});

describe.skipIf(kafkaBrokers === undefined)('exactly once on Kafka', () => {
  let streams: Streams;
  // A worker that does not know that it has been replaced.
  const kafka = otherClient();

  beforeEach(async () => {
    streams = await openStreams(
      {
        ...defaults,
        kind: 'kafka',
        kafka: {
          ...defaults.kafka,
          brokers: kafkaBrokers ?? [],
          sessionTimeoutMs: 6_000,
          delivery: 'exactly-once',
        },
      },
      silentLogger,
    );
    onTestFinished(() => streams.close());
  });

  /** A producer with the transactional id of a group's partition. */
  async function rivalOf(group: string, topic: string, partition = 0) {
    const transactionalId = `${group}/${topic}/${partition}`;
    const producer = kafka.producer({ transactionalId, maxInFlightRequests: 1 });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    return producer;
  }

  const results = (batch: RecordBatch, topic: string): readonly OutputRecord[] =>
    recordsOf(batch).map(({ value }) => ({ topic, partition: 0, key: null, value }));

  /** Settles what comes, as the role `score` does. */
  async function settleAll(reader: Reader, sink: string, count: number): Promise<void> {
    let settled = 0;
    for (let next = 0; settled < count; next += 1) {
      await reader.until(() => reader.batches.length > next);
      const batch = reader.batches[next];
      if (batch === undefined) throw new Error('no batch came');
      const settlement = await reader.consumption.settle(batch, results(batch, sink));
      if (settlement === 'settled') settled += batch.length;
    }
  }

  /** A transaction has ended for its worker some milliseconds before the coordinator shows its offsets. */
  const committedToTheEnd = (group: string, topic: string) =>
    expect.poll(async () => (await streams.lagOf(group, topic)).get(0)).toBe(0);

  /** A reader that has a batch of each of three partitions. */
  async function threePartitions() {
    const [topic, sink, group] = [
      await freshTopic(streams, 3),
      await freshTopic(streams),
      freshName('group'),
    ];
    for (const partition of [0, 1, 2]) await write(streams, topic, [`of ${partition}`], partition);
    const reader = await read(streams, topic, { group });
    await reader.until(() => new Set(reader.batches.map(({ partition }) => partition)).size === 3);
    return { topic, sink, group, reader, batches: reader.batches };
  }

  it.each([0, 1])(
    'a new assignment ends at once what a dead worker has left open as partition %i',
    async (id) => {
      const [topic, sink, group] = [
        await freshTopic(streams, 2),
        await freshTopic(streams),
        freshName('group'),
      ];
      await write(streams, topic, ['one']);
      const dead = await rivalOf(group, topic, id);
      const open = await dead.transaction();
      await open.send({ topic: sink, messages: [{ value: 'of the dead', partition: 0 }] });
      await sendOffset(open, { group, topic, offset: 1 });

      const reader = await read(streams, topic, { group });
      await settleAll(reader, sink, 1);
      const written = await read(streams, sink);
      await written.records(1);
      expect(textsOf(written.batches)).toEqual(['one']);
      await expect(open.commit()).rejects.toThrow();
    },
  );

  it('begins where the transaction of a predecessor has ended', async () => {
    const [topic, sink, group] = [await freshTopic(streams), await freshTopic(streams), freshName('group')];
    await write(streams, topic, numbered(0, 3));
    const predecessor = await rivalOf(group, topic);
    const transaction = await predecessor.transaction();
    await transaction.send({ topic: sink, messages: [{ value: 'record 0', partition: 0 }] });
    await sendOffset(transaction, { group, topic, offset: 1 });
    await transaction.commit();

    const reader = await read(streams, topic, { group });
    await settleAll(reader, sink, 2);
    const written = await read(streams, sink);
    await written.records(3);
    expect(textsOf(written.batches)).toEqual(numbered(0, 3));
  });

  it('reads again what could not be committed, and commits it once', async () => {
    const [topic, sink, group] = [await freshTopic(streams), await freshTopic(streams), freshName('group')];
    await write(streams, topic, numbered(0, 30));
    const reader = await read(streams, topic, { group });
    await reader.records(30);
    // Raises the epoch: what the reader sends now is refused.
    const rival = await rivalOf(group, topic);
    await (await rival.transaction()).abort();

    await settleAll(reader, sink, 30);
    expect(reader.batches.length).toBeGreaterThan(3);
    await committedToTheEnd(group, topic);
    await write(streams, sink, ['the end']);
    const written = await read(streams, sink);
    await written.until(() => textsOf(written.batches).includes('the end'));
    expect(textsOf(written.batches)).toEqual([...numbered(0, 30), 'the end']);
  });

  it('shows nothing of a batch of which the broker refused a part', async () => {
    const [topic, sink, group] = [await freshTopic(streams), await freshTopic(streams), freshName('group')];
    const letters = await freshTopic(streams);
    await write(streams, topic, ['one']);
    const reader = await read(streams, topic, { group });
    await reader.records(1);
    const [batch] = reader.batches;
    if (batch === undefined) throw new Error('no batch came');
    const letter = { topic: letters, partition: 0, key: null, value: Buffer.alloc(2_000_000) };
    await expect(reader.consumption.settle(batch, [...results(batch, sink), letter])).rejects.toMatchObject({
      code: 'SF_STREAM_REFUSED',
      hint: expect.stringContaining('max.message.bytes'),
    });
    expect((await streams.lagOf(group, topic)).get(0)).toBe(1);

    // The broker has the result's number already; under a new epoch it takes the same number again.
    await settleAll(reader, sink, 1);
    await write(streams, sink, ['the end']);
    const written = await read(streams, sink);
    await written.records(2);
    expect(textsOf(written.batches)).toEqual(['one', 'the end']);
  });

  it('commits what several partitions have ready in one transaction', async () => {
    const { sink, reader, batches } = await threePartitions();
    const settled = batches.map((batch) => reader.consumption.settle(batch, results(batch, sink)));
    expect(await Promise.all(settled)).toEqual(['settled', 'settled', 'settled']);
    // Three results, and one marker behind them.
    await expect.poll(() => streams.ranges(sink)).toEqual(new Map([[0, { start: 0, end: 4 }]]));
  });

  it('gives nothing up beside what the broker refuses', async () => {
    const { topic, sink, group, reader, batches } = await threePartitions();
    const letter = { topic: sink, partition: 0, key: null, value: Buffer.alloc(2_000_000) };
    const settled = await Promise.allSettled(
      batches.map((batch) =>
        reader.consumption.settle(batch, batch.partition === 1 ? [letter] : results(batch, sink)),
      ),
    );
    const outcomes = new Map(batches.map(({ partition }, i) => [partition, settled[i]?.status]));
    expect(outcomes).toEqual(
      new Map(batches.map(({ partition }) => [partition, partition === 1 ? 'rejected' : 'fulfilled'])),
    );
    await write(streams, sink, ['the end']);
    const written = await read(streams, sink);
    await written.records(3);
    expect(textsOf(written.batches).toSorted()).toEqual(['of 0', 'of 2', 'the end']);
    await expect
      .poll(() => streams.lagOf(group, topic))
      .toEqual(
        new Map([
          [0, 0],
          [1, 1],
          [2, 0],
        ]),
      );
  });

  it('leaves a group at the end of its results, whose last offset is a marker', async () => {
    const [topic, sink, group] = [await freshTopic(streams), await freshTopic(streams), freshName('group')];
    await write(streams, topic, ['one']);
    const reader = await read(streams, topic, { group });
    await settleAll(reader, sink, 1);
    const sinkGroup = freshName('group');
    const written = await read(streams, sink, { group: sinkGroup, settleAll: true });
    await written.records(1);
    while ((await written.consumption.lag()).get(0) !== 0) await new Promise(setImmediate);
    await committedToTheEnd(sinkGroup, sink);
  });
});
