import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLASS, DIGIT, IDEOGRAPH, LETTER, MARK } from '../../src/preprocess/characters.js';
import { hashOf } from '../../src/preprocess/word-hash.js';
import { IDEOGRAPHS, LETTERS, NUMBER, runsOf } from '../../src/preprocess/words-in-text.js';
import { anyText } from './any-text.js';

const runsIn = (text: string) => {
  const { count, starts, ends, kinds, hashes } = runsOf(text);
  return Array.from({ length: count }, (_, i) => ({
    text: text.slice(starts[i], ends[i]),
    kind: kinds[i],
    hash: hashes[i],
  }));
};

const SIGN_OF_CLASS = new Map([
  [LETTER, 'l'],
  [DIGIT, 'd'],
  [MARK, 'm'],
  [IDEOGRAPH, 'i'],
]);

/** The definition, as an expression over the classes of a text's units. */
function plainRuns(text: string) {
  const shape = text
    .replaceAll(/<(url|user|email)>/g, (placeholder) => ' '.repeat(placeholder.length))
    .split('')
    .map((unit) => SIGN_OF_CLASS.get(CLASS[unit.charCodeAt(0)] ?? 0) ?? ' ')
    .join('');
  return Array.from(shape.matchAll(/i+|[ld][ldm]*/g), ({ 0: run, index }) => ({
    text: text.slice(index, index + run.length),
    kind: run.startsWith('i') ? IDEOGRAPHS : run.includes('l') ? LETTERS : NUMBER,
    hash: hashOf(text, index, index + run.length),
  }));
}

describe('the runs of a text', () => {
  it('are its words, numbers and stretches of ideographs', () => {
    const found = runsIn("l'été <user> 4k 2026 很好ok 😀").map(({ text, kind }) => [text, kind]);
    expect(found).toEqual([
      ['l', LETTERS],
      ['été', LETTERS],
      ['4k', LETTERS],
      ['2026', NUMBER],
      ['很好', IDEOGRAPHS],
      ['ok', LETTERS],
    ]);
  });

  it('are what the definition says for any string, whatever text came before', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(runsIn(text)).toEqual(plainRuns(text));
      }),
    );
  });
});
