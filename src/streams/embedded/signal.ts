/** Wakes those who wait for something to change. */
export class Signal {
  #waiting: Array<() => void> = [];

  notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves at the next notification or, where given, after a time. */
  wait(millis?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = millis === undefined ? undefined : setTimeout(resolve, millis);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
