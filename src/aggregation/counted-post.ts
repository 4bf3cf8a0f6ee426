import { type BrandId, type EpochMillis, epochMillis, type PostId } from '../contracts/ids.js';
import type { Label } from '../contracts/labels.js';
import type { ScoredPost } from '../contracts/scored-post.js';
import { hash53 } from './hash.js';
import { type SimHash, simHash } from './sim-hash.js';

/** What is counted of a result. */
export interface CountedPost {
  readonly id: PostId;
  readonly revision: EpochMillis;
  /** When it was created. */
  readonly time: EpochMillis;
  readonly label: Label;
  /** Polarity in millionths: sums of integers are exact and do not depend on their order. */
  readonly polarityMicros: number;
  readonly reach: number;
  readonly source: string;
  readonly language: string;
  readonly model: string;
  /** Each once. */
  readonly brands: readonly BrandId[];
  /** Of the normalised text. */
  readonly fingerprint: string;
  readonly near: SimHash;
  /** `hash53` of the author's hash, 0 where nobody is named. */
  readonly author: number;
  readonly terms: readonly string[];
}

export const POLARITY_SCALE = 1_000_000;
/** Of a fingerprint: enough to tell the revisions of one post apart. */
export const FINGERPRINT_DIGITS = 10;
/** More than anybody has; keeps the sums of millions of posts safe integers. */
const MAX_REACH = 1_000_000_000;
/** Names are dimensions of every window: a broken producer must not fill the store with long ones. */
const MAX_NAME_LENGTH = 64;
const MAX_TERM_LENGTH = 64;

export function countedPost(post: ScoredPost): CountedPost {
  return {
    id: post.id,
    revision: post.revision,
    time: epochMillis(Date.parse(post.createdAt)),
    label: post.label,
    polarityMicros: microsOf(post.polarity),
    reach: reachOf(post.reach ?? 0),
    source: nameOf(post.source),
    language: nameOf(post.language),
    model: nameOf(post.model.version),
    brands: brandsOf(post.brands),
    fingerprint: post.fingerprints.exact.slice(-FINGERPRINT_DIGITS),
    near: simHash(post.fingerprints.near),
    author: authorOf(post.authorHash),
    terms: post.terms.map(termOf),
  };
}

/** Each once. */
export function brandsOf(brands: readonly BrandId[]): readonly BrandId[] {
  return brands.length < 2 ? brands : [...new Set(brands)];
}

/** @param polarity from -1 to 1 */
export function microsOf(polarity: number): number {
  return Math.round(polarity * POLARITY_SCALE);
}

/** A whole number. */
export function reachOf(reach: number): number {
  return Math.min(Math.round(reach), MAX_REACH);
}

/** `hash53` of it, 0 where nobody is named. */
export function authorOf(authorHash: string | undefined): number {
  return authorHash === undefined ? 0 : hash53(authorHash);
}

/** As far as it is kept. */
export function termOf(term: string): string {
  return term.slice(0, MAX_TERM_LENGTH);
}

const SURROGATE = /[\ud800-\udfff]/;

/** Whole characters only: a half of a pair would come back from a store as something else. */
export function nameOf(text: string): string {
  const name = text.slice(0, MAX_NAME_LENGTH);
  return SURROGATE.test(name) ? Buffer.from(name).toString() : name;
}
