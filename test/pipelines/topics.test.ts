import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { checkTopics, topicProblems, topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { TopicSpec } from '../../src/streams/port.js';

const config = configSchema.parse({});
const { topics } = config;
const testCluster = { ...config, topics: { ...topics, replication: 1 } };

/** The topics as they are made, but for one of them. */
function standing(name: string, changed: Partial<TopicSpec>, specs = topicSpecs(topics)) {
  return specs.map((topic) =>
    topic.name === name
      ? { ...topic, ...changed, settings: { ...topic.settings, ...changed.settings } }
      : topic,
  );
}

describe('the topics', () => {
  it('are durable by default', () => {
    for (const { replication, settings } of topicSpecs(topics)) {
      expect(replication).toBe(3);
      expect(settings).toMatchObject({
        'min.insync.replicas': '2',
        'unclean.leader.election.enable': 'false',
      });
    }
  });

  it('never ask for more in-sync replicas than there are', () => {
    const [posts] = topicSpecs({ ...topics, replication: 1 });
    expect(posts?.settings['min.insync.replicas']).toBe('1');
  });

  it('are fine where they stand as they are made', () => {
    expect(topicProblems(config, topicSpecs(topics))).toEqual([]);
    expect(topicProblems(testCluster, topicSpecs(testCluster.topics))).toEqual([]);
  });

  it('must exist', () => {
    const found = topicSpecs(topics).filter(({ name }) => name !== 'sentiment.scored');
    expect(topicProblems(config, found)).toEqual(['sentiment.scored does not exist']);
  });

  it('must have equal partition counts where results follow their source', () => {
    expect(topicProblems(config, standing('posts.dead-letters', { partitions: 1 }))).toEqual([
      'posts.dead-letters has 1 partitions and posts.raw has 4: they must be equal',
    ]);
  });

  it.each<[Partial<TopicSpec>, string]>([
    [{ replication: 2 }, 'sentiment.scored has 2 replicas, not 3'],
    [{ settings: { 'min.insync.replicas': '1' } }, 'sentiment.scored has min.insync.replicas=1, not 2'],
    [
      { settings: { 'unclean.leader.election.enable': 'true' } },
      'sentiment.scored has unclean.leader.election.enable=true',
    ],
    [
      { settings: { 'cleanup.policy': 'compact' } },
      'sentiment.scored has cleanup.policy=compact, not delete',
    ],
    [
      { settings: { 'retention.ms': '3600000' } },
      'sentiment.scored has retention.ms=3600000, less than the 86400000 ms of aggregation.retractionHorizonMs',
    ],
  ])('must lose nothing: %j is refused', (changed, problem) => {
    expect(topicProblems(config, standing('sentiment.scored', changed))).toEqual([problem]);
  });

  it('may be kept without a limit, or for as long as posts can be corrected', () => {
    for (const retention of ['-1', '86400000']) {
      const settings = { 'retention.ms': retention };
      expect(topicProblems(config, standing('sentiment.scored', { settings }))).toEqual([]);
    }
  });

  it('of alerts must keep them for as long as they are shown', () => {
    const settings = { 'cleanup.policy': 'compact,delete', 'retention.ms': '604800000' };
    expect(topicProblems(config, standing('sentiment.alerts', { settings }))).toEqual([
      'sentiment.alerts has retention.ms=604800000, less than the 3024000000 ms for which alerts are kept',
    ]);
  });

  it('may have one replica where the configuration says that the cluster is for tests, and not elsewhere', () => {
    const found = standing(
      'posts.raw',
      { settings: { 'unclean.leader.election.enable': 'true' } },
      topicSpecs(testCluster.topics),
    );
    expect(topicProblems(testCluster, found)).toEqual([]);
    // Five topics with one replica, and one in-sync replica each; and the unclean election.
    expect(topicProblems(config, found)).toHaveLength(11);
  });

  it('stop the worker where they do not fit, with what to do', async () => {
    const streams = await openStreams({ ...config.streams, kind: 'memory' }, silentLogger);
    onTestFinished(() => streams.close());
    await streams.topics().create(topicSpecs(testCluster.topics));
    await expect(checkTopics(streams, testCluster)).resolves.toBeUndefined();
    await expect(checkTopics(streams, config)).rejects.toMatchObject({
      code: 'SF_TOPIC_MISMATCH',
      hint: expect.stringContaining('for a test cluster set topics.replication'),
    });
  });
});
