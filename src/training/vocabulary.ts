import { Vocabulary } from '../model/vocabulary.js';

export interface VocabularyOptions {
  /** Pieces in all, padding and unknown among them. */
  readonly size: number;
  /** Pieces that stand whatever the texts hold, such as the placeholders. */
  readonly reserved: readonly string[];
  /** A character seen less often becomes unknown. */
  readonly minCharacterCount: number;
  /** True for characters that are written without spaces: their pieces have no sign of going on, `##`. */
  readonly isIdeograph: (character: string) => boolean;
}

/** How often each word was seen; a word may be seen a fraction of a time, where its language is weighted. */
export type WordCounts = ReadonlyMap<string, number>;

/** Words that are used for learning merges; the rare rest adds time and no pieces. */
const MERGED_WORDS = 1_000_000;
/** Longer pieces of ideographs would be names and the slogans of single shops. */
const LONGEST_IDEOGRAPHS = 4;

/**
 * Learns word pieces by byte-pair encoding (Sennrich et al. 2016) over whole characters: beginning with the
 * characters, the pair of neighbouring pieces that is seen most often becomes a piece, again and again. Ties go
 * to the pair that sorts first, so that the same words give the same vocabulary.
 */
export function learnVocabulary(words: WordCounts, options: VocabularyOptions): Vocabulary {
  const names: string[] = [];
  const ids = new Map<string, number>();
  const add = (piece: string): number => {
    const known = ids.get(piece);
    if (known !== undefined) return known;
    ids.set(piece, names.length);
    return names.push(piece) - 1;
  };
  for (const piece of ['<pad>', '<unk>', ...options.reserved]) add(piece);
  const characters = frequentCharacters(words, options.minCharacterCount);
  for (const character of characters) add(character);

  const pairs = new PairCounts(names);
  const counted = [...words].filter(([word]) => !ids.has(word)).sort(byCountThenName);
  for (const [word, count] of counted.slice(0, MERGED_WORDS)) {
    const symbols = symbolsOf(word, characters, options.isIdeograph);
    if (symbols !== undefined) pairs.addWord(symbols.map(add), count);
  }
  while (names.length < options.size) {
    const pair = pairs.best();
    if (pair === undefined) break;
    const [left, right] = pair;
    const merged = `${names[left] ?? ''}${(names[right] ?? '').replace(/^##/, '')}`;
    if (options.isIdeograph(merged) && merged.length > LONGEST_IDEOGRAPHS) pairs.drop(left, right);
    else pairs.merge(left, right, add(merged));
  }
  return new Vocabulary(names.slice(0, options.size));
}

function frequentCharacters(words: WordCounts, minCount: number): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const [word, count] of words) {
    for (const character of word) counts.set(character, (counts.get(character) ?? 0) + count);
  }
  const kept = [...counts].filter(([, count]) => count >= minCount).sort(byCountThenName);
  return new Set(kept.map(([character]) => character));
}

/** A word as its first character and continuing ones; none where a character is too rare. */
function symbolsOf(
  word: string,
  characters: ReadonlySet<string>,
  isIdeograph: VocabularyOptions['isIdeograph'],
): readonly string[] | undefined {
  const symbols: string[] = [];
  for (const character of word) {
    if (!characters.has(character)) return undefined;
    symbols.push(symbols.length === 0 || isIdeograph(character) ? character : `##${character}`);
  }
  return symbols;
}

function byCountThenName(a: readonly [string, number], b: readonly [string, number]): number {
  return b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
}

/** Largest number of pieces, so that a pair of them is one exact integer. */
const PIECES = 2 ** 20;

type Entry = readonly [count: number, pair: number];

/** Counts of neighbouring pieces, kept up to date through merges. */
class PairCounts {
  /** The pieces by id; grows with the merges. */
  readonly #names: readonly string[];
  readonly #words: number[][] = [];
  readonly #wordCounts: number[] = [];
  readonly #counts = new Map<number, number>();
  readonly #wordsOfPair = new Map<number, Set<number>>();
  /** Counts as they were when pushed: one that has changed since is pushed again when it comes up. */
  readonly #heap: Entry[] = [];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  addWord(pieces: number[], count: number): void {
    const word = this.#words.push(pieces) - 1;
    this.#wordCounts.push(count);
    for (let i = 0; i + 1 < pieces.length; i += 1) this.#add(pairOf(pieces[i], pieces[i + 1]), count, word);
  }

  /** The pair that is seen most often; none where every word is one piece. */
  best(): readonly [left: number, right: number] | undefined {
    if (this.#heap.length === 0) for (const [pair, count] of this.#counts) this.#push([count, pair]);
    for (;;) {
      const top = pop(this.#heap, this.#comes);
      if (top === undefined) return undefined;
      const [count, pair] = top;
      const now = this.#counts.get(pair) ?? 0;
      if (now === count && now > 0) return [Math.floor(pair / PIECES), pair % PIECES];
      if (now > 0) this.#push([now, pair]);
    }
  }

  /** Leaves a pair as two pieces for good. */
  drop(left: number, right: number): void {
    this.#counts.delete(pairOf(left, right));
  }

  merge(left: number, right: number, merged: number): void {
    const pair = pairOf(left, right);
    const changed = new Set<number>();
    for (const word of this.#wordsOfPair.get(pair) ?? []) {
      const pieces = this.#words[word] ?? [];
      const count = this.#wordCounts[word] ?? 0;
      for (let i = 0; i + 1 < pieces.length; i += 1) {
        if (pieces[i] !== left || pieces[i + 1] !== right) continue;
        const before = pieces[i - 1];
        const after = pieces[i + 2];
        if (before !== undefined) {
          this.#add(pairOf(before, left), -count, word);
          changed.add(this.#add(pairOf(before, merged), count, word));
        }
        if (after !== undefined) {
          this.#add(pairOf(right, after), -count, word);
          changed.add(this.#add(pairOf(merged, after), count, word));
        }
        pieces.splice(i, 2, merged);
      }
    }
    this.#counts.delete(pair);
    this.#wordsOfPair.delete(pair);
    for (const grown of changed) this.#push([this.#counts.get(grown) ?? 0, grown]);
  }

  #add(pair: number, count: number, word: number): number {
    this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + count);
    const words = this.#wordsOfPair.get(pair) ?? new Set<number>();
    words.add(word);
    this.#wordsOfPair.set(pair, words);
    return pair;
  }

  #push(entry: Entry): void {
    push(this.#heap, entry, this.#comes);
  }

  readonly #comes: Comes<Entry> = (a, b) =>
    a[0] > b[0] || (a[0] === b[0] && this.#nameOf(a[1]) < this.#nameOf(b[1]));

  #nameOf(pair: number): string {
    return `${this.#names[Math.floor(pair / PIECES)]} ${this.#names[pair % PIECES]}`;
  }
}

function pairOf(left: number | undefined, right: number | undefined): number {
  return (left ?? 0) * PIECES + (right ?? 0);
}

type Comes<Item> = (a: Item, b: Item) => boolean;

function push<Item>(heap: Item[], item: Item, comes: Comes<Item>): void {
  let child = heap.push(item) - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !comes(item, above)) break;
    heap[child] = above;
    child = parent;
  }
  heap[child] = item;
}

function pop<Item>(heap: Item[], comes: Comes<Item>): Item | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return top;
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    const left = heap[child];
    if (left === undefined) break;
    const right = heap[child + 1];
    let next = left;
    if (right !== undefined && comes(right, left)) {
      child += 1;
      next = right;
    }
    if (!comes(next, last)) break;
    heap[parent] = next;
    parent = child;
  }
  heap[parent] = last;
  return top;
}
