import { KafkaJSProtocolError } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import type { Broker, Cluster } from '../../src/streams/kafka/kafkajs-protocol.js';
import { PartitionSend } from '../../src/streams/kafka/produce-requests.js';
import { TransactionalSends } from '../../src/streams/kafka/transactional-sends.js';

const TOPIC = 'scored';
const identity = { transactionalId: 'score/posts/0', producerId: '7', producerEpoch: 3 };

interface Sent {
  readonly nodeId: number;
  /** Partition and number of its first record. */
  readonly partitions: ReadonlyArray<readonly [partition: number, sequence: number]>;
}

/**
 * Two brokers, of which one leads the even partitions and the other one the odd ones.
 *
 * @param answer to what they are asked to write, in turn; by default all is written
 */
function setUp(answer: (sent: Sent, writes: (partition: number) => void) => void = () => {}) {
  const sent: Sent[] = [];
  let refreshed = 0;
  const broker = (nodeId: number) =>
    ({
      nodeId,
      async produce({ topicData, ...asked }) {
        expect(asked).toEqual({ ...identity, acks: -1 });
        const partitions = topicData.flatMap((topic) => topic.partitions);
        const request: Sent = {
          nodeId,
          partitions: partitions.map(({ partition, firstSequence }) => [partition, firstSequence]),
        };
        sent.push(request);
        const write = (number: number) => {
          for (const { partition, messages } of partitions)
            if (partition === number && messages instanceof PartitionSend) messages.acknowledge();
        };
        answer(request, write);
        for (const { partition } of partitions) write(partition);
      },
    }) as Broker; // Of which nothing else is asked here.
  const cluster = {
    addMultipleTargetTopics: async () => {},
    refreshMetadataIfNecessary: async () => {},
    async refreshMetadata() {
      refreshed += 1;
    },
    findBroker: async ({ nodeId }: { nodeId: number | string }) => broker(Number(nodeId)),
    findLeaderForPartitions: (_: string, [partition = 0]: readonly number[]) => ({
      [partition % 2]: [partition],
    }),
  } as unknown as Cluster; // Nor of it.
  const sends = new TransactionalSends(cluster, identity);
  const send = (...counts: ReadonlyArray<readonly [partition: number, records: number]>) =>
    sends.send(
      counts.map(
        ([partition, records]) =>
          new PartitionSend({ topic: TOPIC, partition, outputs: [], records, bytes: 100 * records }),
      ),
    );
  return { sent, send, refreshed: () => refreshed };
}

const failure = (type: string, retriable: boolean) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 0, retriable }));

describe('what a transaction sends', () => {
  it('goes to each broker in one request, and is numbered by partition', async () => {
    const { sent, send } = setUp();
    await send([0, 10], [1, 20], [2, 30]);
    await send([0, 5], [1, 5]);
    await send([0, 1], [2, 1]);
    expect(sent).toEqual([
      {
        nodeId: 0,
        partitions: [
          [0, 0],
          [2, 0],
        ],
      },
      { nodeId: 1, partitions: [[1, 0]] },
      { nodeId: 0, partitions: [[0, 10]] },
      { nodeId: 1, partitions: [[1, 20]] },
      {
        nodeId: 0,
        partitions: [
          [0, 15],
          [2, 30],
        ],
      },
    ]);
  });

  it('goes one request after the other where a partition has more than one takes', async () => {
    const { sent, send } = setUp();
    await send([0, 10], [0, 3]);
    expect(sent).toEqual([
      { nodeId: 0, partitions: [[0, 0]] },
      { nodeId: 0, partitions: [[0, 10]] },
    ]);
  });

  it('keeps its numbers when it is sent again, without what was written beside it', async () => {
    let refusals = 2;
    const { sent, send, refreshed } = setUp((_, write) => {
      refusals -= 1;
      if (refusals < 0) return;
      write(2);
      throw failure('NOT_LEADER_FOR_PARTITION', true);
    });
    await send([0, 10], [2, 20]);
    await send([0, 1], [2, 1]);
    expect(sent.map(({ partitions }) => partitions)).toEqual([
      [
        [0, 0],
        [2, 0],
      ],
      [[0, 0]],
      [[0, 0]],
      [
        [0, 10],
        [2, 20],
      ],
    ]);
    expect(refreshed()).toBe(2);
  });

  it('is given up at once where it is refused', async () => {
    const refused = failure('INVALID_PRODUCER_EPOCH', false);
    const { sent, send } = setUp(() => {
      throw refused;
    });
    await expect(send([0, 10])).rejects.toBe(refused);
    expect(sent).toHaveLength(1);
  });

  it('is numbered from 0 on behind the highest number', async () => {
    const { sent, send } = setUp();
    await send([0, 2 ** 31 - 3]);
    await send([0, 5]);
    await send([0, 1]);
    expect(sent.map(({ partitions }) => partitions)).toEqual([[[0, 0]], [[0, 2 ** 31 - 3]], [[0, 2]]]);
  });
});
