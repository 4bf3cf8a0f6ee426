/** What the API answers, as the page reads it. */
export type { Alert, AlertMeasure } from '../../contracts/alert.js';
export type { Label, Probabilities } from '../../contracts/labels.js';
export type { ScoredPost } from '../../contracts/scored-post.js';
export type { Silence } from '../../contracts/silence.js';
export type { ExplainedPart, TextScore } from '../../contracts/text-score.js';
export type { Tier, WindowAggregate } from '../../contracts/window.js';
export type { AggregationCounters, Rebuilding } from '../../contracts/window-reader.js';
export type { Series } from '../series.js';

import type { TextScore } from '../../contracts/text-score.js';
import type { Tier } from '../../contracts/window.js';

/** A brand with the sums of its last windows. */
export interface BrandStanding {
  readonly id: string;
  readonly name: string;
  readonly posts: number;
  readonly negative: number;
}

/** A word that tells negative posts from the others. */
export interface Term {
  readonly term: string;
  /** Mentions in negative posts, and in others. */
  readonly negative: number;
  readonly other: number;
}

/** Whom the API takes this page for. */
export interface Standing {
  readonly required: boolean;
  readonly name: string | null;
  readonly scopes: readonly string[];
}

export type ScoredText =
  | (TextScore & { readonly error?: undefined })
  | { readonly error: { readonly message: string } };

/** A time to show: so many windows of a tier, and so many before them that tell what is usual. */
export interface Range {
  readonly name: string;
  readonly tier: Tier;
  readonly size: number;
  readonly windows: number;
  readonly history: number;
  /** Tier of the windows whose terms, sources and languages are summed up. */
  readonly composedOf: Tier;
}
