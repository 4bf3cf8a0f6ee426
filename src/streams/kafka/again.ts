import { setTimeout as wait } from 'node:timers/promises';
import { isRefusal } from './errors.js';

/** 45 s in all: a broker that died is missed after 9 s, and its successor found some seconds later. */
const WAITS_MILLIS = [500, 1_000, 2_000, 4_000, ...Array.from({ length: 8 }, () => 5_000)];

/**
 * Does work again while brokers cannot be reached, or are being replaced: kafkajs gives some requests up at the first
 * connection that closes, as those that end a transaction or look up offsets.
 *
 * @param work may be begun anew after any failure
 * @param goOn is told of each failure that may pass, and says whether the work is still wanted
 * @param waits before each further attempt, milliseconds
 * @throws the last failure
 */
export async function againWhileUnreachable<Result>(
  work: () => Promise<Result>,
  goOn: (error: unknown) => boolean,
  waits: readonly number[] = WAITS_MILLIS,
): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const millis = waits[attempt];
      if (isRefusal(error) || millis === undefined || !goOn(error)) throw error;
      await wait(millis);
    }
  }
}
