import { z } from 'zod';
import { type EpochMillis, epochMillis } from '../../contracts/ids.js';

/** What was usual before a surge, as a detector measured it. Kept with an alert while it fires, so that the surge never becomes its own baseline. */
export const baselineSchema = z.object({
  /** How many windows are counted together. */
  width: z.number().int().positive(),
  /** Median count of as many windows. */
  expected: z.number().nonnegative(),
  /** One robust deviation on the stabilised scale. */
  scale: z.number().positive(),
  /** Share of negative posts among all, 0 where there were none. */
  negativeShare: z.number(),
});
export type Baseline = Readonly<z.infer<typeof baselineSchema>>;

/** The newest `baseline.width` windows against a baseline. */
export interface Measurement {
  readonly start: EpochMillis;
  readonly observed: number;
  /** Robust deviations above the expected. */
  readonly score: number;
  readonly posts: number;
  readonly bySource: Readonly<Record<string, number>>;
  readonly baseline: Baseline;
}

/** What a detector says of a window that has closed. */
export type Evaluation =
  /** Nothing can be said: the state stays as it is. */
  | {
      readonly kind: 'held';
      readonly end: EpochMillis;
      readonly reason: 'too-little-history' | 'incomplete';
    }
  | { readonly kind: 'measured'; readonly end: EpochMillis; readonly measurement: Measurement };

export const timeSchema = z
  .number()
  .int()
  .transform((value) => epochMillis(value));
