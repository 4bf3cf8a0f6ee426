import kafkajs, { type Admin } from 'kafkajs';
import type { TopicAdmin, TopicSpec } from '../port.js';

// `ConfigResourceTypes` is no export that an ES module could name.
export function createTopicAdmin(admin: Admin): TopicAdmin {
  return {
    async create(topics) {
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length === 0) return [];
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(({ name, partitions, replication, settings }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor: replication,
          configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
        })),
      });
      return missing.map(({ name }) => name);
    },

    async describe(names) {
      const existing = new Set(await admin.listTopics());
      const found = names.filter((name) => existing.has(name));
      if (found.length === 0) return [];
      const { topics } = await admin.fetchTopicMetadata({ topics: found });
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: found.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
      });
      return topics.map(({ name, partitions }): TopicSpec => {
        const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
        return {
          name,
          partitions: partitions.length,
          replication: Math.min(...partitions.map(({ replicas }) => replicas.length)),
          settings: Object.fromEntries(
            entries.map(({ configName, configValue }) => [configName, configValue]),
          ),
        };
      });
    },
  };
}
