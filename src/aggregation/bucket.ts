import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import { bucketStart, type FixedTier, TIER_MILLIS, TIERS, type Tier } from '../contracts/window.js';
import { localDay } from './local-day.js';

/** A window of every brand: the unit that a partition adds to and that is closed as one. */
export interface Bucket {
  readonly tier: Tier;
  readonly start: EpochMillis;
  readonly end: EpochMillis;
}

/** The bucket of a tier that holds a time. Days are those of the time zone, the others are the same everywhere. */
export function bucketAt(tier: Tier, time: EpochMillis, zone = 'UTC'): Bucket {
  return tier === '1d' ? { tier, ...localDay(time, zone) } : fixedBucket(tier, bucketStart(tier, time));
}

function fixedBucket(tier: FixedTier, start: EpochMillis): Bucket {
  return { tier, start, end: epochMillis(start + TIER_MILLIS[tier]) };
}

/** `tier:start`, of a day `1d:start:end`; unique within a namespace. */
export function bucketName({ tier, start, end }: Bucket): string {
  return tier === '1d' ? `1d:${start}:${end}` : `${tier}:${start}`;
}

/**
 * What `bucketName` wrote.
 *
 * @throws RangeError for anything else
 */
export function parseBucketName(name: string): Bucket {
  const [tierName, start, end] = name.split(':');
  const tier = TIERS.find((known) => known === tierName);
  if (tier === undefined || start === undefined || (tier === '1d' && end === undefined))
    throw new RangeError(`${name} is no name of a bucket`);
  const begin = epochMillis(Number(start));
  return tier === '1d' ? { tier, start: begin, end: epochMillis(Number(end)) } : fixedBucket(tier, begin);
}
