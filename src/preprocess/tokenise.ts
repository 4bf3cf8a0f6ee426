import { UNKNOWN_ID, type Vocabulary } from '../model/vocabulary.js';
import { CLASS, IDEOGRAPH } from './characters.js';
import { createPieceTrie } from './piece-trie.js';
import { wordEnd, wordStart } from './words.js';

export interface Tokens {
  /** Ids into the vocabulary, 1 to the maximum; empty only where the text has no words. */
  readonly tokens: Int32Array;
  /** True where there were more than the maximum: the first half and the last half of it were kept. */
  readonly truncated: boolean;
}

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
   * Appends the ids of the longest pieces that spell the word from `start` to `end`, from its start (WordPiece, as in
   * BERT). A stretch that no piece covers is one unknown token, and so is a word of more than 512 characters.
   */
  readonly cut: (text: string, start: number, end: number, ids: number[]) => void;
}

/** One cutter belongs to one thread. */
export function createWordCutter(vocabulary: Vocabulary): WordCutter {
  const trie = createPieceTrie(vocabulary);

  return {
    endOf(text, start) {
      if (CLASS[text.charCodeAt(start)] === IDEOGRAPH && trie.find(text, start, text.length, false)) {
        if (trie.length > 1) return start + trie.length;
      }
      return wordEnd(text, start);
    },
    cut(text, start, end, ids) {
      if (end - start > LONGEST_WORD) {
        ids.push(UNKNOWN_ID);
        return;
      }
      let isAfterUnknown = false;
      for (let at = start; at < end; ) {
        const isKnown = trie.find(text, at, end, at > start);
        if (isKnown) ids.push(trie.id);
        else if (!isAfterUnknown) ids.push(UNKNOWN_ID);
        isAfterUnknown = !isKnown;
        at += isKnown ? trie.length : 1;
      }
    },
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
 *
 * @param cutter of the vocabulary, where there is one already: it takes some megabytes
 */
export function createTokeniser(
  vocabulary: Vocabulary,
  maxTokens: number,
  { endOf, cut }: WordCutter = createWordCutter(vocabulary),
): (normalised: string) => Tokens {
  const head = headLength(maxTokens);
  const tail = maxTokens - head;

  return (normalised) => {
    const ids: number[] = [];
    for (let start = wordStart(normalised, 0); start < normalised.length; ) {
      const end = endOf(normalised, start);
      cut(normalised, start, end, ids);
      start = wordStart(normalised, end);
    }
    if (ids.length <= maxTokens) return { tokens: Int32Array.from(ids), truncated: false };
    const tokens = new Int32Array(maxTokens);
    tokens.set(ids.slice(0, head));
    tokens.set(ids.slice(ids.length - tail), head);
    return { tokens, truncated: true };
  };
}
