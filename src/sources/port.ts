import { type RejectionCode, SentifluxError, type SentifluxErrorOptions } from '../contracts/errors.js';
import type { PostId, SourceCursor } from '../contracts/ids.js';
import type { Post } from '../contracts/post.js';

/** What a source tells of a post. An edit is a post whose id was there before and whose `updatedAt` is later. */
export type SourceEvent =
  | { readonly kind: 'post'; readonly post: Post }
  | { readonly kind: 'edit'; readonly post: Post }
  | { readonly kind: 'deletion'; readonly id: PostId }
  /** It cannot become a post, which is data and no failure: it is counted, and passed over. */
  | { readonly kind: 'unusable'; readonly code: UnusableCode; readonly message: string };

export type UnusableCode = RejectionCode | 'SF_SOURCE_MALFORMED';

/** The unit in which events are written: all of a batch are acknowledged before its cursor counts. */
export interface SourceBatch {
  /** In the order in which they happened; none where the source has only moved on. */
  readonly events: readonly SourceEvent[];
  /** Where to go on after these events; left out by a source that cannot be read again, such as standard input. */
  readonly cursor?: SourceCursor;
  /**
   * Its cursor is stored at once. What begins with what is new, also as one of several feeds, says so where it stands before
   * its first events: else a crash before they count would lose them.
   */
  readonly isStart?: true;
  /** What the source no longer had, or may not have had, of what came after the cursor it was given. */
  readonly gap?: SourceGap;
  /** A part of the source cannot be read for now, such as one of several feeds; the rest goes on. */
  readonly problem?: SentifluxError;
}

export interface SourceGap {
  /** Two times, or two places in the source's own words. */
  readonly from: string;
  readonly to: string;
}

/** A feed of posts from outside. One file (or folder) of src/sources each; docs/sources.md shows how to write one. */
export interface Source {
  /** Names its cursor, and itself in the log. */
  readonly name: string;
  /**
   * Reads from where a cursor stands, or from where this source begins without one: one connection, one pass over a
   * file, one round of polls after the other.
   *
   * Pulled: nothing is asked of it while a batch is being written, so it holds no more than it has itself said it
   * would, and pauses what it reads from. Ends when the source has nothing more, or soon after the signal.
   *
   * @throws SourceUnreachable for what may pass: the runner waits and reads on from the last batch
   * @throws SentifluxError SF_SOURCE_REFUSED, SF_SOURCE_CURSOR_INVALID, SF_INPUT_UNREADABLE: the runner stops
   */
  read(after: SourceCursor | undefined, stop: AbortSignal): AsyncIterable<SourceBatch>;
}

export interface SourceUnreachableOptions extends SentifluxErrorOptions {
  /** How long the other side asks to be left alone. */
  readonly afterMs?: number;
}

/** A source that cannot be reached, or has broken off: it may go on later. */
export class SourceUnreachable extends SentifluxError {
  readonly afterMs: number | undefined;

  constructor(message: string, options: SourceUnreachableOptions = {}) {
    super('SF_SOURCE_UNREACHABLE', message, options);
    this.afterMs = options.afterMs;
  }
}
