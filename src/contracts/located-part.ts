/** A part of a text as it was written, and the tokens that it became. */
export interface LocatedPart {
  /** UTF-16 code units of the text; the end is excluded. */
  readonly start: number;
  readonly end: number;
  /** Indices into `PreparedPost.tokens`, at least one. */
  readonly tokens: readonly number[];
}

/**
 * Finds the words of a text that were made into tokens, in order and apart from each other. Words that were cut
 * off because the text is too long are not among them.
 */
export type LocateParts = (text: string) => readonly LocatedPart[];
