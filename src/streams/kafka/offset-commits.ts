import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { EachBatchPayload } from 'kafkajs';
import type { Assignment } from '../assignment.js';
import type { Settlement } from '../port.js';
import { typeOf } from './errors.js';

type Commit = EachBatchPayload['commitOffsetsIfNecessary'];

/**
 * 17 s in all. A coordinator that restarts is back by then; where another broker has become it kafkajs may go on asking the
 * old one: after a join that the new one refused while it was loading, it fetches and heartbeats on as before, and only
 * a join that succeeds tells the part of it that commits.
 */
const ATTEMPTS = 12;
const MOST_WAIT_MILLIS = 2_000;

/** The group has moved on: what was read before is read again by whoever has the partition now. */
const STALE = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
]);

/**
 * Commits the offsets of a consumer's partitions, with one request at a time: what comes meanwhile goes together
 * with the next one.
 *
 * Not with `consumer.commitOffsets`: it tries again across a rebalance and would then commit the offset of an old
 * assignment under the new generation, and does nothing at all, in silence, while the consumer stops.
 */
export class OffsetCommits {
  readonly #topic: string;
  readonly #commits = new WeakMap<Assignment, Commit>();
  #pending = new Map<Assignment, number>();
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<ReadonlySet<Assignment>> | undefined;

  constructor(topic: string) {
    this.#topic = topic;
  }

  note(assignment: Assignment, commit: Commit): void {
    this.#commits.set(assignment, commit);
  }

  /** False before the first records of an assignment: only with them kafkajs tells how to commit. */
  canCommit(assignment: Assignment): boolean {
    return this.#commits.has(assignment);
  }

  /** Resolves when the offset, or a later one of its partition, is committed or will never be. */
  async commit(assignment: Assignment, offset: number): Promise<Settlement> {
    this.#pending.set(assignment, offset);
    if (this.#next === undefined) {
      this.#next = this.#last.then(() => this.#send());
      this.#last = this.#next.catch(() => {});
    }
    return (await this.#next).has(assignment) ? 'settled' : 'dropped';
  }

  async #send(): Promise<ReadonlySet<Assignment>> {
    // kafkajs takes on a new generation some microtasks before it tells: between two turns of the event loop
    // either both have happened or neither.
    await nextTurn();
    const pending = [...this.#pending];
    this.#pending = new Map();
    this.#next = undefined;
    for (let attempt = 1; ; attempt += 1) {
      const current = pending.filter(([assignment]) => !assignment.ended);
      const [first] = current;
      const commit = first && this.#commits.get(first[0]);
      if (commit === undefined) return new Set();
      try {
        await commit({
          topics: [
            {
              topic: this.#topic,
              partitions: current.map(([{ partition }, offset]) => ({ partition, offset: String(offset) })),
            },
          ],
        });
        return new Set(current.map(([assignment]) => assignment));
      } catch (error) {
        if (STALE.has(typeOf(error))) return new Set();
        if (attempt === ATTEMPTS) throw error;
        await wait(Math.min(100 * 2 ** (attempt - 1), MOST_WAIT_MILLIS));
      }
    }
  }
}
