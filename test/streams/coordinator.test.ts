import { KafkaJSConnectionError, KafkaJSProtocolError } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { Coordinator, OF_GROUP, OF_TRANSACTION } from '../../src/streams/kafka/coordinator.js';
import type { Broker, Cluster } from '../../src/streams/kafka/kafkajs-protocol.js';

const answer = (type: string) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 0, retriable: true }));

/** A cluster in which each look-up finds another broker. */
function setUp(kind: typeof OF_GROUP | typeof OF_TRANSACTION = OF_TRANSACTION) {
  const questions: object[] = [];
  const broker = (nodeId: number) => ({ nodeId }) as Broker; // Of which nothing else is asked here.
  const cluster = {
    async findGroupCoordinator(question: object) {
      questions.push(question);
      return broker(questions.length);
    },
    findBroker: async ({ nodeId }: { nodeId: number | string }) => broker(Number(nodeId)),
  } as Cluster; // Nor of it.
  return { questions, coordinator: new Coordinator(cluster, 'worker', kind) };
}

/** Answers with each failure once, then with the broker that is asked. */
const failingWith = (...failures: readonly Error[]) => {
  const left = [...failures];
  return async ({ nodeId }: Broker) => {
    const failure = left.shift();
    if (failure !== undefined) throw failure;
    return nodeId;
  };
};

describe('a coordinator', () => {
  it('is looked up when it is asked first, and not again', async () => {
    const { questions, coordinator } = setUp(OF_GROUP);
    expect(questions).toEqual([]);
    expect(await coordinator.ask(failingWith())).toBe(1);
    expect(await coordinator.ask(failingWith())).toBe(1);
    expect(questions).toEqual([{ groupId: 'worker', coordinatorType: 0 }]);
  });

  it('is asked again while it ends the transaction before', async () => {
    const { questions, coordinator } = setUp();
    const ending = answer('CONCURRENT_TRANSACTIONS');
    expect(await coordinator.ask(failingWith(ending, ending, ending))).toBe(1);
    expect(questions).toHaveLength(1);
  });

  it.each(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS'])(
    'is looked up again where it says %s',
    async (type) => {
      const { coordinator } = setUp();
      expect(await coordinator.ask(failingWith(answer(type)))).toBe(2);
    },
  );

  it.each([
    ['refuses', answer('INVALID_PRODUCER_EPOCH')],
    ['is gone before it has answered', new KafkaJSConnectionError('closed')],
  ])('is not asked again where it %s, but looked up for the next request', async (_, failure) => {
    const { coordinator } = setUp();
    await expect(coordinator.ask(failingWith(failure))).rejects.toBe(failure);
    expect(await coordinator.ask(failingWith())).toBe(2);
  });
});
