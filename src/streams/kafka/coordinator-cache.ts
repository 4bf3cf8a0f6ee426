import { clusterPrototype } from './kafkajs-protocol.js';

/** A coordinator that has moved is found again so soon; requests are tried again for longer. */
const KEPT_MILLIS = 2_000;
/** kafkajs' number for the coordinator of a transactional id. */
const OF_TRANSACTION = 1;

interface Question {
  readonly groupId: string;
  readonly coordinatorType: number;
}

interface Answer {
  readonly coordinator: Promise<unknown>;
  readonly at: number;
}

/** By the part of a client that knows the brokers, of which each producer has its own. */
const answers = new WeakMap<object, Map<string, Answer>>();

/**
 * Lets transactional producers of kafkajs remember their coordinators for two seconds. It asks for one before each of the
 * four requests of a transaction that need it, which is nearly half of all that it sends. Other clients go on as before.
 */
export function rememberCoordinators(): void {
  const prototype = clusterPrototype();
  if (remembering.has(prototype)) return;
  remembering.add(prototype);
  const ask = prototype.findGroupCoordinatorMetadata;
  prototype.findGroupCoordinatorMetadata = function findOnce(this: object, question: Question) {
    const { groupId, coordinatorType } = question;
    if (coordinatorType === OF_TRANSACTION && !answers.has(this)) answers.set(this, new Map());
    const known = answers.get(this);
    if (known === undefined) return ask.call(this, question);
    const key = `${coordinatorType} ${groupId}`;
    const before = known.get(key);
    if (before !== undefined && performance.now() - before.at < KEPT_MILLIS) return before.coordinator;
    const coordinator = ask.call(this, question);
    known.set(key, { coordinator, at: performance.now() });
    coordinator.catch(() => known.delete(key));
    return coordinator;
  };
}

const remembering = new WeakSet<object>();
