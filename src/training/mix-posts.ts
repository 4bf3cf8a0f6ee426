import { type Row, textHash } from './labelled-rows.js';
import { createRandom, type Random } from './random.js';

export interface MixedPost {
  /** The row that it began as. */
  readonly row: number;
  /** Which of the row's copies it is, from 0. */
  readonly copy: number;
  readonly text: string;
}

/** Share of the words that give way to one of another post. */
const REPLACED = 0.3;
/** Share of the posts that end as another one does. */
const CROSSED = 0.5;

/**
 * Posts made of others' words, for a teacher to label: where there are few posts of a language, what the teacher
 * knows of each word would otherwise be asked about in few sentences only (Tang et al. 2019, "Distilling Task-Specific
 * Knowledge from BERT into Simple Neural Networks", section 3.3). Half of them go on as another post ends; then three
 * words in ten are replaced by words of the rows, as often as those come.
 *
 * The same rows give the same posts: the labels of the mixed posts lie beside the model, the posts do not.
 */
export function mixPosts(rows: readonly Row[], copies: number): readonly MixedPost[] {
  const posts = rows.map(({ text }) => text.split(/\s+/));
  const words = posts.flat();
  return rows.flatMap(({ row, text }, index) =>
    Array.from({ length: copies }, (_, copy): MixedPost => {
      const random = createRandom(textHash(`${copy} ${text}`));
      const crossed = random.next() < CROSSED;
      const post = crossed ? cross(posts[index] ?? [], pick(posts, random) ?? [], random) : posts[index];
      const mixed = post?.map((word) => (random.next() < REPLACED ? (pick(words, random) ?? word) : word));
      return { row, copy, text: mixed?.join(' ') ?? '' };
    }),
  );
}

/** The beginning of one and the end of the other, cut at one share of both. */
function cross(start: readonly string[], end: readonly string[], random: Random): readonly string[] {
  const share = random.next();
  return [...start.slice(0, Math.round(share * start.length)), ...end.slice(Math.round(share * end.length))];
}

function pick<Item>(items: readonly Item[], random: Random): Item | undefined {
  return items[Math.floor(random.next() * items.length)];
}
