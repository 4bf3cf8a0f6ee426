import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokeniser } from '../../src/preprocess/tokenise.js';
import { isIdeograph } from '../../src/preprocess/words.js';
import { learnVocabulary } from '../../src/training/vocabulary.js';

const options = { size: 100, reserved: ['<url>'], minCharacterCount: 1, isIdeograph };

function learn(
  words: Readonly<Record<string, number>>,
  changes: Partial<typeof options> = {},
): readonly string[] {
  return learnVocabulary(new Map(Object.entries(words)), { ...options, ...changes }).pieces;
}

describe('learnVocabulary', () => {
  it('begins with padding, unknown and what is reserved, then the characters by how often they are seen', () => {
    expect(learn({ a: 1, b: 3, 好: 2 })).toEqual(['<pad>', '<unk>', '<url>', 'b', '好', 'a']);
  });

  it('merges the pair that is seen most often, again and again', () => {
    // l·o 7, o·w 7 (tie: the name that sorts first), then lo·w 7, e·r 2, low·er 2
    const merged = learn({ low: 5, lower: 2 }).slice(
      '<pad> <unk> <url> l o w e r ##o ##w ##e ##r'.split(' ').length,
    );
    expect(merged).toEqual(['##ow', 'low', '##er', 'lower']);
  });

  it('makes one piece of a word that repeats itself', () => {
    expect(learn({ aaaa: 1 })).toContain('aaaa');
  });

  it('learns words among ideographs, whose pieces go on without a sign', () => {
    expect(
      learn({ 很不错: 2, 不错: 3, 不: 1 }).slice('<pad> <unk> <url> 不 错 很'.split(' ').length),
    ).toEqual(['不错', '很不错']);
  });

  it('makes no piece of more than four ideographs', () => {
    const ideographs = learn({ 确诊首例肺炎病例: 9 }).filter(isIdeograph);
    expect(Math.max(...ideographs.map((piece) => piece.length))).toBe(4);
  });

  it('stops at its size', () => {
    expect(learn({ lower: 2, low: 5 }, { size: 8 })).toHaveLength(8);
  });

  it('leaves rare characters out, and the words with them', () => {
    expect(learn({ ab: 5, aé: 1 }, { minCharacterCount: 2 })).toEqual([
      '<pad>',
      '<unk>',
      '<url>',
      'a',
      'b',
      '##b',
      'ab',
    ]);
  });

  it('keeps a character of two code units whole', () => {
    expect(learn({ '😀': 2 })).toContain('😀');
  });

  it('does not depend on the order in which the words come', () => {
    const words = fc.dictionary(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 9 }),
    );
    fc.assert(
      fc.property(words, (counts) => {
        const backwards = Object.fromEntries(Object.entries(counts).reverse());
        expect(learn(backwards)).toEqual(learn(counts));
      }),
    );
  });

  it('holds every word that it had room for as one piece', () => {
    const words = fc.array(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 1, maxLength: 6 }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(words, (list) => {
        const vocabulary = learnVocabulary(new Map(list.map((word) => [word, 1])), {
          ...options,
          size: 10_000,
        });
        const tokenise = createTokeniser(vocabulary, 16);
        for (const word of list) expect(tokenise(word).tokens).toHaveLength(1);
      }),
    );
  });
});
