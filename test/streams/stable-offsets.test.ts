import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Admin, Kafka } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { createClient } from '../../src/streams/kafka/client.js';
import { fetchStableOffsets } from '../../src/streams/kafka/stable-offsets.js';
import { openStreams } from '../../src/streams/open.js';
import { kafkaBrokers } from '../support/services.js';
import { freshName, freshTopic } from './reader.js';

async function setUp(): Promise<{ kafka: Kafka; admin: Admin; group: string; topic: string }> {
  const { streams: config } = configSchema.parse({ streams: { kafka: { brokers: kafkaBrokers } } });
  const streams = await openStreams({ ...config, kind: 'kafka' }, silentLogger);
  onTestFinished(() => streams.close());
  const topic = await freshTopic(streams, 3);
  const kafka = createClient(config.kafka, silentLogger);
  const admin = kafka.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  return { kafka, admin, group: freshName('group'), topic };
}

/** A transaction that has an offset of partition 0 in it and has not ended. */
async function openTransaction({ kafka, group, topic }: Awaited<ReturnType<typeof setUp>>, offset: string) {
  const producer = kafka.producer({ transactionalId: freshName('transaction'), maxInFlightRequests: 1 });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  const transaction = await producer.transaction();
  await transaction.sendOffsets({
    consumerGroupId: group,
    topics: [{ topic, partitions: [{ partition: 0, offset }] }],
  });
  return transaction;
}

/** Tells of a process of its own whether Node follows its promises, before and after offsets were looked up. */
const FOLLOWS = `
  import { executionAsyncId } from 'node:async_hooks';
  import { fetchStableOffsets } from './src/streams/kafka/stable-offsets.ts';
  const isFollowed = async () => {
    await Promise.resolve();
    return executionAsyncId() !== 0;
  };
  const before = await isFollowed();
  let during;
  const fetchOffsets = async () => {
    during = await isFollowed();
    return [];
  };
  await fetchStableOffsets({ fetchOffsets }, { group: 'group', topic: 'posts', partitions: [0] });
  console.log(JSON.stringify([before, during, await isFollowed()]));
`;

describe('a look-up of stable offsets', () => {
  it('leaves no trace in the promises of the process, which would each cost more', async () => {
    const program = ['--import', './scripts/typescript.mjs', '--input-type=module', '--eval', FOLLOWS];
    const { stdout } = await promisify(execFile)(process.execPath, program);
    expect(JSON.parse(stdout)).toEqual([false, true, false]);
  });
});

describe.skipIf(kafkaBrokers === undefined)('stable offsets of a group', () => {
  it('are those that it has committed, of the partitions asked for', async () => {
    const { admin, group, topic } = await setUp();
    await admin.setOffsets({
      groupId: group,
      topic,
      partitions: [
        { partition: 0, offset: '5' },
        { partition: 1, offset: '6000000000' },
      ],
    });
    const question = { group, topic, partitions: [1, 2] };
    expect(await fetchStableOffsets(admin, question)).toEqual(new Map([[1, 6_000_000_000]]));
  });

  it('are none where it has committed nothing', async () => {
    const { admin, group, topic } = await setUp();
    expect(await fetchStableOffsets(admin, { group, topic, partitions: [0, 1, 2] })).toEqual(new Map());
  });

  it('wait for a transaction that has not ended, and have its offset once it is committed', async () => {
    const deployment = await setUp();
    const { admin, group, topic } = deployment;
    const transaction = await openTransaction(deployment, '7');
    const asked = fetchStableOffsets(admin, { group, topic, partitions: [0] });
    // Nobody has to wait for it who asks otherwise, or for another partition.
    expect(await admin.fetchOffsets({ groupId: group, topics: [topic] })).toMatchObject([
      { partitions: [{ offset: '-1' }, { offset: '-1' }, { offset: '-1' }] },
    ]);
    expect(await fetchStableOffsets(admin, { group, topic, partitions: [1] })).toEqual(new Map());
    await transaction.commit();
    expect(await asked).toEqual(new Map([[0, 7]]));
  });

  it('have the offset before a transaction that was given up', async () => {
    const deployment = await setUp();
    const { admin, group, topic } = deployment;
    await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '3' }] });
    const transaction = await openTransaction(deployment, '7');
    const asked = fetchStableOffsets(admin, { group, topic, partitions: [0] });
    await transaction.abort();
    expect(await asked).toEqual(new Map([[0, 3]]));
  });
});
