import { z } from 'zod';
import { type BrandId, type EpochMillis, epochMillis } from './ids.js';

/** Tiers whose windows have one length and begin at the same times for every brand: aligned to the epoch. */
export const FIXED_TIERS = ['10s', '1m', '5m', '1h'] as const;
export type FixedTier = (typeof FIXED_TIERS)[number];
/** Window sizes, smallest first. Days are those of the brand's time zone. */
export const TIERS = [...FIXED_TIERS, '1d'] as const;
export type Tier = (typeof TIERS)[number];

/** Days are 23 or 25 hours long where clocks change. */
export const TIER_MILLIS: Readonly<Record<Tier, number>> = {
  '10s': 10_000,
  '1m': 60_000,
  '5m': 300_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
};

/** Names of sources, languages or models beyond those that a window tells apart. */
export const OTHER_NAMES = '_other';

/** Start of the bucket that holds a time; of days, those of UTC. */
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
  /** Estimated number of different authors (HyperLogLog); a post that names none counts as one of its own. */
  authors: count.optional(),
  /** Sum of the squares of the posts' polarities, for their spread. */
  polaritySquareSum: z.number().optional(),
  reachByLabel: z.object({ negative: z.number(), neutral: z.number(), positive: z.number() }).optional(),
  /** Terms that tell negative posts from the others, the most telling first; not for windows of 10 s. */
  negativeTerms: z
    .array(z.object({ term: z.string(), negative: count, other: count, score: z.number() }))
    .optional(),
  /** Ids of different posts, the most negative first. */
  mostNegative: z.array(z.string()).optional(),
  /** Their polarities, in thousandths, in the same order. */
  mostNegativePolarity: z.array(z.number()).optional(),
  /** Posts that were repeated, and how often within the window; the most often first. */
  mostRepeated: z.array(z.object({ id: z.string(), repeats: count })).optional(),
  /** By id of a named post that its producer traces: where it was counted (W3C traceparent). */
  traces: z.record(z.string(), z.string()).optional(),
  /** Beyond 32 names the smaller ones are counted together as `_other`; so are languages and models. */
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
