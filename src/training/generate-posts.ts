import type { Label } from '../contracts/labels.js';
import { dressPost } from './dress-post.js';
import { type Random, shuffle } from './random.js';
import { invalid } from './read-file.js';
import type { Slot, TemplateText } from './template-text.js';
import type { LanguageTemplates, TemplateKind, Word, WordList } from './templates.js';

export interface GeneratedPost {
  readonly label: Label;
  readonly text: string;
  readonly language: string;
  readonly kind: string;
}

/** A cell that gave only texts that are there already, so many times in a row, has no more. */
const MOST_REPEATS = 50;

/** What makes posts of one language, kind and label. */
interface Cell {
  readonly language: LanguageTemplates;
  readonly kind: TemplateKind;
  readonly label: Label;
  readonly frames: readonly TemplateText[];
}

/**
 * Makes posts from templates: languages take turns by their share, in each its kinds, in each its labels, so that
 * all are equally frequent until the smaller ones have no more. No two posts are the same but for their case. One random state
 * gives the same posts.
 *
 * @throws SentifluxError SF_TRAIN_DATA_INVALID where the templates cannot make so many
 */
export function generatePosts(
  languages: readonly LanguageTemplates[],
  { count, random }: { readonly count: number; readonly random: Random },
): readonly GeneratedPost[] {
  const deal = createDealer(random);
  const seen = new Set<string>();
  const posts: GeneratedPost[] = [];
  const write = (cell: Cell): boolean => {
    for (let attempt = 0; attempt < MOST_REPEATS; attempt += 1) {
      const text = writePost(cell, deal, random);
      const key = text.toLowerCase();
      if (seen.has(key)) continue;
      seen.add(key);
      posts.push({ label: cell.label, text, language: cell.language.language, kind: cell.kind.kind });
      return true;
    }
    return false;
  };
  const turnOf = (language: LanguageTemplates): (() => boolean) =>
    inTurns(
      language.kinds.map((kind) =>
        inTurns(
          [...kind.frames].map(
            ([label, frames]) =>
              () =>
                write({ language, kind, label, frames }),
          ),
        ),
      ),
    );
  const turn = inTurns(
    languages.flatMap((language) => Array<() => boolean>(language.share).fill(turnOf(language))),
  );
  while (posts.length < count && turn());
  if (posts.length < count) {
    throw invalid(`the templates make ${posts.length} different posts, not ${count}`, 'Ask for fewer.');
  }
  return shuffle(posts, random);
}

/** Calls one after the other; one that returns false is not called again. False when none is left. */
function inTurns(all: readonly (() => boolean)[]): () => boolean {
  const left = [...all];
  let next = 0;
  return () => {
    while (left.length > 0) {
      next %= left.length;
      if (left[next]?.()) {
        next += 1;
        return true;
      }
      left.splice(next, 1);
    }
    return false;
  };
}

type Deal = <Item>(items: readonly Item[], label: Label) => Item;

/**
 * Deals items like cards: each comes once before any comes twice. Each label has a pack of its own, so that no
 * word comes more often with one label than with another where both use its list.
 */
function createDealer(random: Random): Deal {
  const packs = new Map<Label, Map<readonly unknown[], unknown[]>>();
  return <Item>(items: readonly Item[], label: Label): Item => {
    const ofLabel = packs.get(label) ?? new Map<readonly unknown[], unknown[]>();
    packs.set(label, ofLabel);
    // The pack of a list holds items of that list and nothing else.
    const pack = (ofLabel.get(items) ?? []) as Item[];
    ofLabel.set(items, pack);
    if (pack.length === 0) pack.push(...shuffle([...items], random));
    const item = pack.pop();
    if (item === undefined) throw new RangeError('a list of templates is empty');
    return item;
  };
}

function writePost({ language, kind, label, frames }: Cell, deal: Deal, random: Random): string {
  const fill = createFiller(kind, label, deal, random);
  const sentence = fill(deal(frames, label));
  if (kind.alone) return rewritten(sentence, language);
  return dressPost(rewritten(sentence, language), {
    language,
    random,
    context: () => rewritten(fill(deal(language.context, label)), language),
  });
}

/** Fills slots; one slot has the same word wherever it stands in a post. */
function createFiller(
  kind: TemplateKind,
  label: Label,
  deal: Deal,
  random: Random,
): (text: TemplateText) => string {
  const chosen = new Map<string, Word>();
  const wordOf = ({ slot, list }: Pick<Slot, 'slot' | 'list'>): Word => {
    const before = chosen.get(slot);
    if (before !== undefined) return before;
    const words: WordList = kind.lists.get(list) ?? [];
    const taken = new Set(chosen.values());
    let word = deal(words, label);
    for (let again = 0; taken.has(word) && again < words.length; again += 1) word = deal(words, label);
    chosen.set(slot, word);
    return word;
  };
  const fill = (text: TemplateText): string => text.map(fillPart).join('');
  const fillPart = (part: TemplateText[number]): string => {
    if (part.kind === 'text') return part.text;
    if (part.kind === 'choice')
      return fill(part.options[Math.floor(random.next() * part.options.length)] ?? []);
    const word = wordOf(part);
    if (part.agreesWith === undefined) return fill(word.text);
    const list = part.agreesWith.replace(/\d+$/, '');
    return fill(word.forms.get(wordOf({ slot: part.agreesWith, list }).class ?? '') ?? []);
  };
  return fill;
}

function rewritten(text: string, { rewrites }: LanguageTemplates): string {
  const filled = rewrites.reduce((so, [pattern, to]) => so.replace(pattern, to), text);
  return filled.replace(/ {2,}/g, ' ').trim();
}
