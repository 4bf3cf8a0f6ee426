import { createTrie, follow, NONE, ROOT, type Trie } from './trie.js';

/** Finds all of many patterns in one reading of a text. */
export interface Automaton {
  /**
   * Calls `found` for every occurrence of every pattern, in the order of their ends; of those that end alike
   * the longest comes first. `end` is the index after the occurrence's last code unit.
   */
  scan(text: string, found: (pattern: number, end: number) => void): void;
}

/**
 * The automaton of Aho and Corasick (CACM 1975) over UTF-16 code units. A code unit costs one look-up and, spread over
 * the text, at most one failed one, however many patterns there are.
 *
 * @param patterns distinct and not empty; an occurrence is reported by the pattern's place
 */
export function createAutomaton(patterns: readonly string[]): Automaton {
  const trie = createTrie(patterns);
  const { wordAt } = trie;
  const { fallback, nextFound } = links(trie);
  return {
    scan(text, found) {
      let state = ROOT;
      for (let i = 0; i < text.length; i += 1) {
        state = step(trie, fallback, state, text.charCodeAt(i));
        if (state === ROOT) continue;
        let match = wordAt[state] === NONE ? (nextFound[state] ?? NONE) : state;
        while (match !== NONE) {
          found(wordAt[match] ?? NONE, i + 1);
          match = nextFound[match] ?? NONE;
        }
      }
    },
  };
}

function step(trie: Trie, fallback: Int32Array, from: number, unit: number): number {
  for (let state = from; state !== ROOT; state = fallback[state] ?? ROOT) {
    const next = follow(trie, state, unit);
    if (next !== NONE) return next;
  }
  const first = follow(trie, ROOT, unit);
  return first === NONE ? ROOT : first;
}

interface Links {
  /** State of the longest proper suffix that some pattern begins with. */
  readonly fallback: Int32Array;
  /** State of the longest proper suffix that is a pattern, or `NONE`. */
  readonly nextFound: Int32Array;
}

/** Both links of every state, the shallow ones first: a state's follow from those of its suffix. */
function links(trie: Trie): Links {
  const { above, unitOf, wordAt } = trie;
  const fallback = new Int32Array(wordAt.length);
  const nextFound = new Int32Array(wordAt.length).fill(NONE);
  for (let state = ROOT + 1; state < wordAt.length; state += 1) {
    const parent = above[state] ?? ROOT;
    if (parent === ROOT) continue;
    const suffix = step(trie, fallback, fallback[parent] ?? ROOT, unitOf[state] ?? 0);
    fallback[state] = suffix;
    nextFound[state] = wordAt[suffix] === NONE ? (nextFound[suffix] ?? NONE) : suffix;
  }
  return { fallback, nextFound };
}
