import { errorOf } from '../contracts/errors.js';
import type { RecordBatch } from '../contracts/record.js';

/**
 * Runs a step for batches so that those of one partition follow each other in the order in which they were
 * added, while what the step waits for goes on beside it. After a failure nothing of that partition runs any
 * more: a later batch must not be committed over an earlier one that failed.
 */
export class PartitionQueues {
  readonly #tails = new Map<number, Promise<void>>();
  readonly #onFailure: (error: Error) => void;

  constructor(onFailure: (error: Error) => void) {
    this.#onFailure = onFailure;
  }

  add(batch: RecordBatch, step: () => Promise<void>): void {
    const before = this.#tails.get(batch.partition) ?? Promise.resolve();
    const after = before.then(step);
    this.#tails.set(batch.partition, after);
    // Only the first failure is news: those behind it fail with the same error. Unhandled it would end the process.
    before.then(
      () => after.catch((error: unknown) => this.#onFailure(errorOf(error))),
      () => after.catch(() => {}),
    );
  }

  /** Resolves when everything added so far is done or has failed. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#tails.values());
  }
}
