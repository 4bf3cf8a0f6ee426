import { z } from 'zod';
import { type BrandId, type EpochMillis, epochMillis } from './ids.js';

const time = z
  .number()
  .int()
  .transform((value) => epochMillis(value));

/** When nothing begins to fire: of one brand, of one rule, of one rule of a brand, or of all. */
export interface SilencedSpan {
  /** It holds for windows that end at `from <= end < to`. */
  readonly from: EpochMillis;
  readonly to: EpochMillis;
  readonly brand?: string | undefined;
  readonly rule?: string | undefined;
}

/** A silence that somebody asked for while the worker ran; a value on the topic `sentiment.alerts`, by its id. */
export const silenceSchema = z.object({
  v: z.literal(1),
  /** Tells it from the alerts beside it, which have no kind. */
  kind: z.literal('silence'),
  id: z.string().min(1).max(100),
  from: time,
  /** One that was ended early ends then, also if that is before it would have begun. */
  to: time,
  brand: z
    .string()
    .transform((id) => id as BrandId)
    .optional(),
  rule: z.string().optional(),
  reason: z.string(),
  by: z.string().optional(),
  createdAt: time,
});
export type Silence = Readonly<z.infer<typeof silenceSchema>>;

/** Key on `sentiment.alerts`; no brand's id begins like this. */
export function silenceKey({ id }: Pick<Silence, 'id'>): string {
  return `_silence|${id}`;
}
