import type { Admin } from 'kafkajs';
import type { Logger } from '../../contracts/logger.js';
import type { Consumption, Producer, Streams, TopicAdmin } from '../port.js';
import { createTopicAdmin } from './admin.js';
import { createClient, type KafkaConfig } from './client.js';
import { registerCodecs } from './codecs.js';
import { startKafkaConsumer } from './consumer.js';
import { translated } from './errors.js';
import { openProducer } from './producer.js';

/**
 * Streams on Kafka through kafkajs, which stays behind the port: no other file knows it.
 *
 * @throws SentifluxError SF_STREAM_UNREACHABLE
 */
export async function openKafkaStreams(config: KafkaConfig, logger: Logger): Promise<Streams> {
  registerCodecs();
  const kafka = createClient(config, logger);
  const attempt = async <Result>(what: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw translated(error, what, config.brokers);
    }
  };
  const admin: Admin = kafka.admin();
  await attempt('cannot connect', () => admin.connect());
  const open = new Set<() => Promise<void>>();
  const tracked = <Resource extends { close(): Promise<void> }>(resource: Resource): Resource => {
    const close = async (): Promise<void> => {
      if (open.delete(close)) await resource.close();
    };
    open.add(close);
    return { ...resource, close };
  };
  const topics = createTopicAdmin(admin);

  return {
    partitions: (topic) =>
      attempt(`cannot describe the topic ${topic}`, async () => {
        const { topics: found } = await admin.fetchTopicMetadata({ topics: [topic] });
        return found[0]?.partitions.length ?? 0;
      }),
    consume: (options): Promise<Consumption> =>
      attempt(`cannot consume ${options.topic}`, async () =>
        tracked(await startKafkaConsumer({ kafka, admin, config, options, logger })),
      ),
    producer: (): Promise<Producer> =>
      attempt('cannot open a producer', async () => {
        const producer = await openProducer(kafka);
        return tracked({
          ...producer,
          send: (records: Parameters<Producer['send']>[0]) =>
            attempt('cannot write', () => producer.send(records)),
        });
      }),
    topics: (): TopicAdmin => ({
      create: (specs) => attempt('cannot create topics', () => topics.create(specs)),
      describe: (names) => attempt('cannot describe topics', () => topics.describe(names)),
    }),
    async close() {
      await Promise.all([...open].map((close) => close()));
      await admin.disconnect();
    },
  };
}
