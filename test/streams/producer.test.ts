import { createRequire } from 'node:module';
import type { Kafka, ProducerBatch, RecordMetadata } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { definitionsOf } from '../../src/streams/kafka/kafkajs-protocol.js';
import { openProducer } from '../../src/streams/kafka/producer.js';
import { MOST_BATCH_BYTES } from '../../src/streams/kafka/requests.js';

const load = createRequire(import.meta.url);
const NO_ERROR = 0;
const NOT_LEADER = 6;
const TOO_LARGE = 10;

interface Question {
  readonly topicData: ReadonlyArray<{
    readonly topic: string;
    readonly partitions: ReadonlyArray<{
      readonly partition: number;
      readonly messages: { readonly length: number };
    }>;
  }>;
}

/** What one broker was asked to write in one request, as `topic/partition`. */
type Asked = readonly [broker: number, places: readonly string[]];

/**
 * kafkajs' own way of sending, over two brokers of which the first leads every partition, unless told otherwise.
 *
 * @param answer of a broker for a partition: an error code, or an error below the request
 * @param led who leads what, by partition: at first, and what has changed each time that kafkajs asks
 */
async function setUp(
  answer: (broker: number, partition: number, request: number) => number | Error,
  led: ReadonlyArray<Readonly<Record<number, number>>> = [],
) {
  const asked: Asked[] = [];
  const leaders = new Map<number, number>();
  const changes = [...led];
  function move(): void {
    for (const [partition, broker] of Object.entries(changes.shift() ?? {}))
      leaders.set(Number(partition), broker);
  }
  move();
  const brokers = [1, 2].map((nodeId) => ({
    nodeId,
    async produce(question: Question) {
      const places = question.topicData.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition }) => ({ topicName: topic, partition })),
      );
      asked.push([nodeId, places.map(({ topicName, partition }) => `${topicName}/${partition}`)]);
      const exchange = definitionsOf<Question>('produce').protocol({ version: 7 })(question);
      await exchange.request.encode();
      const request = asked.length;
      return exchange.response.parse({
        topics: places.map(({ topicName, partition }) => {
          const errorCode = answer(nodeId, partition, request);
          if (errorCode instanceof Error) throw errorCode;
          return { topicName, partitions: [{ partition, errorCode }] };
        }),
      });
    },
  }));
  const cluster = {
    refreshMetadataIfNecessary: async () => {},
    refreshMetadata: async () => move(),
    addMultipleTargetTopics: async () => {},
    findTopicPartitionMetadata: () => [{}],
    findLeaderForPartitions(_topic: string, partitions: readonly string[]) {
      const partitionsOf: Record<number, number[]> = {};
      for (const partition of partitions.map(Number)) {
        const leader = leaders.get(partition) ?? 1;
        partitionsOf[leader] = [...(partitionsOf[leader] ?? []), partition];
      }
      return partitionsOf;
    },
    findBroker: async ({ nodeId }: { nodeId: string }) => brokers[Number(nodeId) - 1],
    isConnected: () => true,
    removeBroker() {},
  };
  const eosManager = {
    isTransactional: () => false,
    acquireBrokerLock: async () => {},
    releaseBrokerLock: async () => {},
    getSequence: () => 0,
    updateSequence() {},
    getProducerId: () => -1,
    getProducerEpoch: () => 0,
  };
  const logger = { debug() {}, error() {} };
  const retrier = load('kafkajs/src/retry')({ initialRetryTime: 1, retries: 3 });
  const { sendBatch } = load('kafkajs/src/producer/messageProducer')({
    ...{ logger, cluster, eosManager, retrier, partitioner: () => 0, idempotent: false },
    getConnectionStatus: () => 'connected',
  }) as { sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]> };
  const kafka = { producer: () => ({ connect: async () => {}, disconnect: async () => {}, sendBatch }) };
  // What a producer needs of a client.
  const producer = await openProducer(kafka as unknown as Kafka, async (records) =>
    records.map((record) => ({ ...record, partition: record.partition ?? 0 })),
  );
  return { asked, send: (...partitions: readonly number[]) => producer.send(partitions.map(recordFor)) };
}

const recordFor = (partition: number) => ({
  topic: 'scored',
  partition,
  key: null,
  value: Buffer.from('{}'),
});

describe('a producer', () => {
  it('sends what comes in one turn of the event loop in one request to each broker', async () => {
    const { asked, send } = await setUp(() => NO_ERROR, []);
    await Promise.all([send(0, 1), send(2)]);
    await send(3);
    expect(asked).toEqual([
      [1, ['scored/0', 'scored/1', 'scored/2']],
      [1, ['scored/3']],
    ]);
  });

  it('keeps two requests of one partition apart, in their order', async () => {
    const { asked, send } = await setUp(() => NO_ERROR);
    await Promise.all([send(0), send(0, 1)]);
    expect(asked).toEqual([
      [1, ['scored/0']],
      [1, ['scored/0', 'scored/1']],
    ]);
  });

  it('sends no second time what was written beside a partition that has to be tried again', async () => {
    const { asked, send } = await setUp(
      (broker, partition) => (partition === 1 && broker === 1 ? NOT_LEADER : NO_ERROR),
      [{}, { 1: 2 }],
    );
    await send(0, 1);
    expect(asked).toEqual([
      [1, ['scored/0', 'scored/1']],
      [2, ['scored/1']],
    ]);
  });

  it('resolves what is written while others of its request are tried again', async () => {
    let isLed = false;
    const { send } = await setUp((_, partition) => (partition === 1 && !isLed ? NOT_LEADER : NO_ERROR));
    const other = send(1);
    await send(0);
    isLed = true;
    await other;
  });

  it('loses nothing where a leader is gone and the broker that has answered leads its partition then', async () => {
    const gone = Object.assign(new Error('Closed connection'), {
      name: 'KafkaJSConnectionClosedError',
      retriable: true,
    });
    const { asked, send } = await setUp((broker) => (broker === 2 ? gone : NO_ERROR), [{ 1: 2 }, { 1: 1 }]);
    await send(0, 1);
    expect(asked).toEqual([
      [1, ['scored/0']],
      [2, ['scored/1']],
      [1, ['scored/1']],
    ]);
  });

  it('refuses what a broker refuses, and tries again what was sent beside it', async () => {
    const { asked, send } = await setUp((_, partition, request) => {
      if (partition === 0) return TOO_LARGE;
      return request === 1 ? NOT_LEADER : NO_ERROR;
    });
    const [refused, beside] = await Promise.allSettled([send(0), send(1)]);
    expect(refused).toMatchObject({ reason: { type: 'MESSAGE_TOO_LARGE' } });
    expect(beside.status).toBe('fulfilled');
    expect(asked).toEqual([
      [1, ['scored/0', 'scored/1']],
      [1, ['scored/0']],
      [1, ['scored/1']],
    ]);
  });

  it('sends what is too much for one request of a partition one after the other', async () => {
    const { asked, send } = await setUp(() => NO_ERROR);
    expect(MOST_BATCH_BYTES).toBeLessThan(10_000 * 100);
    await send(...Array.from({ length: 15_000 }, () => 0), 1);
    expect(asked).toEqual([
      [1, ['scored/0', 'scored/1']],
      [1, ['scored/0']],
    ]);
  });
});
