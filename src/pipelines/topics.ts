import { ALERT_RETENTION_MILLIS } from '../alerting/alert-store.js';
import type { Config } from '../config/schema.js';
import { SentifluxError } from '../contracts/errors.js';
import type { Streams, TopicSpec } from '../streams/port.js';

/** Room for the headers of a dead letter over its original record. */
const DEAD_LETTER_HEADROOM = 65_536;
/** A broker's own default for `max.message.bytes`. */
const DEFAULT_MESSAGE_BYTES = 1_048_588;
/** Windows are read again from here after Redis has lost them: longer than any is kept by default. */
const AGGREGATES_RETENTION_MILLIS = 40 * 86_400_000;
/**
 * Kafka refuses posts whose record is further ahead of its own clock (from 3.6 on): windows close by these times, so one
 * producer's wrong clock would make the posts of all others late.
 */
const MOST_AHEAD_MILLIS = 300_000;
/** Compaction leaves the newest segment alone: with an hour of cursors in it, a start reads some thousand at most. */
const CURSOR_SEGMENT_MILLIS = 3_600_000;
/** With fewer replicas than that in `topics.replication` the cluster is said to be one for tests. */
const LEAST_REPLICATION = 3;

/** The topics that the worker needs, as `topics create` makes them. */
export function topicSpecs(topics: Config['topics']): readonly TopicSpec[] {
  const spec = durableTopic(topics);
  return [
    spec(topics.posts, {
      'cleanup.policy': 'delete',
      'message.timestamp.after.max.ms': String(MOST_AHEAD_MILLIS),
    }),
    spec(topics.scored, { 'cleanup.policy': 'delete' }),
    spec(topics.aggregates, {
      'cleanup.policy': 'compact,delete',
      'retention.ms': String(AGGREGATES_RETENTION_MILLIS),
    }),
    spec(topics.alerts, { 'cleanup.policy': 'compact' }),
    spec(topics.deadLetters, {
      'cleanup.policy': 'delete',
      'max.message.bytes': String(DEFAULT_MESSAGE_BYTES + DEAD_LETTER_HEADROOM),
    }),
  ];
}

/** The topic of the cursors of sources, which only what ingests needs. */
export function cursorTopic(topics: Config['topics']): TopicSpec {
  const spec = durableTopic(topics)(topics.cursors, {
    'cleanup.policy': 'compact',
    'segment.ms': String(CURSOR_SEGMENT_MILLIS),
  });
  return { ...spec, partitions: 1 };
}

function durableTopic(topics: Config['topics']) {
  const { partitions, replication } = topics;
  const durable = {
    'min.insync.replicas': String(leastInsyncReplicas(topics)),
    'unclean.leader.election.enable': 'false',
  };
  return (name: string, settings: TopicSpec['settings']): TopicSpec => ({
    name,
    partitions,
    replication,
    settings: { ...durable, ...settings },
  });
}

/**
 * What is wrong with the topics that stand, as sentences; none means that the worker can keep its promises on them.
 * Fewer replicas than 3 are right where `topics.replication` says that the cluster is one for tests.
 */
export function topicProblems(
  { topics, aggregation }: Pick<Config, 'topics' | 'aggregation'>,
  found: readonly TopicSpec[],
): readonly string[] {
  const byName = new Map(found.map((topic) => [topic.name, topic]));
  const { posts, scored, aggregates, alerts, deadLetters } = topics;
  const standing = (...names: readonly string[]): readonly TopicSpec[] =>
    names.flatMap((name) => byName.get(name) ?? []);
  return [
    ...topicSpecs(topics)
      .filter(({ name }) => !byName.has(name))
      .map(({ name }) => `${name} does not exist`),
    ...unequalPartitions(byName.get(posts), standing(scored, deadLetters)),
    ...found.flatMap((topic) => lossProblems(topic, topics)),
    ...standing(posts, scored, deadLetters).flatMap(compactionProblems),
    ...standing(scored, aggregates).flatMap((topic) =>
      retentionProblems(topic, aggregation.retractionHorizonMs, 'of aggregation.retractionHorizonMs'),
    ),
    ...standing(alerts).flatMap((topic) =>
      retentionProblems(topic, ALERT_RETENTION_MILLIS, 'for which alerts are kept'),
    ),
  ];
}

/** Results go to the partition with the number of their source. */
function unequalPartitions(posts: TopicSpec | undefined, others: readonly TopicSpec[]): readonly string[] {
  return others
    .filter(({ partitions }) => posts !== undefined && partitions !== posts.partitions)
    .map(
      ({ name, partitions }) =>
        `${name} has ${partitions} partitions and ${posts?.name} has ${posts?.partitions}: they must be equal`,
    );
}

/** What lets an acknowledged record be lost with a broker. */
function lossProblems(
  { name, replication, settings }: TopicSpec,
  topics: Config['topics'],
): readonly string[] {
  const problems: string[] = [];
  if (replication < topics.replication)
    problems.push(`${name} has ${replication} replicas, not ${topics.replication}`);
  const insync = settings['min.insync.replicas'];
  const least = leastInsyncReplicas(topics);
  if (insync !== undefined && Number(insync) < least)
    problems.push(`${name} has min.insync.replicas=${insync}, not ${least}`);
  const isForTests = topics.replication < LEAST_REPLICATION;
  if (settings['unclean.leader.election.enable'] === 'true' && !isForTests)
    problems.push(`${name} has unclean.leader.election.enable=true`);
  return problems;
}

/** Compaction removes records that nobody may have read yet. */
function compactionProblems({ name, settings }: TopicSpec): readonly string[] {
  const policy = settings['cleanup.policy'] ?? '';
  return policy.includes('compact') ? [`${name} has cleanup.policy=${policy}, not delete`] : [];
}

/** What is read again after Redis has lost it must still be there. */
function retentionProblems({ name, settings }: TopicSpec, least: number, which: string): readonly string[] {
  const retention = settings['retention.ms'];
  const deletes = settings['cleanup.policy']?.includes('delete') ?? false;
  // Negative: without a limit.
  if (!deletes || retention === undefined || Number(retention) < 0 || Number(retention) >= least) return [];
  return [`${name} has retention.ms=${retention}, less than the ${least} ms ${which}`];
}

function leastInsyncReplicas({ minInsyncReplicas, replication }: Config['topics']): number {
  return Math.min(minInsyncReplicas, replication);
}

/**
 * Refuses to start on topics on which the worker could not keep its promises.
 *
 * @throws SentifluxError SF_TOPIC_MISSING, SF_TOPIC_MISMATCH
 */
export async function checkTopics(
  streams: Streams,
  config: Pick<Config, 'topics' | 'aggregation'>,
): Promise<void> {
  const names = topicSpecs(config.topics).map(({ name }) => name);
  const found = await streams.topics().describe(names);
  const problems = topicProblems(config, found);
  if (problems.length === 0) return;
  if (found.length < names.length) {
    throw new SentifluxError('SF_TOPIC_MISSING', `${problems.join('; ')}.`, {
      hint: 'Run sentiflux topics create, or set topics.* to topics that fit.',
    });
  }
  throw new SentifluxError('SF_TOPIC_MISMATCH', `${problems.join('; ')}.`, {
    hint: 'Alter the topics, or set topics.* to topics that fit; for a test cluster set topics.replication and topics.minInsyncReplicas to what it has.',
  });
}
