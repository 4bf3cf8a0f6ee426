import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '../../contracts/logger.js';
import type { Output } from '../../contracts/output-batch.js';
import type { Assignment } from '../assignment.js';
import { createClient, type KafkaConfig } from './client.js';
import type { Delivered, Delivery, Join } from './delivery.js';
import { isRefusal, isStaleMember } from './errors.js';
import { forgetMember, type GroupMember, memberOf, watchGenerations } from './group-generations.js';
import { type Cluster, newCluster } from './kafkajs-protocol.js';
import type { Place } from './placement.js';
import { openTransactionalProducer, shutOut, type TransactionalProducer } from './transactions.js';

/**
 * From the begin of one transaction to that of the next, at least; what comes meanwhile goes in the next one. A transaction
 * is five requests and the broker's markers, whatever is in it.
 */
const INTERVAL_MILLIS = 10;
/** A worker that begins anew this often without one delivery between needs somebody to look at it. */
const MOST_UNCLEAR = 5;

export interface ExactlyOnceOptions {
  readonly config: KafkaConfig;
  readonly group: string;
  readonly topic: string;
  readonly place: Place;
  readonly logger: Logger;
}

/** What a delivery of one partition waits with for the next transaction. */
interface Waiting {
  readonly assignment: Assignment;
  readonly outputs: readonly Output[];
  readonly nextOffset: number;
  readonly onSent: () => void;
  readonly resolve: (delivered: Delivered) => void;
  readonly reject: (error: unknown) => void;
}

/** A worker's producer while it is a member of the group in one generation. */
interface Session {
  readonly join: Join;
  readonly member: GroupMember;
  readonly transactionalId: string;
  /** Other partitions, by whose ids somebody may still be writing. */
  readonly notShutOut: Set<number>;
  /** None after a failure, until some partition begins anew. */
  producer: Promise<TransactionalProducer> | undefined;
}

/**
 * Exactly once: the outputs and the offsets of a worker's partitions are committed in one transaction, so that a
 * `read_committed` reader sees all or nothing of it.
 *
 * Two things keep out whoever had the partitions before. The offsets are committed in the name of a member of the group in
 * its generation (KIP-447): those of an older one are refused, and the position of a partition is read only once no
 * transaction with an offset of it is open (`fetchStableOffsets`). And the transactional ids are those of partitions, of
 * which a worker uses that of its first one: whoever has got partitions raises the epochs of all their ids, so that what a
 * dead worker has left open is ended at once, and not when it is overdue.
 */
