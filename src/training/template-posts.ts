import { groupBy } from '../contracts/group-by.js';
import { LABELS, type Label } from '../contracts/labels.js';

/** Posts by language and label. */
export type TemplatePosts = ReadonlyMap<string, ReadonlyMap<Label, readonly string[]>>;

/** Lists of every language that labelled posts fill: `{post_negative}` is a negative post. */
export const POST_LISTS = LABELS.map((label) => ({ list: `post_${label}`, label }));

/** Some 18 words of English, 33 characters of Chinese. */
const MOST_BYTES = 100;
const FEWEST_BYTES = 12;
/** Questions and what stands for a link or a handle would not read on where a frame puts them. */
const UNFIT = /[?？<#@]/u;
const ENDING = /[\s.!。！~～…]+$/u;

export interface LabelledPost {
  readonly language: string | undefined;
  readonly label: Label | undefined;
  /** Normalised. */
  readonly text: string;
}

/** Chooses the posts that can stand within a frame: short statements with a label, in a known language. */
export function postsForTemplates(posts: Iterable<LabelledPost>): TemplatePosts {
  const chosen = [...posts].flatMap(({ language, label, text }) => {
    const statement = text.replace(ENDING, '');
    const bytes = Buffer.byteLength(statement);
    if (language === undefined || label === undefined || UNFIT.test(statement)) return [];
    return bytes < FEWEST_BYTES || bytes > MOST_BYTES ? [] : [{ language, label, statement }];
  });
  return new Map(
    [...groupBy(chosen, ({ language }) => language)].map(([language, own]) => {
      const byLabel = groupBy(own, ({ label }) => label);
      const texts = [...byLabel].map(
        ([label, same]) => [label, [...new Set(same.map(({ statement }) => statement))]] as const,
      );
      return [language, new Map(texts)] as const;
    }),
  );
}
