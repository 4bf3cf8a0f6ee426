import { type Row, textHash } from './labelled-rows.js';
import { createRandom, type Random } from './random.js';

export interface MixedPost {
  /** The row that it began as. */
  readonly row: number;
  /** Which of the row's copies it is, from 0. */
  readonly copy: number;
  readonly text: string;
}

export interface MixOptions {
  /** Mixed posts of each row. */
  readonly copies: number;
  /** Of the rows; it says what is mixed: words, or clauses where words are not spaced. */
  readonly language: string | undefined;
}

/** Share of the words that give way to one of another post. */
const REPLACED = 0.3;
/** Share of the posts that end as another one does. */
const CROSSED = 0.5;

const UNSPACED = new Set(['zh', 'ja', 'th']);
/** With what ends it. */
const CLAUSE = /[^,.!?;:~，。！？；：～…\s]*[,.!?;:~，。！？；：～…\s]*/g;

/**
 * Posts made of others' words, for a teacher to label: where there are few posts of a language, what the teacher
 * knows of each word would otherwise be asked about in few sentences only (Tang et al. 2019, "Distilling Task-Specific
 * Knowledge from BERT into Simple Neural Networks", section 3.3). Half of them go on as another post ends; then three
 * words in ten are replaced by words of the rows, as often as those come.
 *
 * The same rows give the same posts: the labels of the mixed posts lie beside the model, the posts do not.
 */
export function mixPosts(rows: readonly Row[], { copies, language }: MixOptions): readonly MixedPost[] {
  const isSpaced = language === undefined || !UNSPACED.has(language);
  const posts = rows.map(({ text }) => (isSpaced ? text.split(/\s+/) : (text.match(CLAUSE) ?? [])));
  const parts = posts.flat();
  return rows.flatMap(({ row, text }, index) =>
    Array.from({ length: copies }, (_, copy): MixedPost => {
      const random = createRandom(textHash(`${copy} ${text}`));
      const crossed = random.next() < CROSSED;
      const post = crossed ? cross(posts[index] ?? [], pick(posts, random) ?? [], random) : posts[index];
      const mixed = post?.map((part) => (random.next() < REPLACED ? (pick(parts, random) ?? part) : part));
      return { row, copy, text: mixed?.join(isSpaced ? ' ' : '') ?? '' };
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
