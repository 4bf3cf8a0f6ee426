import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { EachBatchPayload } from 'kafkajs';
import type { Assignment } from '../assignment.js';
import type { Settlement } from '../port.js';
import { isStaleMember, nameOf, typeOf } from './errors.js';

type Commit = EachBatchPayload['commitOffsetsIfNecessary'];

/** 17 s in all: a coordinator that restarts is back by then. */
const ATTEMPTS = 12;
/** 1.5 s in all: a broker that is not the coordinator will not become it. */
const ATTEMPTS_ELSEWHERE = 5;
const MOST_WAIT_MILLIS = 2_000;
/** From one request to the next: each is a record of the group's that the broker writes. */
const INTERVAL_MILLIS = 50;

/**
 * `no-coordinator`: kafkajs asks a broker that is not the group's coordinator, or is gone, and will go on asking it.
 * After a join that the new coordinator refused while it was loading, kafkajs fetches and heartbeats on as before;
 * only a join that succeeds tells the part of it that commits of the new one.
 */
export type Commitment = Settlement | 'no-coordinator';

/**
 * Commits the offsets of a consumer's partitions, with one request at a time and twenty a second: what comes meanwhile goes
 * together with the next one.
 *
 * Not with `consumer.commitOffsets`: it tries again across a rebalance and would then commit the offset of an old
 * assignment under the new generation, and does nothing at all, in silence, while the consumer stops.
 */
export class OffsetCommits {
  readonly #topic: string;
  readonly #intervalMillis: number;
  readonly #commits = new WeakMap<Assignment, Commit>();
  #pending = new Map<Assignment, number>();
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<ReadonlySet<Assignment> | undefined> | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** Whether the group was to be joined again and nothing has been committed since. */
  #hasGivenUp = false;

  /** @param intervalMillis least time from one request to the next */
  constructor(topic: string, intervalMillis = INTERVAL_MILLIS) {
    this.#topic = topic;
    this.#intervalMillis = intervalMillis;
  }

  note(assignment: Assignment, commit: Commit): void {
    this.#commits.set(assignment, commit);
  }

  /**
   * Resolves when the offset, or a later one of its partition, is committed or will never be.
   *
   * @throws the coordinator's last answer, where the group was joined again and still takes no offsets
   */
  async commit(assignment: Assignment, offset: number): Promise<Commitment> {
    this.#pending.set(assignment, offset);
    if (this.#next === undefined) {
      this.#next = this.#last.then(() => this.#send());
      this.#last = this.#next.catch(() => {});
    }
    const committed = await this.#next;
    if (committed === undefined) return 'no-coordinator';
    return committed.has(assignment) ? 'settled' : 'dropped';
  }

  /** Those whose offsets are committed; `undefined` without a coordinator. */
  async #send(): Promise<ReadonlySet<Assignment> | undefined> {
    const left = this.#sentAt + this.#intervalMillis - performance.now();
    if (left > 0) await wait(left);
    // kafkajs takes on a new generation some microtasks before it tells: between two turns of the event loop
    // either both have happened or neither.
    await nextTurn();
    this.#sentAt = performance.now();
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
        this.#hasGivenUp = false;
        return new Set(current.map(([assignment]) => assignment));
      } catch (error) {
        if (isStaleMember(error) || typeOf(error) === 'REBALANCE_IN_PROGRESS') return new Set();
        if (attempt >= (isElsewhere(error) ? ATTEMPTS_ELSEWHERE : ATTEMPTS)) {
          if (this.#hasGivenUp) throw error;
          this.#hasGivenUp = true;
          return undefined;
        }
        await wait(Math.min(100 * 2 ** (attempt - 1), MOST_WAIT_MILLIS));
      }
    }
  }
}

/** The broker that kafkajs has asked is not the coordinator, or is no broker of the cluster any more. */
function isElsewhere(error: unknown): boolean {
  return typeOf(error) === 'NOT_COORDINATOR_FOR_GROUP' || nameOf(error) === 'KafkaJSBrokerNotFound';
}
