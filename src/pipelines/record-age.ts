import type { Clock } from '../contracts/clock.js';
import type { RecordBatch } from '../contracts/record.js';

/** Milliseconds since a time of a record; never less than 0: clocks of brokers and producers may be ahead of ours. */
export function ageOf(time: number, clock: Clock): number {
  return Math.max(0, clock.now() - time);
}

/** Milliseconds since the timestamp of a batch's oldest record. */
export function ageOfOldest({ timestamps }: Pick<RecordBatch, 'timestamps'>, clock: Clock): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const timestamp of timestamps) oldest = Math.min(oldest, timestamp);
  return ageOf(oldest, clock);
}
