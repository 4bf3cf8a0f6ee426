import { setTimeout as wait } from 'node:timers/promises';
import { SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';

const FIRST_WAIT_MILLIS = 100;
const LONGEST_WAIT_MILLIS = 5_000;

/**
 * Repeats what a store that cannot be reached has failed, with growing waits, until it succeeds, fails for
 * another reason or the signal says to give up. Only for what may be done twice.
 */
export async function untilReachable<Result>(
  attempt: () => Promise<Result>,
  logger: Logger,
  signal: AbortSignal,
): Promise<Result> {
  for (let pause = FIRST_WAIT_MILLIS; ; pause = Math.min(2 * pause, LONGEST_WAIT_MILLIS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SentifluxError) || error.code !== 'SF_STORE_UNREACHABLE' || signal.aborted)
        throw error;
      logger.warn({ code: error.code, err: error, pause }, 'the store cannot be reached; trying again');
      // Cut short when told to give up: the last attempt then decides.
      await wait(pause, undefined, { signal }).catch(() => {});
    }
  }
}
