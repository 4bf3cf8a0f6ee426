import { createRequire } from 'node:module';
import { CompressionTypes, type Transaction } from 'kafkajs';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { definitionsOf } from '../../src/streams/kafka/kafkajs-protocol.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { kafkaBrokers } from '../support/services.js';
import { otherClient, writeUnreadable } from './other-client.js';
import { freshName, freshTopic, numbered, read, recordsOf, textsOf, write } from './reader.js';

// As kafkajs has it.
const crc32c = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/crc32C') as (
  bytes: Buffer,
) => number;
const { streams: defaults } = configSchema.parse({});

describe.skipIf(kafkaBrokers === undefined)('what is fetched from Kafka', () => {
  let streams: Streams;
  const kafka = otherClient();

  beforeEach(async () => {
    const own = { ...defaults.kafka, brokers: kafkaBrokers ?? [] };
    streams = await openStreams({ ...defaults, kind: 'kafka', kafka: own }, silentLogger);
    onTestFinished(() => streams.close());
  });

  async function openTransaction(): Promise<Transaction> {
    const producer = kafka.producer({ transactionalId: freshName('transaction'), maxInFlightRequests: 1 });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    return producer.transaction();
  }

  it('has nothing of two transactions that are aborted, from the midst of both on', async () => {
    const topic = await freshTopic(streams);
    const [one, other] = [await openTransaction(), await openTransaction()];
    for (let i = 0; i < 3; i += 1) {
      for (const transaction of [one, other])
        await transaction.send({
          topic,
          messages: [
            { value: 'aborted', partition: 0 },
            { value: 'aborted too', partition: 0 },
          ],
        });
    }
    await write(streams, topic, ['plain']);
    await one.abort();
    await other.abort();
    await write(streams, topic, ['behind them']);
    // In a batch of the second one, which was not the first to begin.
    const reader = await read(streams, topic, { positionOf: async () => 7, settleAll: true });
    await reader.until(() => textsOf(reader.batches).includes('behind them'));
    expect(textsOf(reader.batches)).toEqual(['plain', 'behind them']);
    expect(reader.gaps).toEqual([]);
  });

  it('begins in the midst of a batch, compressed or not', async () => {
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
      const topic = await freshTopic(streams);
      const producer = kafka.producer();
      await producer.connect();
      onTestFinished(() => producer.disconnect());
      const messages = numbered(0, 10).map((value) => ({ value, partition: 0 }));
      await producer.send({ topic, compression, messages });
      const reader = await read(streams, topic, { positionOf: async () => 4 });
      await reader.records(6);
      expect(textsOf(reader.batches)).toEqual(numbered(4, 10));
    }
  });

  it('is messages, as ever, to another consumer of kafkajs in the same process', async () => {
    const topic = await freshTopic(streams);
    await write(streams, topic, ['one', 'two']);
    const reader = await read(streams, topic);
    await reader.records(2);
    const consumer = kafka.consumer({ groupId: freshName('group'), maxWaitTimeInMs: 100 });
    onTestFinished(() => consumer.disconnect());
    await consumer.subscribe({ topic, fromBeginning: true });
    const values: string[] = [];
    await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) });
    await expect.poll(() => values, { timeout: 20_000 }).toEqual(['one', 'two']);
  });

  it('has the offsets that the broker counts, where a producer wrote others into its batch', async () => {
    const topic = await freshTopic(streams);
    await write(streams, topic, ['before']);
    const producer = kafka.producer();
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    forgeOffsets([9, 9, 0]);
    await producer.send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ value, partition: 0 })) });
    const reader = await read(streams, topic);
    await reader.records(4);
    expect(reader.batches.flatMap(recordsOf).map(({ offset, value }) => [offset, String(value)])).toEqual([
      [0, 'before'],
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
  });

  it('ends the consumption, with what to do, where it is no records', async () => {
    const topic = await freshTopic(streams);
    const reader = await read(streams, topic);
    // As a broker would send it whose disk is damaged.
    await writeUnreadable(kafka, topic, async () => Buffer.alloc(100, 0xff));
    await expect(reader.records(1)).rejects.toMatchObject({
      code: 'SF_STREAM_CRASHED',
      message: expect.stringContaining(`from offset 0 on of ${topic}, partition 0, cannot be read`),
      hint: expect.stringContaining('move the group'),
    });
  });
});

/** For what kafkajs sends until the test ends: batches of records of 8 bytes, which are to claim these offsets. */
function forgeOffsets(deltas: readonly number[]): void {
  const definitions = definitionsOf<object>('produce');
  const known = definitions.protocol;
  onTestFinished(() => {
    definitions.protocol = known;
  });
  definitions.protocol = (which) => (question) => {
    const { request, response } = known(which)(question);
    const encode = async () => {
      const encoded = await request.encode();
      // The last of the request; a view of what is sent.
      const batch = encoded.buffer.subarray(-(61 + 8 * deltas.length));
      for (const [i, delta] of deltas.entries()) batch.writeUInt8(2 * delta, 61 + 8 * i + 3);
      batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
      return encoded;
    };
    return { request: { ...request, encode }, response };
  };
}
