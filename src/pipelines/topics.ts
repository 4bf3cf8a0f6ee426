import type { Config } from '../config/schema.js';
import { SentifluxError } from '../contracts/errors.js';
import type { Streams, TopicSpec } from '../streams/port.js';

/** Room for the headers of a dead letter over its original record. */
const DEAD_LETTER_HEADROOM = 65_536;
/** A broker's own default for `max.message.bytes`. */
const DEFAULT_MESSAGE_BYTES = 1_048_588;

/** The topics that the worker needs, as `topics create` makes them. */
export function topicSpecs(topics: Config['topics']): readonly TopicSpec[] {
  const { partitions, replication } = topics;
  const durable = {
    'min.insync.replicas': String(Math.min(topics.minInsyncReplicas, replication)),
    'unclean.leader.election.enable': 'false',
  };
  const spec = (name: string, settings: TopicSpec['settings']): TopicSpec => ({
    name,
    partitions,
    replication,
    settings: { ...durable, ...settings },
  });
  return [
    spec(topics.posts, { 'cleanup.policy': 'delete' }),
    spec(topics.scored, { 'cleanup.policy': 'delete' }),
    // The last revision of a window outlives its retention in Redis only as long as time allows.
    spec(topics.aggregates, { 'cleanup.policy': 'compact,delete' }),
    spec(topics.alerts, { 'cleanup.policy': 'compact' }),
    spec(topics.deadLetters, {
      'cleanup.policy': 'delete',
      'max.message.bytes': String(DEFAULT_MESSAGE_BYTES + DEAD_LETTER_HEADROOM),
    }),
  ];
}

/** What is wrong with the topics that stand, as sentences; none means that the worker can start. */
export function topicProblems(topics: Config['topics'], found: readonly TopicSpec[]): readonly string[] {
  const byName = new Map(found.map((topic) => [topic.name, topic]));
  const problems = topicSpecs(topics)
    .filter(({ name }) => !byName.has(name))
    .map(({ name }) => `${name} does not exist`);
  const partitions = byName.get(topics.posts)?.partitions;
  for (const name of [topics.scored, topics.deadLetters]) {
    const own = byName.get(name)?.partitions;
    if (own !== undefined && partitions !== undefined && own !== partitions) {
      problems.push(
        `${name} has ${own} partitions and ${topics.posts} has ${partitions}: they must be equal`,
      );
    }
  }
  return problems;
}

/**
 * Refuses to start where results could not go to the partition of their source.
 *
 * @throws SentifluxError SF_TOPIC_MISSING, SF_TOPIC_MISMATCH
 */
export async function checkTopics(streams: Streams, topics: Config['topics']): Promise<void> {
  const names = topicSpecs(topics).map(({ name }) => name);
  const found = await streams.topics().describe(names);
  const problems = topicProblems(topics, found);
  if (problems.length === 0) return;
  const code = found.length < names.length ? 'SF_TOPIC_MISSING' : 'SF_TOPIC_MISMATCH';
  throw new SentifluxError(code, `${problems.join('; ')}.`, {
    hint: 'Run sentiflux topics create, or set topics.* to topics that fit.',
  });
}
