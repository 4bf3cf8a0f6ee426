import { messageOf, SentifluxError } from '../../contracts/errors.js';

const UNREACHABLE = /Connection|BrokerNotFound|NoBrokerAvailable|RequestTimeout|LockTimeout/;

/** What to do about the answers of a broker that a configuration can cause. */
const HINTS: Readonly<Record<string, string>> = {
  INVALID_REPLICATION_FACTOR: 'Set topics.replication to at most the number of brokers.',
  MESSAGE_TOO_LARGE: "Raise the topic's max.message.bytes above the largest record.",
  NOT_ENOUGH_REPLICAS: "Too few brokers run for the topic's min.insync.replicas.",
};

/** Turns an error of kafkajs into one that says what to do. */
export function translated(error: unknown, what: string, brokers: readonly string[]): unknown {
  if (error instanceof SentifluxError || !(error instanceof Error) || !error.name.startsWith('KafkaJS')) {
    return error;
  }
  const root = rootOf(error);
  const type = 'type' in root ? String(root.type) : '';
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return new SentifluxError('SF_TOPIC_MISSING', `${what}: the broker knows no such topic.`, {
      hint: 'Run sentiflux topics create.',
      cause: error,
    });
  }
  if (UNREACHABLE.test(root.name)) {
    return new SentifluxError(
      'SF_STREAM_UNREACHABLE',
      `${what}: Kafka does not answer at ${brokers.join(', ')} (${messageOf(root)}).`,
      { hint: 'Check streams.kafka.brokers and that the brokers run.', cause: error },
    );
  }
  const hint = HINTS[type];
  return new SentifluxError('SF_STREAM_REFUSED', `${what}: ${messageOf(root)} (${type || root.name}).`, {
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}

/** What kafkajs wrapped, maybe several times, and what a list of errors begins with. */
function rootOf(error: Error): Error {
  let root = error;
  for (;;) {
    const inner: unknown =
      root instanceof AggregateError || 'errors' in root ? firstOf(root.errors) : root.cause;
    if (!(inner instanceof Error)) return root;
    root = inner;
  }
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}
