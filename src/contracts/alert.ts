import { z } from 'zod';
import { type BrandId, type EpochMillis, epochMillis } from './ids.js';
import { TIERS } from './window.js';

const time = z
  .number()
  .int()
  .transform((value) => epochMillis(value));

/** A value on the topic `sentiment.alerts`, compacted by brand and rule: the alert's latest state. */
export const alertSchema = z.object({
  v: z.literal(1),
  /** Brand, rule and time of firing; the idempotency key of every delivery. */
  id: z.string().min(1),
  brand: z.string().transform((id) => id as BrandId),
  rule: z.string(),
  state: z.enum(['firing', 'resolved']),
  /** End of the window that fired it. */
  firedAt: time,
  resolvedAt: time.optional(),
  window: z.object({ tier: z.enum(TIERS), start: time, end: time }),
  /** What was counted in the window that fired it, and what the baseline expected. */
  observed: z.number(),
  expected: z.number(),
  /** How far beyond the expected, in the detector's own measure. */
  score: z.number(),
  /** Highest count while firing. */
  peak: z.number(),
  evidence: z.object({
    posts: z.number().int(),
    negativeShare: z.number(),
    baselineNegativeShare: z.number(),
    bySource: z.record(z.string(), z.number()),
  }),
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
