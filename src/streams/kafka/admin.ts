import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import type { TopicAdmin, TopicSpec } from '../port.js';

/** How long brokers may take to make a new topic known, and how often they are asked. */
const KNOWN_WITHIN_MILLIS = 15_000;
const ASK_EVERY_MILLIS = 50;

// `ConfigResourceTypes` is no export that an ES module could name.
export function createTopicAdmin(admin: Admin): TopicAdmin {
  return {
    async create(topics) {
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length === 0) return [];
      await admin.createTopics({
        // kafkajs' own waiting gives up where the broker does not know the topic yet.
        waitForLeaders: false,
        topics: missing.map(({ name, partitions, replication, settings }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor: replication,
          configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
        })),
      });
      await untilKnown(admin, missing);
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

/** Resolves when every partition of the topics has a leader that answers. */
async function untilKnown(admin: Admin, topics: readonly TopicSpec[]): Promise<void> {
  const names = topics.map(({ name }) => name);
  const deadline = performance.now() + KNOWN_WITHIN_MILLIS;
  for (;;) {
    try {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: names });
      if (found.length === names.length && found.every(isLed)) {
        // A leader may be named before it leads; only then does it tell its offsets. What is written before
        // that is refused and sent again, and what other partitions took of it then comes twice.
        await Promise.all(names.map((name) => admin.fetchTopicOffsets(name)));
        return;
      }
    } catch (error) {
      // Until the topic is known the answer is an error.
      if (performance.now() > deadline) throw error;
    }
    if (performance.now() > deadline) return;
    await wait(ASK_EVERY_MILLIS);
  }
}

function isLed({ partitions }: { readonly partitions: readonly { readonly leader: number }[] }): boolean {
  return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0);
}
