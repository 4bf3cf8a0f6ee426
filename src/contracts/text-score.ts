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
  /** Only where it was asked for. */
  readonly explanation?: readonly ExplainedPart[];
}

/** A word of the text as it was written, and what it did for the label. */
export interface ExplainedPart {
  readonly text: string;
  /** UTF-16 code units of the text; the end is excluded. */
  readonly start: number;
  readonly end: number;
  /**
   * By how much the label's log-odds fall when the network does not see the word: above 0 it spoke for the label,
   * below 0 against it.
   */
  readonly weight: number;
}

/** Outcome of scoring one text that came by the API or the command line. */
export type TextOutcome =
  | { readonly kind: 'scored'; readonly score: TextScore }
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly message: string };
