import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import { LABELS, type Label } from '../contracts/labels.js';
import { invalid } from './read-file.js';
import { POST_LISTS, type TemplatePosts } from './template-posts.js';
import { parseTemplateText, slotsOf, type TemplateText } from './template-text.js';

/** The file of each language's folder that holds its words; every other file holds the frames of one kind. */
const WORDS_FILE = 'words.yaml';
/** The list of neutral sentences that stand around a part of the posts. */
const CONTEXT = 'context';

const texts = z.array(z.string().min(1)).min(1);
const list = z.union([
  /** Words of one form each, or all forms of a word in the order of `classes`. */
  z.array(z.union([z.string().min(1), texts])).min(1),
  /** Words by their class (gender, number), which decides the form of those that agree with them. */
  z.record(z.string(), texts),
]);
const listsSchema = z.record(z.string().regex(/^[a-z]+(?:_[a-z]+)*$/), list);

const wordsFile = z.strictObject({
  language: z.string().min(2),
  /** Classes of words that others agree with, such as singular and plural. */
  classes: z.array(z.string()).default([]),
  /** How many posts it gets for each one of a language with 1: a language with more frames can fill more. */
  share: z.number().int().positive().default(1),
  /** What stands between two sentences. */
  space: z.string().default(' '),
  /** What ends a sentence that would run into the next. */
  stop: z.string().default('.'),
  /** Regular expressions and what they become once all slots are filled: `a` and `an`, contractions. */
  rewrites: z.array(z.tuple([z.string(), z.string()])).default([]),
  /** Neutral hashtags, with their signs, and handles without one, for a part of the posts. */
  tags: z.array(z.string().min(1)).default([]),
  handles: z.array(z.string().min(1)).default([]),
  words: listsSchema,
});

const kindFile = z.strictObject({
  kind: z.string().min(1),
  /** True where the text stands alone, without a sentence, a tag or an address around it. */
  alone: z.boolean().default(false),
  /** Lists that this kind alone needs. */
  words: listsSchema.default({}),
  frames: z.partialRecord(z.enum(LABELS), texts),
});

/** A word with its class, or with its forms by class. */
export interface Word {
  readonly text: TemplateText;
  readonly class: string | undefined;
  readonly forms: ReadonlyMap<string, TemplateText>;
}
export type WordList = readonly Word[];
export type WordLists = ReadonlyMap<string, WordList>;

/** What posts of one kind are made from. */
export interface TemplateKind {
  readonly kind: string;
  readonly alone: boolean;
  readonly lists: WordLists;
  readonly frames: ReadonlyMap<Label, readonly TemplateText[]>;
}

export interface LanguageTemplates {
  readonly language: string;
  readonly share: number;
  readonly space: string;
  readonly stop: string;
  readonly rewrites: readonly (readonly [pattern: RegExp, replacement: string])[];
  readonly tags: readonly string[];
  readonly handles: readonly string[];
  /** Neutral sentences. */
  readonly context: readonly TemplateText[];
  readonly kinds: readonly TemplateKind[];
}

/**
 * Reads a folder of templates: a folder for each language, with its words in `words.yaml` and the frames of one
 * kind in each other file.
 *
 * @param posts labelled posts for `{post_negative}` and its like; frames that lack them are left out
 * @throws SentifluxError SF_TRAIN_DATA_INVALID with the file and what is wrong in it
 */
export async function readTemplates(
  folder: string,
  posts: TemplatePosts = new Map(),
): Promise<readonly LanguageTemplates[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const languages = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    if (languages.length === 0)
      throw invalid(`${folder} has no folder of a language`, 'See models/templates.');
    return await Promise.all(languages.sort().map((name) => readLanguage(join(folder, name), posts)));
  } catch (cause) {
    if (cause instanceof SentifluxError) throw cause;
    throw invalid(`cannot read the templates in ${folder}: ${messageOf(cause)}`, 'Check the path.');
  }
}

async function readLanguage(folder: string, posts: TemplatePosts): Promise<LanguageTemplates> {
  const files = (await readdir(folder))
    .filter((file) => file.endsWith('.yaml') && file !== WORDS_FILE)
    .sort();
  const shared = await readYaml(join(folder, WORDS_FILE), wordsFile, (content) => {
    const ofPosts = postLists(posts.get(content.language));
    const words = new Map([...ofPosts, ...compileLists(content.words, content.classes)]);
    checkLists(words, words);
    return {
      ...content,
      words: filledLists(words),
      context: (words.get(CONTEXT) ?? []).map(({ text }) => text),
      rewrites: content.rewrites.map(([pattern, to]) => [new RegExp(pattern, 'gu'), to] as const),
    };
  });
  const kinds = await Promise.all(
    files.map((file) =>
      readYaml(join(folder, file), kindFile, ({ kind, alone, words, frames }) => {
        const own = compileLists(words, shared.classes);
        const twice = [...own.keys()].find((name) => shared.words.has(name));
        if (twice !== undefined) throw new Error(`the list ${twice} stands in ${WORDS_FILE} too`);
        const lists = new Map([...shared.words, ...own]);
        checkLists(own, lists);
        return { kind, alone, lists, frames: compileFrames(frames, lists) };
      }),
    ),
  );
  const { words: _, classes: __, ...rest } = shared;
  return { ...rest, kinds };
}

