import type { AggregationConfig } from '../config/schema.js';
import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import type { PartitionState } from './store.js';

/**
 * The time up to which every post is thought to have come, over all partitions: the least of their greatest
 * event times, less `outOfOrdernessMs`. An idle partition holds nothing back; when all are idle, time goes on
 * with the clock. A partition that is not idle and had no post yet holds everything back: its posts may be old.
 *
 * Never less than `before`. `undefined` before the first post.
 */
export function globalWatermark(
  partitions: readonly PartitionState[],
  before: EpochMillis | undefined,
  now: EpochMillis,
  config: Pick<AggregationConfig, 'outOfOrdernessMs' | 'idleAfterMs'>,
): EpochMillis | undefined {
  const active = partitions.filter(({ idleAt }) => idleAt === undefined || now - idleAt > config.idleAfterMs);
  const reached = active.length > 0 ? leastEventTime(active) : hadPosts(partitions) ? now : undefined;
  if (reached === undefined) return before;
  return epochMillis(Math.max(before ?? Number.NEGATIVE_INFINITY, reached - config.outOfOrdernessMs));
}

function leastEventTime(partitions: readonly PartitionState[]): number | undefined {
  let least = Number.POSITIVE_INFINITY;
  for (const { greatestEventTime } of partitions) {
    if (greatestEventTime === undefined) return undefined;
    least = Math.min(least, greatestEventTime);
  }
  return least;
}

function hadPosts(partitions: readonly PartitionState[]): boolean {
  return partitions.some(({ greatestEventTime }) => greatestEventTime !== undefined);
}
