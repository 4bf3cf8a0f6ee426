import type { AggregationConfig } from '../config/schema.js';
import { ALL_BRANDS, type BrandId, type EpochMillis, OTHER_BRANDS, type PostId } from '../contracts/ids.js';
import type { Traceparent } from '../contracts/trace-context.js';
import { TIERS } from '../contracts/window.js';
import type { CountedPost } from './counted-post.js';
import { hash53 } from './hash.js';
import type { KnownBucket } from './partition-memory.js';
import type { RecentPosts } from './recent-posts.js';
import type { RecentPost } from './recent-slots.js';
import type { PostTraits, Standing } from './sums.js';

export type DistinctConfig = Pick<AggregationConfig, 'nearDuplicateMs' | 'postsPerAuthor' | 'recentPosts'>;

/** All tiers. */
export const EVERYWHERE = 2 ** TIERS.length - 1;

/** In place of tiers: the post repeats another one of the brand, so it is distinct in no window. */
export const REPEATS = -1;

export function tagOf(id: PostId): number {
  return hash53(id);
}

/** What is counted of a post beside its contribution. */
export function traitsOf(
  { id, near, author, terms, time, brands }: CountedPost,
  traceparent?: Traceparent,
): PostTraits & RecentPost {
  return { id, tag: tagOf(id), near, author, terms, time, brands, traceparent };
}

/**
 * Tells for each brand in which windows a post is one of `distinct`: it repeats no post of the brand that came at most
 * `nearDuplicateMs` from it, and fewer than `postsPerAuthor` posts of its author were in the window before it. Of
 * authors whose posts come out of the order of time, a few more may be counted.
 *
 * A post that repeats nothing is kept, for later ones to be compared with.
 *
 * @param bucketsOf the buckets of a brand that hold the post, in the order of `TIERS`
 * @returns of each brand the tiers, bit i being `TIERS[i]`, or `REPEATS`
 */
export function distinctnessOf(
  post: PostTraits & RecentPost,
  brands: readonly BrandId[],
  bucketsOf: (brand: BrandId) => readonly KnownBucket[],
  recent: RecentPosts,
  { nearDuplicateMs, postsPerAuthor }: DistinctConfig,
): readonly number[] {
  const alike = recent.near(post, nearDuplicateMs);
  const distinctness: number[] = [];
  let isNew = false;
  for (const brand of brands) {
    if (alike.length > 0 && alike.some((other) => isCounted(other.brands, brand))) {
      distinctness.push(REPEATS);
      continue;
    }
    isNew = true;
    const earlier = recent.timesByAuthor(post, postsPerAuthor, (own) => isCounted(own, brand));
    distinctness.push(
      earlier.length < postsPerAuthor ? EVERYWHERE : tiersWith(bucketsOf(brand), earlier, postsPerAuthor),
    );
  }
  if (isNew) recent.add(post);
  else for (const other of alike) recent.refresh(other);
  return distinctness;
}

/** How a post stands in the windows of a tier. @param tier its index in `TIERS` @param tiers as `distinctnessOf` tells */
export function standingIn(tiers: number, tier: number): Standing {
  if (tiers === REPEATS) return 'repeat';
  return (tiers & (1 << tier)) !== 0 ? 'distinct' : 'crowded';
}

function isCounted(brands: readonly BrandId[], brand: BrandId): boolean {
  if (brand === ALL_BRANDS) return true;
  return brand === OTHER_BRANDS ? brands.length === 0 : brands.includes(brand);
}

/** Tiers in whose window fewer than so many of the times lie. */
function tiersWith(buckets: readonly KnownBucket[], times: readonly EpochMillis[], most: number): number {
  let tiers = 0;
  let tier = 1;
  for (const { bucket } of buckets) {
    let inWindow = 0;
    for (const time of times) if (bucket.start <= time && time < bucket.end) inWindow += 1;
    if (inWindow < most) tiers |= tier;
    tier *= 2;
  }
  return tiers;
}
