import type { Clock } from '../contracts/clock.js';
import { type EpochMillis, epochMillis } from '../contracts/ids.js';

/**
 * A clock for a replay: begins at a time of the past and runs faster than the wall's.
 *
 * @param wall milliseconds that only grow, such as `performance.now`
 */
export function createReplayClock(
  startAt: EpochMillis,
  speed: number,
  wall: () => number = () => performance.now(),
): Clock {
  const begun = wall();
  return { now: () => epochMillis(Math.round(startAt + (wall() - begun) * speed)) };
}
