import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../src/contracts/logger.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { collect } from './collect.js';
import { deploy } from './deployment.js';

describe.skipIf(kafkaBrokers === undefined || redisUrl === undefined)('a worker without dead letters', () => {
  it('ends at the first bad post, says so, and passes over nothing', async () => {
    const { config, streams, startWorker } = await deploy();
    const { topics } = config;
    const producer = await streams.producer();
    const post = (id: string, value: string) =>
      producer.send([{ topic: topics.posts, partition: 0, key: Buffer.from(id), value: Buffer.from(value) }]);
    // A client of its own: kafkajs asks for all topics that a client has used at once, and fails where one is gone.
    const observer = await openStreams(config.streams, silentLogger);
    onTestFinished(() => observer.close());
    const unscored = async () => (await observer.lagOf(`${config.streams.group}.score`, topics.posts)).get(0);

    const worker = await startWorker();
    await post('first', '{"text":"The soup was cold."}');
    await expect.poll(unscored, { timeout: 30_000 }).toBe(0);
    await deleteTopic(topics.deadLetters);
    await post('bad', 'no JSON');
    await post('last', '{"text":"The bread was warm."}');

    expect(await worker.ended).toBe(1);
    const [line] = worker.log().trim().split('\n').slice(-1);
    expect(line).toMatch(/^SF_TOPIC_MISSING cannot settle a batch of /);
    expect(line).toContain(topics.deadLetters);
    expect(await unscored()).toBe(2);

    await observer.topics().create(topicSpecs(topics));
    const next = await startWorker();
    const [letter] = await collect(observer, topics.deadLetters, ({ length }) => length > 0);
    expect(letter).toMatchObject({ key: 'bad', headers: { 'sf-error-code': 'SF_POST_NOT_JSON' } });
    const scored = await collect(observer, topics.scored, (records) =>
      records.some(({ key }) => key === 'last'),
    );
    expect(new Set(scored.map(({ key }) => key))).toEqual(new Set(['first', 'last']));
    expect(await next.end('SIGTERM')).toBe(0);
  }, 180_000);
});

async function deleteTopic(topic: string): Promise<void> {
  const admin = new Kafka({ brokers: kafkaBrokers ?? [], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
}
