import { describe, expect, it } from 'vitest';
import { isAtBoundary } from '../../src/preprocess/word-boundaries.js';

/** Whether the phrase between the brackets stands on its own. */
function stands(marked: string): boolean {
  const start = marked.indexOf('[');
  const end = marked.indexOf(']') - 1;
  return isAtBoundary(marked.replace(/[[\]]/g, ''), start, end);
}

describe('a phrase stands on its own', () => {
  it.each([
    [
      'between spaces, signs and the ends of the text',
      ['[nova]', 'a [nova] b', '"[nova]"!', "[nova]'s", '😍[nova]😍'],
    ],
    ['anywhere in Chinese and Japanese', ['买[新星]手机', '新しい[ノバ]です', '用[nova]拍照']],
    ['anywhere in Thai', ['ซื้อ[โนวา]แล้ว']],
    ['before a Korean particle', ['[노바]는 좋다']],
    ['after an Arabic particle or the article', ['و[نوفا]', 'ال[نوفا]', 'بال[نوفا]', 'لل[نوفا]']],
    ['with signs at its own ends', ['abc[+nova+]def']],
  ])('%s', (_, texts) => {
    expect(texts.map(stands)).toEqual(texts.map(() => true));
  });

  it.each([
    ['in a longer word', ['[nova]tion', 'super[nova]', '[nova]2', 'é[nova]', '[nova]\u0301']],
    ['in the middle of a Korean word', ['수[노바]']],
    ['after other Arabic letters', ['كت[نوفا]', 'ا[نوفا]', '[نوفا]ت']],
  ])('but not %s', (_, texts) => {
    expect(texts.map(stands)).toEqual(texts.map(() => false));
  });
});
