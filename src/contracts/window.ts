import { z } from 'zod';
import { type BrandId, type EpochMillis, epochMillis } from './ids.js';

/** Window sizes, smallest first. Buckets are aligned to the epoch. */
export const TIERS = ['10s', '1m', '5m', '1h'] as const;
export type Tier = (typeof TIERS)[number];

export const TIER_MILLIS: Readonly<Record<Tier, number>> = {
  '10s': 10_000,
  '1m': 60_000,
  '5m': 300_000,
  '1h': 3_600_000,
};

/** Start of the bucket that holds a time. */
export function bucketStart(tier: Tier, time: EpochMillis): EpochMillis {
  const size = TIER_MILLIS[tier];
  return epochMillis(Math.floor(time / size) * size);
}

const count = z.number().int();
const counts = z.record(z.string(), count);

/** A value on the topic `sentiment.aggregates`, and what the API serves. */
export const windowAggregateSchema = z.object({
  v: z.literal(1),
  brand: z.string().transform((id) => id as BrandId),
  tier: z.enum(TIERS),
  /** Milliseconds since the epoch; the window holds `start <= createdAt < end`. */
  start: z
    .number()
    .int()
    .transform((time) => epochMillis(time)),
  end: z
    .number()
    .int()
    .transform((time) => epochMillis(time)),
  posts: count,
  negative: count,
  neutral: count,
  positive: count,
  /** Sum of the posts' polarities; the mean is `polaritySum / posts`. */
  polaritySum: z.number(),
  reach: z.number(),
  /** The same counts without near-duplicates and with at most `aggregation.postsPerAuthor` posts of an author. */
  distinct: z.object({ posts: count, negative: count, neutral: count, positive: count }).optional(),
  /** Estimated number of different authors (HyperLogLog). */
  authors: count.optional(),
  bySource: counts,
  byLanguage: counts,
  byModel: counts,
  /** 0 when the watermark first passed the window; one more for every change since. */
  revision: z.number().int().nonnegative(),
  /** False where records were lost below the log's start while the window was open. */
  complete: z.boolean(),
  /**
   * True once the allowed lateness has passed: no more posts come in. Only edits and deletions of its posts still
   * change it, within the retraction horizon.
   */
  final: z.boolean(),
});
export type WindowAggregate = Readonly<z.infer<typeof windowAggregateSchema>>;

/** Key on `sentiment.aggregates`: a window's revisions share it, so compaction keeps the last. */
export function windowKey(window: Pick<WindowAggregate, 'brand' | 'tier' | 'start'>): string {
  return `${window.brand}|${window.tier}|${window.start}`;
}
