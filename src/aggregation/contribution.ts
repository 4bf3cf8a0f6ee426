import { ALL_BRANDS, type BrandId, type EpochMillis, epochMillis, OTHER_BRANDS } from '../contracts/ids.js';
import type { Label } from '../contracts/labels.js';
import type { ScoredPost } from '../contracts/scored-post.js';

/** Where a post went: into windows (`late`: they were closed before), or into a counter only. */
export const PLACES = ['counted', 'late', 'future', 'old'] as const;
export type Place = (typeof PLACES)[number];

/**
 * What a post added to the counts: kept for the retraction horizon, so that an edit or a deletion takes
 * away exactly that.
 */
export interface Contribution {
  readonly kind: 'post';
  readonly place: Place;
  readonly revision: EpochMillis;
  readonly time: EpochMillis;
  readonly label: Label;
  /** Polarity in millionths: sums of integers are exact and do not depend on their order. */
  readonly polarityMicros: number;
  readonly reach: number;
  readonly source: string;
  readonly language: string;
  readonly model: string;
  readonly brands: readonly BrandId[];
  /** Of the normalised text. */
  readonly fingerprint: string;
  /**
   * For each of `countedBrands`, in their order, the tiers in whose windows the post is one of `distinct`: bit i is
   * `TIERS[i]`. Decided once, and remembered.
   */
  readonly distinct: readonly number[];
}

/** Stands for a deleted post, so that an old revision of it that comes again is not counted. */
export interface Tombstone {
  readonly kind: 'deleted';
  readonly revision: EpochMillis;
}

export type Remembered = Contribution | Tombstone;

export const POLARITY_SCALE = 1_000_000;
/** More than anybody has; keeps the sums of millions of posts safe integers. */
const MAX_REACH = 1_000_000_000;
/** Of a fingerprint: enough to tell the revisions of one post apart. */
export const FINGERPRINT_DIGITS = 10;
/** Names are dimensions of every window: a broken producer must not fill the store with long ones. */
const MAX_NAME_LENGTH = 64;

/** One of which it is still to be decided where the post goes. */
export type NewContribution = Omit<Contribution, 'place' | 'distinct'> & {
  place: Place;
  distinct: readonly number[];
};

const NOWHERE: readonly number[] = [];

export function contributionOf(post: ScoredPost): NewContribution {
  return {
    kind: 'post',
    place: 'counted',
    revision: post.revision,
    time: epochMillis(Date.parse(post.createdAt)),
    label: post.label,
    polarityMicros: Math.round(post.polarity * POLARITY_SCALE),
    reach: Math.min(Math.round(post.reach ?? 0), MAX_REACH),
    source: nameOf(post.source),
    language: nameOf(post.language),
    model: nameOf(post.model.version),
    brands: post.brands.length < 2 ? post.brands : [...new Set(post.brands)],
    fingerprint: post.fingerprints.exact.slice(-FINGERPRINT_DIGITS),
    distinct: NOWHERE,
  };
}

const SURROGATE = /[\ud800-\udfff]/;

/** Whole characters only: a half of a pair would come back from a store as something else. */
function nameOf(text: string): string {
  const name = text.length > MAX_NAME_LENGTH ? text.slice(0, MAX_NAME_LENGTH) : text;
  return SURROGATE.test(name) ? Buffer.from(name).toString() : name;
}

export function isInWindows(place: Place): place is 'counted' | 'late' {
  return place === 'counted' || place === 'late';
}

/** The brands whose windows count a post: all together, and its own or the one of those that have none. */
export function countedBrands({ brands }: Pick<Contribution, 'brands'>): readonly BrandId[] {
  return brands.length > 1 ? [ALL_BRANDS, ...brands] : [ALL_BRANDS, brands[0] ?? OTHER_BRANDS];
}

/**
 * True where a later revision says nothing new. Label and polarity do not decide: the same text can score a
 * little differently in another batch or by another model.
 */
export function sameContent(a: Contribution, b: Contribution): boolean {
  return a.fingerprint === b.fingerprint && a.time === b.time && a.source === b.source && a.reach === b.reach;
}
