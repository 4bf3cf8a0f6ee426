import type { BrandId } from '../contracts/ids.js';
import { areNear } from './sim-hash.js';
import { addSums, type DistinctPost, emptySums, type Sums } from './sums.js';

/**
 * Adds up what the partitions have counted of a bucket.
 *
 * Near-duplicates and the posts of an author are spread over partitions by the ids of posts, and each partition knows
 * its own. So `distinct` is corrected here by the first distinct posts of each partition: one that another partition has
 * too, or whose author has enough already, counts no more. In windows with more than these posts a partition
 * some remain, at most one for each partition of a text and `postsPerAuthor` for each of an author.
 */
export function mergePartials(
  partials: ReadonlyArray<ReadonlyMap<BrandId, Sums>>,
  postsPerAuthor: number,
): ReadonlyMap<BrandId, Sums> {
  const merged = new Map<BrandId, Sums>();
  for (const brands of partials) {
    for (const [brand, partial] of brands) {
      const sums = merged.get(brand) ?? emptySums();
      for (const { label } of surplus(sums.distinctPosts, partial.distinctPosts, postsPerAuthor)) {
        sums.distinct[label] -= 1;
      }
      addSums(sums, partial);
      merged.set(brand, sums);
    }
  }
  return merged;
}

/** Posts of a partition that are like one of the partitions before it, or beyond what is counted of their author. */
function surplus(
  before: readonly DistinctPost[],
  posts: readonly DistinctPost[],
  postsPerAuthor: number,
): readonly DistinctPost[] {
  const byAuthor = new Map<number, number>();
  const count = (author: number): number => {
    const counted = (byAuthor.get(author) ?? 0) + 1;
    byAuthor.set(author, counted);
    return counted;
  };
  for (const { author } of before) count(author);
  return posts.filter(
    ({ author, near }) =>
      before.some((other) => areNear(other.near, near)) || (author !== 0 && count(author) > postsPerAuthor),
  );
}
