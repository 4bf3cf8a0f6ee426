import type { Config } from '../../config/schema.js';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { tlsFault } from '../../contracts/tls-faults.js';
import { TokenEndpointAway } from './access-tokens.js';

const UNREACHABLE = /Connection|BrokerNotFound|NoBrokerAvailable|RequestTimeout|LockTimeout/;

/** What to do about the answers of a broker that a configuration can cause. */
const HINTS: Readonly<Record<string, string>> = {
  INVALID_REPLICATION_FACTOR: 'Set topics.replication to at most the number of brokers.',
  INVALID_TIMESTAMP:
    "A record's time is too far from the broker's clock: set the producer's clock, or the topic's message.timestamp.after.max.ms.",
  MESSAGE_TOO_LARGE: "Raise the topic's max.message.bytes above the largest record.",
  NOT_ENOUGH_REPLICAS: "Too few brokers run for the topic's min.insync.replicas.",
};

const NOT_ALLOWED = 'Allow the user of streams.kafka.sasl what its role needs (docs/security.md).';

/** Turns an error of kafkajs into one that says what to do. */
export function translated(
  error: unknown,
  what: string,
  { brokers, sasl, tls }: Pick<Config['streams']['kafka'], 'brokers' | 'sasl' | 'tls'>,
): unknown {
  if (error instanceof SentifluxError || !(error instanceof Error) || !error.name.startsWith('KafkaJS')) {
    return error;
  }
  const root = rootOf(error);
  if (root instanceof SentifluxError) return root;
  const type = typeOf(root);
  const refused = (message: string, hint?: string) =>
    new SentifluxError('SF_STREAM_REFUSED', `${what}: ${message}.`, {
      ...(hint !== undefined && { hint }),
      cause: error,
    });
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return new SentifluxError('SF_TOPIC_MISSING', `${what}: the broker knows no such topic.`, {
      hint: 'Run sentiflux topics create.',
      cause: error,
    });
  }
  if (root instanceof TokenEndpointAway) {
    return new SentifluxError('SF_STREAM_UNREACHABLE', `${what}: ${root.message}.`, {
      hint: 'Check streams.kafka.sasl.tokenEndpoint.',
      cause: error,
    });
  }
  const place = 'broker' in root && typeof root.broker === 'string' ? root.broker : brokers.join(', ');
  const fault = tlsFault(root, {
    section: 'streams.kafka.tls',
    off: 'set streams.kafka.tls.enabled to false',
  });
  if (fault !== undefined) return refused(`Kafka at ${place} and TLS: ${fault.reason}`, fault.hint);
  if (root.name === 'KafkaJSSASLAuthenticationError') {
    return refused(
      `Kafka at ${place} refuses the login: ${messageOf(root)}`,
      `Check ${sasl?.mechanism === 'OAUTHBEARER' ? 'the token endpoint, client and scope' : 'mechanism, username and password'} of streams.kafka.sasl.`,
    );
  }
  if (root.name === 'KafkaJSConnectionClosedError' || /before secure TLS/.test(root.message)) {
    return new SentifluxError(
      'SF_STREAM_UNREACHABLE',
      `${what}: Kafka at ${place} closes the connection, tried ${tls.enabled ? 'with' : 'without'} TLS ${sasl === undefined ? 'and without a login' : `and with ${sasl.mechanism}`}.`,
      {
        hint: 'Where the broker runs, compare streams.kafka.tls and streams.kafka.sasl with what its listener expects.',
        cause: error,
      },
    );
  }
  if (UNREACHABLE.test(root.name)) {
    return new SentifluxError(
      'SF_STREAM_UNREACHABLE',
      `${what}: Kafka does not answer at ${brokers.join(', ')} (${messageOf(root)}).`,
      { hint: 'Check streams.kafka.brokers and that the brokers run.', cause: error },
    );
  }
  return refused(
    `${messageOf(root)} (${type || root.name})`,
    type.endsWith('_AUTHORIZATION_FAILED') ? NOT_ALLOWED : HINTS[type],
  );
}

/** Answers that say how a transaction stands, or who may write it: a new producer gets others. */
const OF_THE_TRANSACTION = new Set([
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'TRANSACTION_COORDINATOR_FENCED',
  // Among them PRODUCER_FENCED.
  'KAFKAJS_UNKNOWN_ERROR_CODE',
]);

/** True where the broker has refused what it was sent, and would again; also for what is no error of Kafka's. */
export function isRefusal(error: unknown): boolean {
  // What `translated` has made of an error of kafkajs.
  if (error instanceof SentifluxError && error.cause !== undefined) return isRefusal(error.cause);
  if (!(error instanceof Error) || !error.name.startsWith('KafkaJS')) return true;
  const root = rootOf(error);
  if (root instanceof SentifluxError || root.name === 'KafkaJSSASLAuthenticationError') return true;
  const type = typeOf(root);
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return true;
  return type !== '' && !OF_THE_TRANSACTION.has(type) && 'retriable' in root && root.retriable === false;
}

/** The group has moved on: what was read before is read again by whoever has the partition now. */
const OF_AN_OLD_MEMBER = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID']);

/** True where the coordinator has refused what came in the name of a member that others have replaced. */
export function isStaleMember(error: unknown): boolean {
  return OF_AN_OLD_MEMBER.has(typeOf(error));
}

/** True where kafkajs says that the same may succeed when it is tried again. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const root = rootOf(error);
  return root.name.startsWith('KafkaJS') && 'retriable' in root && root.retriable === true;
}

/** The broker's name of an error, as kafkajs carries it; empty where it is none of a broker. */
export function typeOf(error: unknown): string {
  const root = error instanceof Error ? rootOf(error) : undefined;
  return root !== undefined && 'type' in root ? String(root.type) : '';
}

/** kafkajs' name of an error, below what it is wrapped in; empty for what is no error. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? rootOf(error).name : '';
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
