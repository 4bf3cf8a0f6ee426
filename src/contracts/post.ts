import type { RejectionCode } from './errors.js';
import type { EpochMillis, PostId } from './ids.js';

/** A post as decoded from a record, before any work on its text. */
export interface Post {
  readonly id: PostId;
  /** Kind or name of where it was posted (`social`, `forum`, `news`, `bluesky`, …). */
  readonly source: string;
  readonly text: string;
  /** The author's id or handle as given. It leaves the score role only as a keyed hash. */
  readonly author?: string;
  readonly createdAt: EpochMillis;
  /** Orders the revisions of one id: older is ignored, newer is an edit. */
  readonly updatedAt: EpochMillis;
  /** BCP 47 tag as given by the source; a hint. */
  readonly language?: string;
  readonly url?: string;
  readonly replyTo?: string;
  /** How many people it reached, as far as the source knows: likes, reposts, followers. */
  readonly reach?: number;
}

/** What a record turned out to be. */
export type DecodedRecord =
  | { readonly kind: 'post'; readonly post: Post }
  | { readonly kind: 'deletion'; readonly id: PostId }
  | Rejection;

/** Why a record cannot be scored. */
export interface Rejection {
  readonly kind: 'rejected';
  readonly code: RejectionCode;
  readonly message: string;
}

/**
 * What makes a result less certain than others, what its label alone does not tell (`mixed`: it speaks for both
 * signs), and what kept it out of the windows (`future`, `old`).
 */
export const FLAGS = [
  'truncated',
  'low_confidence',
  'mixed',
  'unsupported_language',
  'future',
  'old',
] as const;
export type Flag = (typeof FLAGS)[number];
