import type { RejectionCode } from './errors.js';
import type { BrandId } from './ids.js';
import type { Label, Probabilities } from './labels.js';
import type { Flag } from './post.js';
import type { ModelStamp } from './scored-post.js';

/** What the scorer says of one text: the part of a `ScoredPost` that comes from the text alone. */
export interface TextScore {
  readonly label: Label;
  readonly probabilities: Probabilities;
  /** Probability of positive less probability of negative, -1 to 1. */
  readonly polarity: number;
  /** The label's calibrated probability. */
  readonly confidence: number;
  readonly language: string;
  readonly brands: readonly BrandId[];
  readonly flags: readonly Flag[];
  readonly model: ModelStamp;
}

/** Outcome of scoring one text that came by the API or the command line. */
export type TextOutcome =
  | { readonly kind: 'scored'; readonly score: TextScore }
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly message: string };
