import type { Kafka, RetryOptions } from 'kafkajs';
import type { Logger } from '../../contracts/logger.js';
import type { Output } from '../../contracts/output-batch.js';
import type { ConsumeOptions, Consumption, Producer, Streams } from '../port.js';
import { createTopicAdmin } from './admin.js';
import { createClient, type KafkaConfig } from './client.js';
import { registerCodecs } from './codecs.js';
import { startKafkaConsumer } from './consumer.js';
import { type Delivery, deliverAtLeastOnce, deliverUncommitted } from './delivery.js';
import { translated } from './errors.js';
import { deliverExactlyOnce } from './exactly-once.js';
import { withSteadyLookups } from './offset-lookups.js';
import { createPlacement } from './placement.js';
import { openProducer } from './producer.js';

const FIRST_RETRY: RetryOptions = { initialRetryTime: 100, retries: 3 };

/**
 * Streams on Kafka through kafkajs, which stays behind the port: no other file knows it.
 *
 * @throws SentifluxError SF_STREAM_UNREACHABLE, SF_STREAM_REFUSED
 */
export async function openKafkaStreams(config: KafkaConfig, logger: Logger): Promise<Streams> {
  registerCodecs();
  const kafka = createClient(config, logger);
  const admin = withSteadyLookups(kafka.admin());
  const topics = createTopicAdmin(admin);
  const place = createPlacement(admin);
  const open = new Set<() => Promise<void>>();

  const attempt = async <Result>(what: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw translated(error, what, config);
    }
  };
  /** Closes a resource once, at the latest with the streams. */
  const tracked = <Resource extends { close(): Promise<void> }>(resource: Resource): Resource => {
    const close = async (): Promise<void> => {
      if (open.delete(close)) await resource.close();
    };
    open.add(close);
    return { ...resource, close };
  };

  function deliveryFor(own: Kafka, { topic, group, from, positionOf }: ConsumeOptions): Delivery {
    if (from === 'latest') return deliverUncommitted(own, place);
    // A position that is kept elsewhere would be no part of the transaction.
    if (config.delivery === 'exactly-once' && positionOf === undefined)
      return deliverExactlyOnce({ config, group, topic, place, logger });
    return deliverAtLeastOnce(own, topic, place);
  }

  const partitions = (topic: string): Promise<number> =>
    attempt(`cannot describe the topic ${topic}`, async () => {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
      return found[0]?.partitions.length ?? 0;
    });

  if (!config.tls.enabled && config.sasl !== undefined && !config.sasl.mechanism.startsWith('SCRAM')) {
    logger.warn(
      { mechanism: config.sasl.mechanism },
      'the login to Kafka goes over the network unencrypted: set streams.kafka.tls.enabled',
    );
  }
  await attempt('cannot connect', async () => {
    await probe(config, logger);
    await admin.connect();
  });

  return {
    partitions,

    async consume(options): Promise<Consumption> {
      await partitions(options.topic);
      // A client of its own: kafkajs shares a group's offsets between the consumers of a client.
      const own = createClient(config, logger);
      const delivery = deliveryFor(own, options);
      const consumption = await attempt(`cannot consume ${options.topic}`, () =>
        startKafkaConsumer({ kafka: own, admin, config, options, delivery, logger }),
      );
      return tracked({
        ...consumption,
        settle: (batch, outputs, onSent) =>
          attempt(`cannot settle a batch of ${options.topic} with records for ${namesOf(outputs)}`, () =>
            consumption.settle(batch, outputs, onSent),
          ),
        lag: () => attempt(`cannot read the lag of ${options.topic}`, () => consumption.lag()),
      });
    },

    async producer(): Promise<Producer> {
      const producer = await attempt('cannot open a producer', () => openProducer(kafka, place));
      return tracked({
        ...producer,
        send: (outputs) => attempt(`cannot write to ${namesOf(outputs)}`, () => producer.send(outputs)),
      });
    },

    topics: () => ({
      create: (specs) => attempt('cannot create topics', () => topics.create(specs)),
      describe: (names) => attempt('cannot describe topics', () => topics.describe(names)),
    }),

    lagOf: (group, topic) =>
      attempt(`cannot read the lag of ${group} on ${topic}`, async () => {
        const [ends, committed] = await Promise.all([
          admin.fetchTopicOffsets(topic),
          admin.fetchOffsets({ groupId: group, topics: [topic] }),
        ]);
        const positions = new Map(
          committed[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
        );
        return new Map(
          ends.map(({ partition, low, high }) => {
            const position = Math.max(Number(low), positions.get(partition) ?? 0);
            return [partition, Math.max(0, Number(high) - position)];
          }),
        );
      }),

    ranges: (topic) =>
      attempt(`cannot read the offsets of ${topic}`, async () => {
        // Soon says that there is no such topic, which asking for offsets tries again for some seconds.
        await partitions(topic);
        const offsets = await admin.fetchTopicOffsets(topic);
        return new Map(
          offsets.map(({ partition, low, high }) => [partition, { start: Number(low), end: Number(high) }]),
        );
      }),

    offsetsAt: (topic, time) =>
      attempt(`cannot read the offsets of ${topic} by time`, async () => {
        await partitions(topic);
        // Times below 0 mean something else to a broker.
        const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, Math.max(0, time));
        return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
      }),

    deleteBefore: (topic, offsets) =>
      attempt(`cannot delete records of ${topic}`, async () => {
        await partitions(topic);
        // Also lets kafkajs know the leaders, which it does not look up before it deletes.
        const ranges = await admin.fetchTopicOffsets(topic);
        const cuts = ranges.flatMap(({ partition, low }) => {
          const offset = offsets.get(partition);
          return offset !== undefined && offset > Number(low) ? [{ partition, offset: String(offset) }] : [];
        });
        if (cuts.length > 0) await admin.deleteTopicRecords({ topic, partitions: cuts });
      }),

    async close() {
      await Promise.all([...open].map((close) => close()));
      await admin.disconnect();
    },
  };
}

/** Tells soon that a broker's address or a login is wrong, where later requests are patient. */
async function probe(config: KafkaConfig, logger: Logger): Promise<void> {
  const admin = createClient(config, logger, FIRST_RETRY).admin();
  try {
    await admin.connect();
    // A broker lets anybody connect, and closes the connection at the first request without a login.
    await admin.describeCluster();
  } finally {
    await admin.disconnect();
  }
}

function namesOf(outputs: readonly Output[]): string {
  return [...new Set(outputs.map(({ topic }) => topic))].join(', ') || 'no topic';
}
