import { UNKNOWN_ID, type Vocabulary } from '../model/vocabulary.js';
import { isIdeograph, wordEnd, wordStart } from './words.js';

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

/** How a vocabulary cuts normalised texts: into words, and these into pieces. */
export interface WordCutter {
  /**
   * Where the word that starts at `start` ends. Among ideographs, which no space parts, a word is the longest piece
   * of the vocabulary from there on.
   */
  readonly endOf: (text: string, start: number) => number;
  /**
   * Ids of the longest pieces that spell a word, from its start (WordPiece, as in BERT). A stretch that no piece
   * covers is one unknown token, and so is a word of more than 512 characters.
   */
  readonly idsOf: (word: string) => readonly number[];
}

/** One cutter belongs to one thread. */
export function createWordCutter(vocabulary: Vocabulary): WordCutter {
  const cache = new Map<string, readonly number[]>();
  const longestPiece = vocabulary.pieces.reduce((longest, piece) => Math.max(longest, piece.length), 0);
  const longestFrom = longestPieces(vocabulary);

  return {
    endOf: (text, start) => {
      const longest = longestFrom[text.charCodeAt(start)] ?? 0;
      for (let end = Math.min(text.length, start + longest); end > start + 1; end -= 1) {
        if (vocabulary.idOf(text.slice(start, end)) !== undefined) return end;
      }
      return wordEnd(text, start);
    },
    idsOf: (word) => {
      const known = cache.get(word);
      if (known !== undefined) return known;
      const pieces = cut(word, vocabulary, longestPiece);
      if (word.length <= LONGEST_CACHED_WORD) {
        if (cache.size >= CACHED_WORDS) cache.clear();
        cache.set(word, pieces);
      }
      return pieces;
    },
  };
}

/** By an ideograph's code unit: the length of the longest piece that begins with it; 0 for other characters. */
function longestPieces({ pieces }: Vocabulary): Uint8Array {
  const longest = new Uint8Array(0x10000);
  for (const piece of pieces) {
    if (!isIdeograph(piece)) continue;
    const first = piece.charCodeAt(0);
    longest[first] = Math.max(longest[first] ?? 0, Math.min(piece.length, 0xff));
  }
  return longest;
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
  const { endOf, idsOf } = createWordCutter(vocabulary);
  const head = headLength(maxTokens);
  const tail = maxTokens - head;

  return (normalised) => {
    const ids: number[] = [];
    for (let start = wordStart(normalised, 0); start < normalised.length; ) {
      const end = endOf(normalised, start);
      for (const id of idsOf(normalised.slice(start, end))) ids.push(id);
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
