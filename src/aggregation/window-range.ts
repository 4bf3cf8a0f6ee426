import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import { bucketStart, type FixedTier, TIER_MILLIS, type WindowAggregate } from '../contracts/window.js';
import type { WindowQuery } from '../contracts/window-reader.js';

/**
 * Starts of the windows with `from <= start < to` that can be closed and are still kept. Bounded by the
 * retention, however long a range is asked for.
 */
export function windowStarts(
  tier: FixedTier,
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

/** Starts of days between which lie those that `isShownDay` lets through, whatever their time zone. */
export function dayRange(
  { from, to }: Pick<WindowQuery, 'from' | 'to'>,
  watermark: EpochMillis,
  retentionMillis: number,
): { readonly from: EpochMillis; readonly to: EpochMillis } {
  const oldest = watermark - retentionMillis - TIER_MILLIS['1d'];
  return { from: epochMillis(Math.max(from, oldest)), to: epochMillis(Math.min(to, watermark)) };
}

/** Whether a day is closed and lies in a range. */
export function isShownDay(
  { start, end }: Pick<WindowAggregate, 'start' | 'end'>,
  range: Pick<WindowQuery, 'from' | 'to'>,
  watermark: EpochMillis,
): boolean {
  return range.from <= start && start < range.to && end <= watermark;
}
