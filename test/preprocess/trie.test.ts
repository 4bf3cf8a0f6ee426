import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTrie, follow, NONE, ROOT, type Trie } from '../../src/preprocess/trie.js';

function stateOf(trie: Trie, word: string): number {
  let state = ROOT;
  for (let i = 0; i < word.length && state !== NONE; i += 1) {
    state = follow(trie, state, word.charCodeAt(i));
  }
  return state;
}

const words = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', '好', '吃', '\ud83d'), maxLength: 5 }),
  { maxLength: 30 },
);

describe('a trie', () => {
  it('knows the place of each word, and no other beginning for a word', () => {
    const trie = createTrie(['he', 'hers', 'she', '好吃']);
    expect(['he', 'hers', 'she', '好吃'].map((word) => trie.wordAt[stateOf(trie, word)])).toEqual([
      0, 1, 2, 3,
    ]);
    expect(trie.wordAt[stateOf(trie, 'her')]).toBe(NONE);
    expect(stateOf(trie, 'hex')).toBe(NONE);
    expect(stateOf(trie, 'e')).toBe(NONE);
  });

  it('has the last place of equal words, and none for an empty one', () => {
    const trie = createTrie(['a', '', 'a']);
    expect(trie.wordAt[stateOf(trie, 'a')]).toBe(2);
    expect(trie.wordAt[ROOT]).toBe(NONE);
  });

  it('leads nowhere without words', () => {
    expect(stateOf(createTrie([]), 'a')).toBe(NONE);
    expect(stateOf(createTrie(['']), '\0')).toBe(NONE);
  });

  it('leads to a state for exactly what a word begins with, and says how it came there', () => {
    fc.assert(
      fc.property(words, words, (listed, others) => {
        const trie = createTrie(listed);
        for (const text of [...listed, ...others].filter((word) => word !== '')) {
          const state = stateOf(trie, text);
          expect(state !== NONE).toBe(listed.some((word) => word.startsWith(text)));
          if (state === NONE) continue;
          expect(trie.wordAt[state]).toBe(listed.lastIndexOf(text));
          expect(trie.unitOf[state]).toBe(text.charCodeAt(text.length - 1));
          expect(trie.above[state]).toBe(stateOf(trie, text.slice(0, -1)));
        }
      }),
    );
  });
});
