import { setTimeout as wait } from 'node:timers/promises';
import { isRefusal } from './errors.js';

/** Each attempt has kafkajs' own retries within it, of some 15 s. */
const ATTEMPTS = 4;
const WAIT_MILLIS = 1_000;

/**
 * Does work again while brokers cannot be reached: kafkajs gives some requests up at the first connection that closes,
 * as those that end a transaction.
 *
 * @param work may be begun anew after any failure
 * @param goOn is told of each failure that may pass, and says whether the work is still wanted
 * @throws the last failure
 */
export async function againWhileUnreachable<Result>(
  work: () => Promise<Result>,
  goOn: (error: unknown) => boolean,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (isRefusal(error) || attempt === ATTEMPTS || !goOn(error)) throw error;
      await wait(WAIT_MILLIS);
    }
  }
}
