/** Calling `passOn` lets the next step begin before this one is over. */
export type Step<Result> = (passOn: () => void) => Promise<Result>;

/** Runs steps in the order in which they came, each after the one before it, whatever became of that. */
export class Turns {
  /** Resolves when the next step may begin. */
  #next: Promise<void> = Promise.resolve();
  readonly #running = new Set<Promise<unknown>>();

  take<Result>(step: Step<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#next = this.#next.then(
        () =>
          new Promise((passOn) => {
            const running = step(passOn);
            this.#running.add(running);
            running.then(resolve, reject).finally(() => {
              this.#running.delete(running);
              passOn();
            });
          }),
      );
    });
  }

  /** Resolves when all that have been taken so far are over. */
  async idle(): Promise<void> {
    await this.#next;
    await Promise.allSettled(this.#running);
  }
}
