import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { createClient } from '../../src/streams/kafka/client.js';
import { rememberCoordinators } from '../../src/streams/kafka/coordinator-cache.js';
import { openStreams } from '../../src/streams/open.js';
import { kafkaBrokers } from '../support/services.js';
import { freshName, freshTopic } from './reader.js';

describe.skipIf(kafkaBrokers === undefined)('a transactional producer', () => {
  it('asks once for the coordinators of its transaction and of its group', async () => {
    const { streams: config } = configSchema.parse({ streams: { kafka: { brokers: kafkaBrokers } } });
    const streams = await openStreams({ ...config, kind: 'kafka' }, silentLogger);
    onTestFinished(() => streams.close());
    const [topic, group] = [await freshTopic(streams), freshName('group')];
    rememberCoordinators();
    const producer = createClient(config.kafka, silentLogger).producer({
      transactionalId: freshName('transaction'),
      maxInFlightRequests: 1,
    });
    const asked: string[] = [];
    producer.on(producer.events.REQUEST, ({ payload }) => asked.push(payload.apiName));
    await producer.connect();
    onTestFinished(() => producer.disconnect());

    const begun = performance.now();
    for (const offset of ['1', '2', '3']) {
      const transaction = await producer.transaction();
      const topics = [{ topic, partitions: [{ partition: 0, offset }] }];
      // The one before may not have ended for the coordinator yet.
      await expect
        .poll(() => transaction.sendOffsets({ consumerGroupId: group, topics }).then(() => 'taken', String), {
          timeout: 10_000,
        })
        .toBe('taken');
      await transaction.send({ topic, messages: [{ value: offset }] });
      await transaction.commit();
    }
    const windows = Math.ceil((performance.now() - begun) / 2_000);
    const lookups = asked.filter((name) => name === 'GroupCoordinator').length;
    expect(lookups).toBeGreaterThanOrEqual(2);
    // One for each every two seconds, however many transactions there are: otherwise 4 a transaction.
    expect(lookups).toBeLessThanOrEqual(2 * (windows + 1));
    expect(asked.filter((name) => name === 'EndTxn')).toHaveLength(3);
  });
});