async function readYaml<Content, Compiled>(
  file: string,
  schema: z.ZodType<Content>,
  compile: (content: Content) => Compiled,
): Promise<Compiled> {
  try {
    return compile(schema.parse(parse(await readFile(file, 'utf8'))));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw invalid(`${file}: ${problem}`, 'models/templates/README.md says how templates are written.');
  }
}

function compileLists(lists: z.infer<typeof listsSchema>, classes: readonly string[]): WordLists {
  return new Map(
    Object.entries(lists).map(([name, content]): [string, WordList] => {
      if (Array.isArray(content)) return [name, content.map((word) => compileWord(word, name, classes))];
      return [name, Object.entries(content).flatMap(([of, words]) => compileClass(of, words, name, classes))];
    }),
  );
}

function filledLists(lists: WordLists): WordLists {
  const isWhole = ({ text, forms }: Word): boolean =>
    [text, ...forms.values()].every((form) => isFilled(form, lists));
  return new Map([...lists].map(([name, words]) => [name, words.filter(isWhole)] as const));
}

function postLists(posts: ReadonlyMap<Label, readonly string[]> | undefined): WordLists {
  const plain = (text: string): Word => ({
    text: [{ kind: 'text', text }],
    class: undefined,
    forms: new Map(),
  });
  return new Map(POST_LISTS.map(({ list, label }) => [list, (posts?.get(label) ?? []).map(plain)] as const));
}

function compileClass(
  of: string,
  words: readonly string[],
  list: string,
  classes: readonly string[],
): WordList {
  if (!classes.includes(of)) {
    throw new Error(`the list ${list} has the class ${of}, but the classes are [${classes.join(', ')}]`);
  }
  return words.map((word) => ({ text: parseTemplateText(word), class: of, forms: new Map() }));
}

function compileWord(word: string | readonly string[], list: string, classes: readonly string[]): Word {
  if (typeof word === 'string') return { text: parseTemplateText(word), class: undefined, forms: new Map() };
  if (word.length !== classes.length) {
    throw new Error(
      `the list ${list} has ${word.length} forms of "${word[0]}", but there are ${classes.length} classes`,
    );
  }
  const forms = new Map(classes.map((name, i) => [name, parseTemplateText(word[i] ?? '')] as const));
  return { text: [], class: undefined, forms };
}

function checkLists(lists: WordLists, all: WordLists): void {
  for (const [name, words] of lists) {
    for (const { text, forms } of words) {
      for (const form of [text, ...forms.values()]) checkSlots(form, all, `the list ${name}`);
    }
  }
}

/** Every slot has a list, and a slot that agrees has one to agree with. */
function checkSlots(text: TemplateText, lists: WordLists, where: string): void {
  const slots = slotsOf(text);
  for (const { slot, list, agreesWith } of slots) {
    const words = lists.get(list);
    if (words === undefined) throw new Error(`${where} has the slot {${slot}}, and there is no list ${list}`);
    const hasForms = words.some(({ forms }) => forms.size > 0);
    if (agreesWith === undefined) {
      if (hasForms)
        throw new Error(`${where} has {${slot}}: say with which slot it agrees, as {${slot}:thing}`);
      continue;
    }
    if (!words.every(({ forms }) => forms.size > 0)) {
      throw new Error(`${where} has {${slot}:${agreesWith}}, and the list ${list} has words without forms`);
    }
    const other = slots.find((one) => one.slot === agreesWith);
    const classed = other !== undefined && lists.get(other.list)?.every((word) => word.class !== undefined);
    if (!classed) {
      throw new Error(
        `${where} has {${slot}:${agreesWith}}, and no slot {${agreesWith}} whose words have a class`,
      );
    }
  }
}

/** Whether every slot has words; lists of posts have none where no posts are given. */
function isFilled(text: TemplateText, lists: WordLists): boolean {
  return slotsOf(text).every(({ list }) => lists.get(list)?.length !== 0);
}

function compileFrames(
  frames: z.infer<typeof kindFile>['frames'],
  lists: WordLists,
): ReadonlyMap<Label, readonly TemplateText[]> {
  return new Map(
    LABELS.flatMap((label) => {
      const sources = frames[label];
      if (sources === undefined) return [];
      const compiled = sources.map((source) => {
        const text = parseTemplateText(source);
        checkSlots(text, lists, `the frame "${source}"`);
        return text;
      });
      const filled = compiled.filter((text) =>
        slotsOf(text).every(({ list }) => lists.get(list)?.length !== 0),
      );
      return filled.length === 0 ? [] : [[label, filled] as const];
    }),
  );
}
