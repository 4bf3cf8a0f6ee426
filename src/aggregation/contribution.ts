import { ALL_BRANDS, type BrandId, type EpochMillis, OTHER_BRANDS } from '../contracts/ids.js';
import type { CountedPost } from './counted-post.js';

/** Where a post went: into windows (`late`: they were closed before), or into a counter only. */
export const PLACES = ['counted', 'late', 'future', 'old'] as const;
export type Place = (typeof PLACES)[number];

/**
 * What a post added to the counts: kept for the retraction horizon, so that an edit or a deletion takes
 * away exactly that.
 */
export interface Contribution extends Omit<CountedPost, 'id' | 'near' | 'author' | 'terms'> {
  readonly kind: 'post';
  readonly place: Place;
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

/** One of which it is still to be decided where the post goes. */
export type NewContribution = Omit<Contribution, 'place' | 'distinct'> & {
  place: Place;
  distinct: readonly number[];
};

const NOWHERE: readonly number[] = [];

export function contributionOf(post: CountedPost): NewContribution {
  return {
    kind: 'post',
    place: 'counted',
    revision: post.revision,
    time: post.time,
    label: post.label,
    polarityMicros: post.polarityMicros,
    reach: post.reach,
    source: post.source,
    language: post.language,
    model: post.model,
    brands: post.brands,
    fingerprint: post.fingerprint,
    distinct: NOWHERE,
  };
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
