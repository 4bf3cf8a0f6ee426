/** A partition whose records wait. */
export interface Stall {
  readonly partition: number;
  readonly lag: number;
  /** Since it last got on, or had nothing to do. */
  readonly millis: number;
}

interface Partition {
  /** When it last got on, or had nothing to do. */
  since: number;
  /** Batches that the role has and works on. */
  handedOn: number;
  /** Batches that the role is done with and that are being settled. */
  settling: number;
  /** Whether it was not assigned at the last look. */
  isAway: boolean;
}

/**
 * Tells which partitions stand still though records wait: none is handed on, or what was handed on is not settled.
 * While the role works on a batch its partition does not stand still, however long that takes: the fetching waits for
 * the role then, and the role has limits of its own.
 */
export class StallWatch {
  readonly #stallAfterMillis: number;
  readonly #partitions = new Map<number, Partition>();

  constructor(stallAfterMillis: number) {
    this.#stallAfterMillis = stallAfterMillis;
  }

  handedOn(partition: number, now: number): void {
    const state = this.#of(partition, now);
    state.handedOn += 1;
    state.since = now;
  }

  settling(partition: number, now: number): void {
    const state = this.#of(partition, now);
    state.handedOn -= 1;
    state.settling += 1;
    state.since = now;
  }

  settled(partition: number, now: number): void {
    const state = this.#of(partition, now);
    state.settling -= 1;
    state.since = now;
  }

  /** @param lags of every partition that is assigned now */
  look(lags: ReadonlyMap<number, number>, now: number): readonly Stall[] {
    const stalls: Stall[] = [];
    for (const [partition, state] of this.#partitions) {
      // Not at once: a consumer that crashes at the same record over and over is without it for moments only.
      const isAway = !lags.has(partition);
      if (isAway && state.isAway) state.since = now;
      state.isAway = isAway;
    }
    for (const [partition, lag] of lags) {
      const state = this.#of(partition, now);
      if (lag === 0 || (state.handedOn > 0 && state.settling === 0)) state.since = now;
      const millis = now - state.since;
      if (millis >= this.#stallAfterMillis) stalls.push({ partition, lag, millis });
    }
    return stalls;
  }

  /** Waits anew for every partition. */
  restart(now: number): void {
    for (const state of this.#partitions.values()) state.since = now;
  }

  #of(partition: number, now: number): Partition {
    const state = this.#partitions.get(partition) ?? { since: now, handedOn: 0, settling: 0, isAway: false };
    this.#partitions.set(partition, state);
    return state;
  }
}
