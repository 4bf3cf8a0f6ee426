import type { Vocabulary } from '../model/vocabulary.js';
import { createTrie, follow, NONE, ROOT } from './trie.js';

/** Before a piece that continues a word, in the vocabulary. */
const CONTINUES = '##';

/** Where the pieces of a vocabulary are looked for in a text, without cutting strings out of it. */
export interface PieceTrie {
  /**
   * The longest piece that stands in the text from `start`, and before `end`.
   *
   * @param continues true for the pieces that continue a word, false for those that begin one
   * @returns whether there is one; `id` and `length` are its own then
   */
  find(text: string, start: number, end: number, continues: boolean): boolean;
  /** Of the piece that was found last. */
  readonly id: number;
  /** Of the piece that was found last, in code units. */
  readonly length: number;
}

/** One step a unit, however long the longest piece is. Pieces that continue a word have a trie of their own. */
export function createPieceTrie({ pieces }: Vocabulary): PieceTrie {
  // A piece of the other trie is an empty word, so that a word's place is its piece's id in both.
  const beginning = createTrie(pieces.map((piece) => (piece.startsWith(CONTINUES) ? '' : piece)));
  const continuing = createTrie(
    pieces.map((piece) => (piece.startsWith(CONTINUES) ? piece.slice(CONTINUES.length) : '')),
  );

  const found = { id: NONE, length: 0 };
  return {
    find(text, start, end, continues) {
      const trie = continues ? continuing : beginning;
      found.id = NONE;
      let state = ROOT;
      for (let i = start; i < end; i += 1) {
        state = follow(trie, state, text.charCodeAt(i));
        if (state === NONE) break;
        const id = trie.wordAt[state] ?? NONE;
        if (id === NONE) continue;
        found.id = id;
        found.length = i + 1 - start;
      }
      return found.id !== NONE;
    },
    get id() {
      return found.id;
    },
    get length() {
      return found.length;
    },
  };
}
