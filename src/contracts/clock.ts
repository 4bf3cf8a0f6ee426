import { type EpochMillis, epochMillis } from './ids.js';

/** Time as the worker sees it. Injected, so that a replay and a test can have a time of their own. */
export interface Clock {
  now(): EpochMillis;
}

export const systemClock: Clock = { now: () => epochMillis(Date.now()) };