export function deliverExactlyOnce({ config, group, topic, place, logger }: ExactlyOnceOptions): Delivery {
  watchGenerations(group);
  const cluster = newCluster(createClient(config, logger));
  let session: Session | undefined;
  let waiting: Waiting[] = [];
  /** Resolves when nothing waits for a transaction any more. */
  let running: Promise<void> | undefined;
  /** Resolves when it is over; the last one, or the one that is under way. */
  let transaction: Promise<void> = Promise.resolve();
  let begunAt = Number.NEGATIVE_INFINITY;
  /** Since the last delivery. */
  let unclear = 0;
  /** Of sessions that are over; nobody waits for them before the end. */
  const closing = new Set<Promise<void>>();

  const idOf = (partition: number): string => `${group}/${topic}/${partition}`;

  function producerOf(own: Session): Promise<TransactionalProducer> {
    if (own.producer !== undefined) return own.producer;
    const { transactionalId } = own;
    const opening = openTransactionalProducer({ cluster, transactionalId, group, place });
    own.producer = opening;
    opening.catch(() => {
      if (own.producer === opening) own.producer = undefined;
    });
    return opening;
  }

  async function closeProducer(own: Session): Promise<void> {
    const { producer } = own;
    own.producer = undefined;
    await (await producer?.catch(() => undefined))?.close();
  }

  /** Not before its last transaction is over: what is aborted in the midst of one could be written to afterwards. */
  function closeLater(own: Session, { memberId }: Join): void {
    if (own.member.memberId !== memberId) forgetMember(group, own.member.memberId);
    const closed = transaction.then(() => closeProducer(own)).finally(() => closing.delete(closed));
    closing.add(closed);
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      await wait(Math.max(0, begunAt + INTERVAL_MILLIS - performance.now()));
      begunAt = performance.now();
      const together = waiting;
      waiting = [];
      transaction = commitTogether(together);
      await transaction;
    }
    running = undefined;
  }

  async function commitTogether(deliveries: readonly Waiting[]): Promise<void> {
    const [own, current] = [session, deliveries.filter(({ assignment }) => !assignment.ended)];
    for (const delivery of deliveries) if (delivery.assignment.ended) delivery.resolve('dropped');
    if (current.length === 0) return;
    // After a failure there is none: what came of it is found out by beginning anew.
    if (own?.producer === undefined) return resolveAll(current, 'unclear');
    try {
      const producer = await own.producer;
      await producer.commit({
        outputs: current.flatMap(({ outputs }) => outputs),
        offsets: {
          member: own.member,
          topic,
          next: new Map(current.map(({ assignment, nextOffset }) => [assignment.partition, nextOffset])),
        },
        onSent: () => {
          for (const { onSent } of current) onSent();
        },
      });
      unclear = 0;
      resolveAll(current, 'settled');
    } catch (error) {
      await closeProducer(own);
      await failed(error, own, current);
    }
  }

  async function failed(error: unknown, own: Session, deliveries: readonly Waiting[]): Promise<void> {
    if (own !== session || isStaleMember(error)) return resolveAll(deliveries, 'dropped');
    if (isRefusal(error)) {
      // Nothing of it is committed. One that is refused, as too large, is no reason to give those beside it up.
      await producerOf(own).catch(() => {});
      if (deliveries.length > 1) for (const delivery of deliveries) await commitTogether([delivery]);
      else rejectAll(deliveries, error);
      return;
    }
    unclear += 1;
    if (unclear > MOST_UNCLEAR) return rejectAll(deliveries, error);
    const partitions = deliveries.map(({ assignment }) => assignment.partition);
    logger.warn({ err: error, topic, partitions }, 'a transaction has failed: its partitions begin anew');
    resolveAll(deliveries, 'unclear');
  }

  /** None without partitions, nor under a name by which the group does not know it yet: another join follows. */
  function sessionOf(join: Join, partitions: readonly number[]): Session | undefined {
    const [first, ...others] = partitions.toSorted((a, b) => a - b);
    const member = memberOf(group, join.memberId);
    if (first === undefined || member === undefined) return undefined;
    return { join, member, transactionalId: idOf(first), notShutOut: new Set(others), producer: undefined };
  }

  async function openAll(own: Session): Promise<void> {
    const others = [...own.notShutOut].map(async (partition) => {
      await shutOut(cluster, idOf(partition));
      own.notShutOut.delete(partition);
    });
    await Promise.all([producerOf(own), ...others]);
  }

  return {
    async begin(assignments, join) {
      // Tried again after the group was joined once more.
      if (assignments.every(({ ended }) => ended)) return;
      const isKept = session?.join === join;
      if (!isKept) {
        // Not waited for: what the old one still sends is refused.
        if (session !== undefined) closeLater(session, join);
        session = sessionOf(
          join,
          assignments.map(({ partition }) => partition),
        );
      }
      const own = session;
      if (own === undefined) return;
      await reach(cluster, topic);
      // Some of the partitions begin anew: only when it is known what came of the last transaction.
      if (isKept) await transaction;
      // The group may have been joined once more meanwhile.
      if (own === session) await openAll(own);
    },

    noteCommit() {},

    deliver(assignment, outputs, nextOffset, onSent) {
      return new Promise((resolve, reject) => {
        waiting.push({ assignment, outputs, nextOffset, onSent, resolve, reject });
        running ??= run();
      });
    },

    async close() {
      await running;
      if (session !== undefined) await closeProducer(session);
      await Promise.all(closing);
      await cluster.disconnect();
    },
  };
}

function resolveAll(deliveries: readonly Waiting[], delivered: 'settled' | 'dropped' | 'unclear'): void {
  for (const { assignment, resolve } of deliveries)
    resolve(delivered === 'unclear' && assignment.ended ? 'dropped' : delivered);
}

function rejectAll(deliveries: readonly Waiting[], error: unknown): void {
  for (const { reject } of deliveries) reject(error);
}

/** Connects, and learns anew who leads what. */
async function reach(cluster: Cluster, topic: string): Promise<void> {
  if (!cluster.isConnected()) await cluster.connect();
  await cluster.addMultipleTargetTopics([topic]);
  await cluster.refreshMetadata();
}
