import type { BrandId, EpochMillis } from '../../../contracts/ids.js';
import type { Tier } from '../../../contracts/window.js';
import { type Bucket, bucketName } from '../../bucket.js';

/** How much time one hash of windows holds: some hundreds of windows, and it expires as a whole. */
const SPAN_MILLIS: Readonly<Record<Tier, number>> = {
  '10s': 3_600_000,
  '1m': 86_400_000,
  '5m': 86_400_000,
  '1h': 86_400_000,
  '1d': 28 * 86_400_000,
};

/**
 * Names of all keys of a namespace. What changes together has the same part in braces: Redis Cluster would keep it in one
 * slot, but is not spoken.
 */
export function keysOf(namespace: string) {
  const partition = (number: number): string => `sf:{${namespace}:${number}}:`;
  const common = `sf:{${namespace}}:`;
  return {
    partition,
    state: (number: number) => `${partition(number)}state`,
    dirty: (number: number) => `${partition(number)}dirty`,
    gaps: (number: number) => `${partition(number)}gaps`,
    /** Names that what is remembered of posts refers to by their index. */
    names: (number: number) => `${partition(number)}names`,
    /** Journals of recent posts. */
    recent: (number: number) => `${partition(number)}recent`,
    bucket: (number: number, bucket: Bucket) => `${partition(number)}bucket:${bucketName(bucket)}`,
    lock: `${common}closer`,
    watermark: `${common}watermark`,
    unfinished: `${common}unfinished`,
    /** Which topic fills the namespace, where it is not the live one. */
    origin: `${common}origin`,
    /** Gone with everything else when the data is lost, and written by nothing that was under way then. */
    past: `${common}past`,
    /** Hash of a brand's windows, by their starts. */
    windows: (brand: BrandId, tier: Tier, start: EpochMillis) =>
      `sf:${namespace}:windows:${brand}:${tier}:${Math.floor(start / SPAN_MILLIS[tier]) * SPAN_MILLIS[tier]}`,
  } as const;
}
export type Keys = ReturnType<typeof keysOf>;

export function spanMillis(tier: Tier): number {
  return SPAN_MILLIS[tier];
}
