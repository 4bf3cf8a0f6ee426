import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import { bucketStart, TIER_MILLIS, type Tier } from '../contracts/window.js';

/**
 * Starts of the windows with `from <= start < to` that can be closed and are still kept. Bounded by the
 * retention, however long a range is asked for.
 */
export function windowStarts(
  tier: Tier,
  from: EpochMillis,
  to: EpochMillis,
  watermark: EpochMillis,
  retentionMillis: number,
): readonly EpochMillis[] {
  const size = TIER_MILLIS[tier];
  const first = Math.max(
    Math.ceil(from / size) * size,
    bucketStart(tier, epochMillis(watermark - retentionMillis)),
  );
  const end = Math.min(to, watermark - size + 1);
  const starts: EpochMillis[] = [];
  for (let start = first; start < end; start += size) starts.push(epochMillis(start));
  return starts;
}
