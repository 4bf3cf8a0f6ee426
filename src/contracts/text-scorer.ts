import type { TextOutcome } from './text-score.js';

/** A text to score without a stream: from a file, from the API, from another program. */
export interface TextToScore {
  readonly text: string;
  /** BCP 47 tag; a hint. */
  readonly language?: string;
  /** Also tell what each word did for the label, at about the price of scoring as many texts as there are words. */
  readonly explain?: boolean;
}

/** Scores texts on the same path as the stream's posts. */
export interface TextScorer {
  /** Outcomes in the order of the texts. */
  score(texts: readonly TextToScore[]): Promise<readonly TextOutcome[]>;
}
