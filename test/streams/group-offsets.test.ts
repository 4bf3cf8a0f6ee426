import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { Assignments } from '../../src/streams/assignment.js';
import { createClient } from '../../src/streams/kafka/client.js';
import { deliverExactlyOnce } from '../../src/streams/kafka/exactly-once.js';
import { type GroupMember, memberOf, watchGenerations } from '../../src/streams/kafka/group-generations.js';
import { inNameOf } from '../../src/streams/kafka/group-offsets.js';
import { definitionsOf, newCluster } from '../../src/streams/kafka/kafkajs-protocol.js';
import { openTransactionalProducer } from '../../src/streams/kafka/transactions.js';
import { openStreams } from '../../src/streams/open.js';
import { kafkaBrokers } from '../support/services.js';
import { freshName, freshTopic, read, textsOf, write } from './reader.js';
import { askForPartitions } from './sync-group.js';

/** A group with one member, and a producer that commits offsets of it. */
async function setUp() {
  const { streams: config } = configSchema.parse({ streams: { kafka: { brokers: kafkaBrokers } } });
  const streams = await openStreams({ ...config, kind: 'kafka' }, silentLogger);
  onTestFinished(() => streams.close());
  const [topic, group] = [await freshTopic(streams, 2), freshName('group')];
  const kafka = createClient(config.kafka, silentLogger);
  const cluster = newCluster(kafka);
  await cluster.connect();
  onTestFinished(() => cluster.disconnect());

  watchGenerations(group);
  const consumer = kafka.consumer({ groupId: group });
  const joined = new Promise<GroupMember>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberId } }) =>
      resolve(memberOf(group, memberId) ?? { memberId, generationId: -1 }),
    );
  });
  await consumer.connect();
  onTestFinished(() => consumer.disconnect());
  await consumer.subscribe({ topics: [topic] });
  await consumer.run({ eachMessage: async () => {}, autoCommit: false });

  /** What becomes of a result that a worker delivers, in the name of a member, after it had another name before. */
  const deliver = async ({ memberId, generationId }: GroupMember) => {
    const sink = await freshTopic(streams);
    const place = async () => [{ topic: sink, partition: 0, key: null, value: Buffer.from('result') }];
    const delivery = deliverExactlyOnce({ config: config.kafka, group, topic, place, logger: silentLogger });
    const assignments = new Assignments();
    const before = assignments.renew([0, 1]);
    askForPartitions(group, 'before', generationId);
    await delivery.begin(before, { memberId: 'before' });
    const assigned = assignments.renew([0, 1]);
    const [assignment] = assigned;
    if (assignment === undefined) throw new Error('no assignment');
    askForPartitions(group, memberId, generationId);
    await delivery.begin(assigned, { memberId });
    // What could not begin is tried again, also where it is over.
    await delivery.begin(before, { memberId: 'before' });
    const delivered = await delivery.deliver(
      assignment,
      [],
      1,
      () => {},
      () => {},
    );
    await delivery.close();
    await write(streams, sink, ['the end']);
    const reader = await read(streams, sink);
    await reader.until(() => textsOf(reader.batches).includes('the end'));
    const visible = textsOf(reader.batches);
    return { delivered, visible };
  };
  const commit = async (member: GroupMember, next: ReadonlyMap<number, number>) => {
    const place = async () => [];
    const transactionalId = freshName('transaction');
    const producer = await openTransactionalProducer({ cluster, transactionalId, group, place });
    try {
      await producer.commit({ outputs: [], onSent: () => {}, offsets: { member, topic, next } });
    } finally {
      await producer.close();
    }
  };
  const admin = kafka.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  const committed = async () => {
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return found?.partitions.map(({ offset }) => offset);
  };
  return { member: await joined, commit, committed, deliver };
}

describe.skipIf(kafkaBrokers === undefined)('offsets of a transaction', () => {
  it('are committed in the name of a member of the group in its generation, and of no other one', async () => {
    const { member, commit, committed } = await setUp();
    await commit(
      member,
      new Map([
        [0, 3],
        [1, 5],
      ]),
    );
    await expect.poll(committed).toEqual(['3', '5']);

    const older = { ...member, generationId: member.generationId - 1 };
    await expect(commit(older, new Map([[0, 9]]))).rejects.toMatchObject({ type: 'ILLEGAL_GENERATION' });
    const stranger = { ...member, memberId: `${member.memberId}-before` };
    await expect(commit(stranger, new Map([[0, 9]]))).rejects.toMatchObject({ type: 'UNKNOWN_MEMBER_ID' });
    await commit(member, new Map([[0, 4]]));
    await expect.poll(committed).toEqual(['4', '5']);
  });
});

describe.skipIf(kafkaBrokers === undefined)('a result that is delivered exactly once', () => {
  it('is dropped, with all of its transaction, where others have replaced the worker without its knowledge', async () => {
    const { member, committed, deliver } = await setUp();
    const older = { ...member, generationId: member.generationId - 1 };
    expect(await deliver(older)).toEqual({ delivered: 'dropped', visible: ['the end'] });
    expect(await committed()).toEqual(['-1', '-1']);
    expect(await deliver(member)).toEqual({ delivered: 'settled', visible: ['result', 'the end'] });
    await expect.poll(committed).toEqual(['1', '-1']);
  });
});

describe('the request that commits offsets of a transaction', () => {
  const question = (topics: ReturnType<typeof inNameOf>) => ({
    transactionalId: 'score/posts/0',
    producerId: '7',
    producerEpoch: 3,
    groupId: 'score',
    topics,
  });
  const offsets = [{ topic: 'posts', partitions: [{ partition: 0, offset: '3' }] }];
  const member = { memberId: 'worker-1', generationId: 5 };
  const versionOf = (topics: ReturnType<typeof inNameOf>, version: number) =>
    definitionsOf<ReturnType<typeof question>>('txnOffsetCommit').protocol({ version })(question(topics))
      .request.apiVersion;

  it('names no member for other users of kafkajs', () => {
    expect(versionOf(inNameOf(member, [...offsets]), 3)).toBe(3);
    expect(versionOf(offsets, 3)).toBe(1);
  });

  it('says what to do where the broker knows of no members', () => {
    expect(() => versionOf(inNameOf(member, [...offsets]), 2)).toThrow(
      expect.objectContaining({
        code: 'SF_STREAM_REFUSED',
        hint: expect.stringContaining('at-least-once'),
      }),
    );
    expect(versionOf(offsets, 1)).toBe(1);
  });
});
