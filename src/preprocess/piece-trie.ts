import type { Vocabulary } from '../model/vocabulary.js';
import { addPath, createEdges, NONE, ROOT } from './edges.js';

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

/**
 * A trie of pieces over UTF-16 code units, those that continue a word below a state of their own: one step a unit, however
 * long the longest piece is.
 */
export function createPieceTrie({ pieces }: Vocabulary): PieceTrie {
  const edges = createEdges(1 + pieces.reduce((sum, piece) => sum + piece.length, 0));
  const idAt: number[] = [NONE, NONE];
  const continued = 1;

  function add(root: number, piece: string, id: number): void {
    const state = addPath(edges, root, piece, () => idAt.push(NONE) - 1);
    if (state !== root) idAt[state] = id;
  }
  pieces.forEach((piece, id) => {
    if (piece.startsWith(CONTINUES)) add(continued, piece.slice(CONTINUES.length), id);
    else add(ROOT, piece, id);
  });
  const ids = Int32Array.from(idAt);

  const found = { id: NONE, length: 0 };
  return {
    find(text, start, end, continues) {
      found.id = NONE;
      let state = continues ? continued : ROOT;
      for (let i = start; i < end; i += 1) {
        state = edges.follow(state, text.charCodeAt(i));
        if (state === NONE) break;
        const id = ids[state] ?? NONE;
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
