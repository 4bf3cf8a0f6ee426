import type { AggregationConfig } from '../config/schema.js';
import type { Tier } from '../contracts/window.js';

export type LatenessConfig = Pick<AggregationConfig, 'allowedLatenessMs' | 'latenessBySourceMs'>;

/** How long after closing a window takes posts of a source: as those of any, or longer. */
export function latenessOf(
  source: string,
  { allowedLatenessMs, latenessBySourceMs }: LatenessConfig,
): number {
  const own = Object.hasOwn(latenessBySourceMs, source) ? latenessBySourceMs[source] : undefined;
  return Math.max(allowedLatenessMs, own ?? 0);
}

/** After that long a window is final. */
export function longestLateness({ allowedLatenessMs, latenessBySourceMs }: LatenessConfig): number {
  return Math.max(allowedLatenessMs, ...Object.values(latenessBySourceMs));
}

/** The time of posts runs ahead of the clock where what has waited is read. */
const SPARE_MILLIS = 3_600_000;

/**
 * How long after its end a window is corrected for edits and deletions, in the time of posts: as long as it is kept, and
 * no longer than a post is remembered that came as late as it may.
 */
export function correctableMillis(
  tier: Tier,
  config: LatenessConfig & Pick<AggregationConfig, 'retentionMs' | 'retractionHorizonMs'>,
): number {
  const remembered = config.retractionHorizonMs + longestLateness(config) + SPARE_MILLIS;
  return Math.min(config.retentionMs[tier], remembered);
}
