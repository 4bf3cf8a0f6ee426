import { UNKNOWN_ID, type Vocabulary } from '../model/vocabulary.js';
import { wordEnd, wordStart } from './words.js';

export interface Tokens {
  /** Ids into the vocabulary, 1 to the maximum; empty only where the text has no words. */
  readonly tokens: Int32Array;
  /** True where there were more than the maximum: the first half and the last half of it were kept. */
  readonly truncated: boolean;
}

/** Words kept with their ids. Feeds repeat their words: most posts are then look-ups only. */
const CACHED_WORDS = 65_536;
/** Longer words are rare, and their texts would fill the memory. */
const LONGEST_CACHED_WORD = 32;
/** Longer ones are noise or an attack, and cutting them would cost a hundred times what a post may. */
const LONGEST_WORD = 512;

/**
 * Cuts a word into the longest pieces that the vocabulary holds, from its start (WordPiece, as in BERT), and gives
 * their ids. A stretch that no piece covers is one unknown token, and so is a word of more than 512 characters.
 */
export function createWordCutter(vocabulary: Vocabulary): (word: string) => readonly number[] {
  const cache = new Map<string, readonly number[]>();
  const longestPiece = vocabulary.pieces.reduce((longest, piece) => Math.max(longest, piece.length), 0);

  return (word) => {
    const known = cache.get(word);
    if (known !== undefined) return known;
    const pieces = cut(word, vocabulary, longestPiece);
    if (word.length <= LONGEST_CACHED_WORD) {
      if (cache.size >= CACHED_WORDS) cache.clear();
      cache.set(word, pieces);
    }
    return pieces;
  };
}

/** How many tokens are kept from the start of a text that has too many; the rest of the maximum from its end. */
export function headLength(maxTokens: number): number {
  return Math.ceil(maxTokens / 2);
}

/**
 * Cuts normalised texts into the pieces of their words.
 *
 * One tokeniser belongs to one thread.
 */
export function createTokeniser(vocabulary: Vocabulary, maxTokens: number): (normalised: string) => Tokens {
  const piecesOf = createWordCutter(vocabulary);
  const head = headLength(maxTokens);
  const tail = maxTokens - head;

  return (normalised) => {
    const ids: number[] = [];
    for (let start = wordStart(normalised, 0); start < normalised.length; ) {
      const end = wordEnd(normalised, start);
      for (const id of piecesOf(normalised.slice(start, end))) ids.push(id);
      start = wordStart(normalised, end);
    }
    if (ids.length <= maxTokens) return { tokens: Int32Array.from(ids), truncated: false };
    const tokens = new Int32Array(maxTokens);
    tokens.set(ids.slice(0, head));
    tokens.set(ids.slice(ids.length - tail), head);
    return { tokens, truncated: true };
  };
}

function cut(word: string, vocabulary: Vocabulary, longestPiece: number): readonly number[] {
  if (word.length > LONGEST_WORD) return [UNKNOWN_ID];
  const ids: number[] = [];
  for (let start = 0; start < word.length; ) {
    const prefix = start === 0 ? '' : '##';
    let end = Math.min(word.length, start + longestPiece);
    let id: number | undefined;
    for (; end > start; end -= 1) {
      id = vocabulary.idOf(prefix + word.slice(start, end));
      if (id !== undefined) break;
    }
    if (id === undefined) {
      id = UNKNOWN_ID;
      end = start + 1;
    }
    if (id !== UNKNOWN_ID || ids.at(-1) !== UNKNOWN_ID) ids.push(id);
    start = end;
  }
  return ids;
}
