/** Wakes those who wait for something to change. */
export class Signal {
  readonly #waiting = new Set<() => void>();
  #notified = 0;

  /** How often it was notified: to be read before looking, so that nothing is missed between look and wait. */
  get notified(): number {
    return this.#notified;
  }

  notify(): void {
    this.#notified += 1;
    for (const wake of this.#waiting) wake();
  }

  /** Resolves once it has been notified since, or, where given, after a time. */
  wait(since: number, millis?: number): Promise<void> {
    if (this.#notified !== since) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = millis === undefined ? undefined : setTimeout(() => wake(), millis);
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }
}
