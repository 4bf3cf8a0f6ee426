/** Shared share of two posts' shingles (Jaccard) from which one counts as a copy of the other. */
const ALIKE = 0.6;
/** Posts with fewer shingles are compared as a whole: two short posts are often alike by chance. */
const FEWEST_SHINGLES = 3;
/** A shingle that more held posts have says nothing about either of them. */
const MOST_POSTS = 200;

const HAN = /\p{Script=Han}/u;
const WORDS = /[\p{L}\p{N}]+/gu;

/**
 * Tells whether a post is a copy, or nearly one, of any post of a set: retweets, quotes and reviews that were
 * posted twice would make a held-back set too easy.
 *
 * Posts are compared by their shingles (Broder 1997): three words in a row, or five characters where there is
 * Chinese. An index from shingle to posts finds the few that are worth comparing.
 *
 * @param posts normalised
 */
export function nearDuplicateOf(posts: readonly string[]): (post: string) => boolean {
  const exact = new Set(posts);
  const sizes: number[] = [];
  const postsOf = new Map<string, number[]>();
  posts.forEach((post, index) => {
    const shingles = shinglesOf(post);
    sizes.push(shingles.size);
    for (const shingle of shingles) {
      const having = postsOf.get(shingle);
      if (having === undefined) postsOf.set(shingle, [index]);
      else having.push(index);
    }
  });

  return (post) => {
    if (exact.has(post)) return true;
    const shingles = shinglesOf(post);
    if (shingles.size < FEWEST_SHINGLES) return false;
    const shared = new Map<number, number>();
    for (const shingle of shingles) {
      const having = postsOf.get(shingle) ?? [];
      if (having.length > MOST_POSTS) continue;
      for (const index of having) shared.set(index, (shared.get(index) ?? 0) + 1);
    }
    for (const [index, count] of shared) {
      if (count / (shingles.size + (sizes[index] ?? 0) - count) >= ALIKE) return true;
    }
    return false;
  };
}

function shinglesOf(post: string): ReadonlySet<string> {
  const words = post.match(WORDS) ?? [];
  if (HAN.test(post)) {
    const characters = [...words.join('')];
    return new Set(characters.map((_, i) => characters.slice(i, i + 5).join('')).slice(0, -4));
  }
  return new Set(words.map((_, i) => words.slice(i, i + 3).join(' ')).slice(0, -2));
}
