import { z } from 'zod';
import { type BrandId, type EpochMillis, epochMillis } from './ids.js';
import { TIERS } from './window.js';

const time = z
  .number()
  .int()
  .transform((value) => epochMillis(value));

/** What a rule measures of a brand's posts. */
export const ALERT_MEASURES = ['volume', 'negative_count', 'negative_share', 'polarity'] as const;
export type AlertMeasure = (typeof ALERT_MEASURES)[number];

/** A value on the topic `sentiment.alerts`, compacted by brand and rule: the alert's latest state. */
export const alertSchema = z.object({
  v: z.literal(1),
  /** Brand, rule and time of firing; the idempotency key of every delivery. */
  id: z.string().min(1),
  brand: z.string().transform((id) => id as BrandId),
  rule: z.string(),
  /** In whose unit `observed`, `expected` and `peak` are: posts, a share from 0 to 1, a mean from -1 to 1. Posts that are negative, where it is left out. */
  measure: z.enum(ALERT_MEASURES).optional(),
  state: z.enum(['firing', 'resolved']),
  /** End of the window that fired it. */
  firedAt: time,
  resolvedAt: time.optional(),
  /** Why it ended: `re-baselined` where it lasted so long that it is taken for the usual from now on. */
  resolution: z.enum(['calm', 're-baselined']).optional(),
  window: z.object({ tier: z.enum(TIERS), start: time, end: time }),
  /** What was counted in the window that fired it, and what the baseline expected. */
  observed: z.number(),
  expected: z.number(),
  /** How far beyond the expected, in robust deviations. */
  score: z.number(),
  /** Probability of as much or more by chance. */
  pValue: z.number().optional(),
  /** How far beyond what the rule asks for: it fires at 1. */
  strength: z.number().optional(),
  /** The worst while firing: the highest count or share, the lowest polarity. */
  peak: z.number(),
  evidence: z.object({
    posts: z.number(),
    negativeShare: z.number(),
    baselineNegativeShare: z.number(),
    bySource: z.record(z.string(), z.number()),
    /** At least so many different authors, where they are counted. */
    authors: z.number().optional(),
    /** The terms that tell the negative posts of the windows that fired it, the most telling first. */
    terms: z.array(z.object({ term: z.string(), negative: z.number(), other: z.number() })).optional(),
    /** Up to five of their posts: the most negative, or of a volume those that were repeated most. */
    postIds: z.array(z.string()).optional(),
    /** Where those of them were counted that their producers trace (W3C traceparent). */
    traces: z.array(z.string()).optional(),
  }),
  /** Of the evaluation that fired it, where traces are recorded (W3C Trace Context, 32 hexadecimal digits). */
  traceId: z.string().optional(),
  acknowledgement: z.object({ by: z.string(), at: time }).optional(),
});
export type Alert = Readonly<z.infer<typeof alertSchema>>;

/** Key on `sentiment.alerts`. */
export function alertKey(alert: { readonly brand: BrandId; readonly rule: string }): string {
  return `${alert.brand}|${alert.rule}`;
}

/** Id of the alert that a rule fires for a brand at a time: the same on every evaluation of the same window. */
export function alertId(brand: BrandId, rule: string, firedAt: EpochMillis): string {
  return `${brand}:${rule}:${firedAt}`;
}
