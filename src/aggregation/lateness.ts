import type { AggregationConfig } from '../config/schema.js';
import type { Tier } from '../contracts/window.js';

export type LatenessConfig = Pick<AggregationConfig, 'allowedLatenessMs' | 'latenessBySourceMs'>;

/** How long after closing a window takes posts of a source. */
export function latenessOf(
  source: string,
  { allowedLatenessMs, latenessBySourceMs }: LatenessConfig,
): number {
  return Object.hasOwn(latenessBySourceMs, source)
    ? (latenessBySourceMs[source] ?? allowedLatenessMs)
    : allowedLatenessMs;
}

/** After that long a window is final. */
export function longestLateness({ allowedLatenessMs, latenessBySourceMs }: LatenessConfig): number {
  return Math.max(allowedLatenessMs, ...Object.values(latenessBySourceMs));
}

/**
 * How long after its end a window is corrected for edits and deletions, in the time of posts: as long as it is kept, and
 * no longer than a post can be remembered that is in it.
 */
export function correctableMillis(
  tier: Tier,
  config: LatenessConfig &
    Pick<AggregationConfig, 'retentionMs' | 'retractionHorizonMs' | 'futureToleranceMs'>,
): number {
  const { retentionMs, retractionHorizonMs, futureToleranceMs } = config;
  return Math.min(retentionMs[tier], retractionHorizonMs + longestLateness(config) + futureToleranceMs);
}
