import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '../../contracts/logger.js';
import type { Assignment } from '../assignment.js';
import { createClient, type KafkaConfig } from './client.js';
import type { Delivery } from './delivery.js';
import { isRefusal } from './errors.js';
import type { Place } from './placement.js';
import { openTransactionalProducer, TRANSACTION_RETRY, type TransactionalProducer } from './transactions.js';

/**
 * From the begin of one transaction of a partition to that of the next, at least; what comes meanwhile goes in the next one.
 * A transaction is five requests and the broker's markers, whatever is in it.
 */
const INTERVAL_MILLIS = 30;
/** A partition that begins anew this often without one delivery between needs somebody to look at it. */
const MOST_UNCLEAR = 5;

export interface ExactlyOnceOptions {
  readonly config: KafkaConfig;
  readonly group: string;
  readonly topic: string;
  readonly place: Place;
  readonly logger: Logger;
}

/**
 * Exactly once: the outputs and the offset are committed in one transaction, so that a `read_committed` reader
 * sees both or neither.
 *
 * kafkajs cannot tell the broker which generation of the group a transaction belongs to. So each partition has a
 * transactional id of its own, and every assignment, also of a partition that is kept, begins with a new producer
 * of that id. It raises the id's epoch, which ends what is open and shuts out whoever had the partition before;
 * only then is the committed offset read. Whatever comes of an older producer after that is refused.
 */
export function deliverExactlyOnce({ config, group, topic, place, logger }: ExactlyOnceOptions): Delivery {
  const kafka = createClient(config, logger, TRANSACTION_RETRY);
  const producers = new Map<Assignment, TransactionalProducer>();
  /** By partition, since the last delivery. */
  const unclear = new Map<number, number>();
  /** Of assignments that have ended; nobody waits for them before the end. */
  const closing = new Set<Promise<void>>();

  async function open(assignment: Assignment): Promise<void> {
    if (assignment.ended || producers.has(assignment)) return;
    const id = `${group}/${topic}/${assignment.partition}`;
    producers.set(assignment, await openTransactionalProducer(kafka, id, place));
    // Nobody will look for it any more.
    if (assignment.ended) await close(assignment);
  }

  async function close(assignment: Assignment): Promise<void> {
    const producer = producers.get(assignment);
    producers.delete(assignment);
    await producer?.close();
  }

  function closeLater(assignment: Assignment): void {
    const closed = close(assignment)
      .catch(() => {})
      .finally(() => closing.delete(closed));
    closing.add(closed);
  }

  return {
    async begin(assignments) {
      // Not waited for: the new producers end what these have open, and shut them out.
      for (const old of producers.keys()) if (old.ended) closeLater(old);
      // All have ended before any is tried again: two producers of one id would shut each other out.
      const opened = await Promise.allSettled(assignments.map(open));
      for (const result of opened) if (result.status === 'rejected') throw result.reason;
    },

    noteCommit() {},

    async deliver(assignment, outputs, nextOffset, onSent) {
      const producer = producers.get(assignment);
      const { partition } = assignment;
      // After a failure there is none: what came of it is found out by beginning anew.
      if (producer === undefined) return assignment.ended ? 'dropped' : 'unclear';
      const earliestNext = performance.now() + INTERVAL_MILLIS;
      try {
        const settlement = await producer.commit({
          outputs,
          onSent,
          offset: { group, topic, partition, nextOffset },
          isCurrent: () => !assignment.ended,
        });
        unclear.delete(partition);
        await wait(Math.max(0, earliestNext - performance.now()));
        return settlement;
      } catch (error) {
        await close(assignment);
        if (assignment.ended) return 'dropped';
        const count = (unclear.get(partition) ?? 0) + 1;
        unclear.set(partition, count);
        if (isRefusal(error) || count > MOST_UNCLEAR) throw error;
        logger.warn({ err: error, topic, partition }, 'a transaction has failed: the partition begins anew');
        return 'unclear';
      }
    },

    async close() {
      await Promise.all([...[...producers.keys()].map(close), ...closing]);
    },
  };
}
