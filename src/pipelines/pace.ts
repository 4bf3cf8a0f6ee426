import { waitUnlessStopped } from './wait-unless-stopped.js';

/** With a rate, how many times a second something is written. */
const TIMES_A_SECOND = 10;

/** Work that is done in steps, not faster than so many records a second. */
export interface Pace {
  /** Records of one step. */
  readonly recordsAStep: number;
  /** Waits until as many records may have been done, or it is told to stop. */
  after(done: number): Promise<void>;
}

/** @param rate records a second at most; as fast as it goes by default */
export function createPace(mostRecordsAStep: number, rate?: number, stop?: AbortSignal): Pace {
  if (rate === undefined) return { recordsAStep: mostRecordsAStep, async after() {} };
  const started = performance.now();
  return {
    recordsAStep: Math.min(mostRecordsAStep, Math.max(1, Math.round(rate / TIMES_A_SECOND))),
    async after(done) {
      const millis = started + (1_000 * done) / rate - performance.now();
      if (millis <= 0 || stop?.aborted) return;
      await waitUnlessStopped(millis, stop);
    },
  };
}
