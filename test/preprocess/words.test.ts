import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise } from '../../src/preprocess/normalise.js';
import { wordsOf } from '../../src/preprocess/words.js';

/** Any code units, halves of surrogate pairs among them. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 })
  .map((units) => String.fromCharCode(...units));

describe('wordsOf', () => {
  it.each([
    ['letters and digits apart', "it's 20 euros in cafe24", ["it's", '20', 'euros', 'in', 'cafe', '24']],
    ['an apostrophe only between letters', "'tis dogs' bowl", ["'", 'tis', 'dogs', "'", 'bowl']],
    ['ideographs that stand together as one', '这家店，很好吃', ['这家店', '，', '很好吃']],
    ['kana with them', 'これは本', ['これは本']],
    ['ideographs and letters side by side', '买了iphone15呢', ['买了', 'iphone', '15', '呢']],
    ['words of scripts that join letters and marks', 'यह फोन बहुत अच्छा', ['यह', 'फोन', 'बहुत', 'अच्छा']],
    ['right-to-left words in the order of the text', 'الخدمة سيئة', ['الخدمة', 'سيئة']],
    ['emoji one by one', 'ok😀😡', ['ok', '😀', '😡']],
    ['a flag as one', 'go🇫🇷🇮🇹', ['go', '🇫🇷', '🇮🇹']],
    ['an emoticon as one', 'late again :( but fine', ['late', 'again', ':(', 'but', 'fine']],
    ['a placeholder as one', 'see <url>, <user>!', ['see', '<url>', ',', '<user>', '!']],
    ['no placeholder where there is none', '<urn> <', ['<', 'urn', '>', '<']],
    ['no word of spaces', '   ', []],
  ])('takes %s', (_, text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it('keeps half a surrogate pair rather than reading past the end', () => {
    expect(wordsOf('a\ud83d')).toEqual(['a', '\ud83d']);
    expect(wordsOf('\ud83d\tb')).toEqual(['\ud83d', 'b']);
    expect(wordsOf('\ude00 b')).toEqual(['\ude00', 'b']);
  });

  it('loses nothing but spaces, and has no empty word', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const words = wordsOf(text);
        expect(words.join('')).toBe(text.replace(/[\s\u0085]+/g, ''));
        expect(words).not.toContain('');
      }),
    );
  });

  it('cuts a normalised text as it cuts its words: joined by spaces they are the same words again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
        const words = wordsOf(normalise(text));
        expect(wordsOf(words.join(' '))).toEqual(words);
      }),
    );
  });
});
