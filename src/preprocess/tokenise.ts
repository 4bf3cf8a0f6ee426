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

/** Tokens of a block, of some two hundred posts. It is kept as long as one of its texts is. */
const BLOCK_TOKENS = 4096;

/** How a vocabulary cuts normalised texts: into words, and these into pieces. */
export interface WordCutter {
  /**
   * Appends the ids of the longest pieces that spell the word that starts at `start`, from its start (WordPiece, as in
   * BERT). A stretch that no piece covers is one unknown token, and so is a word of more than 512 characters. Among
   * ideographs, which no space parts, a word is the longest piece of the vocabulary from there on.
   *
   * @returns where the word ends
   */
  cut(text: string, start: number, ids: number[]): number;
}

/** One cutter belongs to one thread. */
export function createWordCutter(vocabulary: Vocabulary): WordCutter {
  const trie = createPieceTrie(vocabulary);

  return {
    cut(text, start, ids) {
      if (CLASS[text.charCodeAt(start)] === IDEOGRAPH) {
        const isKnown = trie.find(text, start, text.length, false);
        ids.push(isKnown ? trie.id : UNKNOWN_ID);
        return start + (isKnown ? trie.length : 1);
      }
      const end = wordEnd(text, start);
      if (end - start > LONGEST_WORD) {
        ids.push(UNKNOWN_ID);
        return end;
      }
      let isAfterUnknown = false;
      for (let at = start; at < end; ) {
        const isKnown = trie.find(text, at, end, at > start);
        if (isKnown) ids.push(trie.id);
        else if (!isAfterUnknown) ids.push(UNKNOWN_ID);
        isAfterUnknown = !isKnown;
        at += isKnown ? trie.length : 1;
      }
      return end;
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
 * @param cutter of the vocabulary, where there is one already: it takes a megabyte
 */
export function createTokeniser(
  vocabulary: Vocabulary,
  maxTokens: number,
  { cut }: WordCutter = createWordCutter(vocabulary),
): (normalised: string) => Tokens {
  const head = headLength(maxTokens);
  const tail = maxTokens - head;
  // The tokens of many texts share a block: an array with memory of its own costs more than cutting a short text.
  let block = new Int32Array();
  let used = 0;

  const pack = (ids: readonly number[]): Int32Array => {
    if (used + ids.length > block.length) {
      block = new Int32Array(Math.max(BLOCK_TOKENS, maxTokens));
      used = 0;
    }
    const tokens = block.subarray(used, used + ids.length);
    tokens.set(ids);
    used += ids.length;
    return tokens;
  };

  return (normalised) => {
    const ids: number[] = [];
    for (let start = wordStart(normalised, 0); start < normalised.length; ) {
      start = wordStart(normalised, cut(normalised, start, ids));
    }
    const truncated = ids.length > maxTokens;
    // From the head on, all but the tail goes.
    if (truncated) ids.splice(head, ids.length - head - tail);
    return { tokens: pack(ids), truncated };
  };
}
