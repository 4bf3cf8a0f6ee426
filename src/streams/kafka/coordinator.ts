import { setTimeout as wait } from 'node:timers/promises';
import { typeOf } from './errors.js';
import type { Broker, Cluster } from './kafkajs-protocol.js';

/** kafkajs' numbers for the kinds of coordinators. */
export const OF_GROUP = 0;
export const OF_TRANSACTION = 1;

/** How long something may take to pass, and how often it is asked for. */
const PASSES_WITHIN_MILLIS = 12_000;
const FIRST_WAIT_MILLIS = 1;
const MOST_WAIT_MILLIS = 50;

/** The transaction before is coming to its end on every partition, which takes milliseconds. */
const ENDING = 'CONCURRENT_TRANSACTIONS';
/** The coordinator is another one now, or will be in a moment. */
const MOVING = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);

/** The broker that keeps a group, or a transactional id: looked up when it is needed, and again when it has moved. */
export class Coordinator {
  readonly #cluster: Cluster;
  readonly #question: { readonly groupId: string; readonly coordinatorType: number };
  #nodeId: Broker['nodeId'] | undefined;

  /** @param id of the group, or of the transaction */
  constructor(cluster: Cluster, id: string, kind: typeof OF_GROUP | typeof OF_TRANSACTION) {
    this.#cluster = cluster;
    this.#question = { groupId: id, coordinatorType: kind };
  }

  /**
   * Asks it, and again while it moves or ends another transaction. An answer that was lost is not asked for again.
   *
   * @throws the last answer, where that takes longer than 12 s
   */
  async ask<Answer>(request: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    const deadline = performance.now() + PASSES_WITHIN_MILLIS;
    for (let pause = FIRST_WAIT_MILLIS; ; pause = Math.min(2 * pause, MOST_WAIT_MILLIS)) {
      try {
        return await request(await this.#broker());
      } catch (error) {
        const type = typeOf(error);
        if (type !== ENDING) this.#nodeId = undefined;
        const isPassing = type === ENDING || MOVING.has(type);
        if (!isPassing || performance.now() > deadline) throw error;
        await wait(pause);
      }
    }
  }

  async #broker(): Promise<Broker> {
    if (this.#nodeId !== undefined) return this.#cluster.findBroker({ nodeId: this.#nodeId });
    const broker = await this.#cluster.findGroupCoordinator(this.#question);
    this.#nodeId = broker.nodeId;
    return broker;
  }
}
