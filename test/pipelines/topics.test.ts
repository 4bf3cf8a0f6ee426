import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { topicProblems, topicSpecs } from '../../src/pipelines/topics.js';

const { topics } = configSchema.parse({});

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
    expect(topicProblems(topics, topicSpecs(topics))).toEqual([]);
  });

  it('must exist', () => {
    const found = topicSpecs(topics).filter(({ name }) => name !== 'sentiment.scored');
    expect(topicProblems(topics, found)).toEqual(['sentiment.scored does not exist']);
  });

  it('must have equal partition counts where results follow their source', () => {
    const found = topicSpecs(topics).map((topic) =>
      topic.name === 'posts.dead-letters' ? { ...topic, partitions: 1 } : topic,
    );
    expect(topicProblems(topics, found)).toEqual([
      'posts.dead-letters has 1 partitions and posts.raw has 4: they must be equal',
    ]);
  });
});
