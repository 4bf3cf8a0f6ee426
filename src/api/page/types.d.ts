/** What the API answers, as the page reads it. */
export type { Alert, AlertMeasure } from '../../contracts/alert.js';
export type { Label, Probabilities } from '../../contracts/labels.js';
export type { ScoredPost } from '../../contracts/scored-post.js';
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

/** A time in which nothing fires. */
export interface Silence {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  /** All of them where it is left out; so is the rule. */
  readonly brand?: string;
  readonly rule?: string;
  readonly reason?: string;
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
