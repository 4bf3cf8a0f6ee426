import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { createClient } from '../../src/streams/kafka/client.js';
import { startKafkaConsumer } from '../../src/streams/kafka/consumer.js';
import { type Delivery, deliverAtLeastOnce } from '../../src/streams/kafka/delivery.js';
import { createPlacement } from '../../src/streams/kafka/placement.js';
import { openStreams } from '../../src/streams/open.js';
import type { ConsumeOptions } from '../../src/streams/port.js';
import { kafkaBrokers } from '../support/services.js';
import { connections, freshTopic, numbered, read, textsOf, write } from './reader.js';

/**
 * A consumer whose first delivery finds no coordinator that takes its offset. A broker that moves its groups while
 * it loads them brings that about, which takes three of them and chance: the fault suite has it.
 */
async function setUp() {
  const { streams: config } = configSchema.parse({ streams: { kafka: { brokers: kafkaBrokers } } });
  const streams = await openStreams({ ...config, kind: 'kafka' }, silentLogger);
  onTestFinished(() => streams.close());
  const topic = await freshTopic(streams);
  const kafka = createClient(config.kafka, silentLogger);
  const admin = kafka.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());

  const atLeastOnce = deliverAtLeastOnce(kafka, topic, createPlacement(admin));
  let deliveries = 0;
  const delivery: Delivery = {
    ...atLeastOnce,
    async deliver(...given) {
      deliveries += 1;
      return deliveries === 1 ? 'no-coordinator' : atLeastOnce.deliver(...given);
    },
  };
  const consume = (options: ConsumeOptions) =>
    startKafkaConsumer({ kafka, admin, config: config.kafka, options, delivery, logger: silentLogger });
  return { streams, topic, consume };
}

describe.skipIf(kafkaBrokers === undefined)(
  'a consumer whose group has no coordinator that takes offsets',
  () => {
    it('joins again, drops what it had handed on, and reads it once more', async () => {
      const { streams, topic, consume } = await setUp();
      await write(streams, topic, numbered(0, 10));
      const reader = await read({ consume }, topic);
      await reader.records(10);
      const [dropped] = reader.batches;
      if (dropped === undefined) throw new Error('no batch came');
      expect(await reader.consumption.settle(dropped, [])).toBe('dropped');

      await reader.records(20);
      const [, again] = reader.batches;
      if (again === undefined) throw new Error('no batch came again');
      expect(textsOf([again])).toEqual(numbered(0, 10));
      expect(await reader.consumption.settle(again, [])).toBe('settled');
      expect(await reader.consumption.lag()).toEqual(new Map([[0, 0]]));
    });

    it('leaves no connection open where it is closed while it joins again', async () => {
      const { streams, topic, consume } = await setUp();
      await write(streams, topic, numbered(0, 10));
      const before = connections();
      const reader = await read({ consume }, topic);
      await reader.records(10);
      for (const batch of reader.batches) await reader.consumption.settle(batch, []);
      await reader.consumption.close();
      expect(connections()).toBe(before);
    });
  },
);
