import { messageOf, SentifluxError } from '../../contracts/errors.js';

/** Turns an error of kafkajs into one that says what to do; others stay as they are. */
export function translated(error: unknown, what: string, brokers: readonly string[]): unknown {
  if (error instanceof SentifluxError || !(error instanceof Error)) return error;
  const root = rootOf(error);
  if ('type' in root && root.type === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return new SentifluxError('SF_TOPIC_MISSING', `${what}: the broker knows no such topic.`, {
      hint: 'Run sentiflux topics create.',
      cause: error,
    });
  }
  if (
    /Connection|NumberOfRetriesExceeded|BrokerNotFound|NoBrokerAvailable|RequestTimeout/.test(
      `${error.name} ${root.name}`,
    )
  ) {
    return new SentifluxError(
      'SF_STREAM_UNREACHABLE',
      `${what}: Kafka does not answer at ${brokers.join(', ')} (${messageOf(root)}).`,
      { hint: 'Check streams.kafka.brokers and that the brokers run.', cause: error },
    );
  }
  return error;
}

/** What kafkajs wrapped, maybe several times. */
function rootOf(error: Error): Error {
  let root = error;
  while (root.cause instanceof Error) root = root.cause;
  return root;
}
