import type { AggregationConfig } from '../config/schema.js';
import { ALL_BRANDS, type BrandId, OTHER_BRANDS, type PostId } from '../contracts/ids.js';
import type { ScoredPost } from '../contracts/scored-post.js';
import type { Traceparent } from '../contracts/trace-context.js';
import { TIERS } from '../contracts/window.js';
import type { Contribution } from './contribution.js';
import { hash53 } from './hash.js';
import type { KnownBucket } from './partition-memory.js';
import { type RecentPost, type RecentPosts, simHash } from './recent-posts.js';
import type { PostTraits } from './sums.js';

export type DistinctConfig = Pick<AggregationConfig, 'nearDuplicateMs' | 'postsPerAuthor' | 'recentPosts'>;

const MAX_TERM_LENGTH = 64;
const EVERYWHERE = 2 ** TIERS.length - 1;

/** A brand that counts a post, and the buckets that do, in the order of `TIERS`. */
export interface CountingBrand {
  readonly brand: BrandId;
  readonly buckets: readonly KnownBucket[];
}

export interface Distinctness extends CountingBrand {
  /** Tiers in whose windows the post is one of `distinct`: bit i is `TIERS[i]`. */
  readonly tiers: number;
  /** Whether it repeats another post of the brand. */
  readonly isRepeat: boolean;
}

export function tagOf(id: PostId): number {
  return hash53(id);
}

/** What is counted of a post beside its contribution. */
export function traitsOf(
  { id, fingerprints, authorHash, terms }: ScoredPost,
  { time, brands }: Pick<Contribution, 'time' | 'brands'>,
  traceparent?: Traceparent,
): PostTraits & RecentPost {
  return {
    id,
    tag: tagOf(id),
    near: simHash(fingerprints.near),
    author: authorHash === undefined ? 0 : hash53(authorHash),
    terms: terms.map((term) => term.slice(0, MAX_TERM_LENGTH)),
    time,
    brands,
    traceparent,
  };
}

/**
 * Tells for each brand in which windows a post is one of `distinct`: it repeats no post of the brand that came at most
 * `nearDuplicateMs` from it, and fewer than `postsPerAuthor` posts of its author were in the window before it. Of
 * authors whose posts come out of the order of time, a few more may be counted.
 *
 * A post that repeats nothing is kept, for later ones to be compared with.
 */
export function distinctnessOf(
  post: PostTraits & RecentPost,
  brands: readonly CountingBrand[],
  recent: RecentPosts,
  config: DistinctConfig,
): readonly Distinctness[] {
  const { nearDuplicateMs, postsPerAuthor } = config;
  const alike = recent.near(post, nearDuplicateMs);
  const distinctness: Distinctness[] = [];
  let isNew = false;
  for (const { brand, buckets } of brands) {
    if (alike.length > 0 && alike.some((other) => isCounted(other.brands, brand))) {
      distinctness.push({ brand, buckets, tiers: 0, isRepeat: true });
      continue;
    }
    isNew = true;
    const earlier = recent.byAuthor(post, postsPerAuthor, (own) => isCounted(own, brand));
    const tiers = earlier.length < postsPerAuthor ? EVERYWHERE : tiersWith(buckets, earlier, postsPerAuthor);
    distinctness.push({ brand, buckets, tiers, isRepeat: false });
  }
  if (isNew) recent.add(post);
  else for (const other of alike) recent.refresh(other);
  return distinctness;
}

function isCounted(brands: readonly BrandId[], brand: BrandId): boolean {
  if (brand === ALL_BRANDS) return true;
  return brand === OTHER_BRANDS ? brands.length === 0 : brands.includes(brand);
}

/** Tiers in whose window fewer than so many of the posts lie. */
function tiersWith(buckets: readonly KnownBucket[], earlier: readonly RecentPost[], most: number): number {
  let tiers = EVERYWHERE;
  buckets.forEach(({ bucket }, tier) => {
    const inWindow = earlier.filter(({ time }) => bucket.start <= time && time < bucket.end).length;
    if (inWindow >= most) tiers &= ~(1 << tier);
  });
  return tiers;
}
