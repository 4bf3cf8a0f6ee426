import { setTimeout as waitFor } from 'node:timers/promises';

export interface FetchPaceOptions {
  /** Least time from one fetch to the next, where the first one brought little. */
  readonly intervalMillis: number;
  /** So many records of one partition are enough for the next fetch to begin at once. */
  readonly enough: number;
  /** Milliseconds from any origin; the process' clock by default. */
  readonly now?: () => number;
  readonly wait?: (millis: number) => Promise<unknown>;
}

/**
 * Spaces fetches that bring little. A broker answers a fetch with the first record that comes: at some thousand posts a
 * second that is a handful, each of them with a request, a batch, a write and a commit that cost more than its records.
 * What comes to a quiet topic is still fetched at once, and a backlog without a pause.
 */
export class FetchPace {
  readonly #options: Required<FetchPaceOptions>;
  #fetchedAt = Number.NEGATIVE_INFINITY;

  constructor({ now = () => performance.now(), wait = waitFor, ...options }: FetchPaceOptions) {
    this.#options = { now, wait, ...options };
  }

  /** Called when a fetch was answered. */
  noteFetch(): void {
    this.#fetchedAt = this.#options.now();
  }

  /** Resolves when the next fetch may begin, after one that brought so many records of a partition. */
  async next(records: number): Promise<void> {
    const { intervalMillis, enough, now, wait } = this.#options;
    const left = this.#fetchedAt + intervalMillis - now();
    if (records < enough && left > 0) await wait(left);
  }
}
