import { errorOf } from '../contracts/errors.js';
import type { RecordBatch } from '../contracts/record.js';
import { type Step, Turns } from '../contracts/turns.js';

/**
 * Runs a step for batches so that those of one partition follow each other in the order in which they were
 * added, while what the step waits for goes on beside it. After a failure no step of that partition begins any
 * more: a later batch must not be committed over an earlier one that failed.
 */
export class PartitionQueues {
  readonly #turns = new Map<number, Turns>();
  readonly #failed = new Set<number>();
  readonly #onFailure: (error: Error) => void;

  constructor(onFailure: (error: Error) => void) {
    this.#onFailure = onFailure;
  }

  add({ partition }: RecordBatch, step: Step<void>): void {
    const turns = this.#turns.get(partition) ?? new Turns();
    this.#turns.set(partition, turns);
    turns.take((passOn) => this.#run(partition, () => step(passOn)));
  }

  async #run(partition: number, step: () => Promise<void>): Promise<void> {
    if (this.#failed.has(partition)) return;
    try {
      await step();
    } catch (error) {
      // Only the first failure is news: those behind it fail because of it.
      if (this.#failed.has(partition)) return;
      this.#failed.add(partition);
      this.#onFailure(errorOf(error));
    }
  }

  /** Resolves when everything of a partition that was added so far is done or has failed. */
  async idleOf(partition: number): Promise<void> {
    await this.#turns.get(partition)?.idle();
  }

  /** Resolves when everything added so far is done or has failed. */
  async idle(): Promise<void> {
    await Promise.all([...this.#turns.values()].map((turns) => turns.idle()));
  }
}
