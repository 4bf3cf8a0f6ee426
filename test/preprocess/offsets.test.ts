import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise } from '../../src/preprocess/normalise.js';
import { normaliseWithOffsets } from '../../src/preprocess/offsets.js';
import { wordEnd, wordStart } from '../../src/preprocess/words.js';
import { anyPost, anyText } from './any-text.js';

/** Each word of the normalised text with the part of the original that it came from. */
function wordsWithOrigin(original: string) {
  const { text, originOf } = normaliseWithOffsets(original);
  const words = [];
  for (let start = wordStart(text, 0); start < text.length; ) {
    const end = wordEnd(text, start);
    words.push({ word: text.slice(start, end), ...originOf(start, end) });
    start = wordStart(text, end);
  }
  return words;
}

const pairs = (original: string) =>
  wordsWithOrigin(original).map(({ word, start, end }) => [word, original.slice(start, end)]);

describe('the origin of a word', () => {
  it.each([
    [
      'a plain word',
      'Not GOOD',
      [
        ['not', 'Not'],
        ['good', 'GOOD'],
      ],
    ],
    [
      'an elongated word',
      'sooooo!!!!',
      [
        ['soo', 'sooooo'],
        ['!!', '!!!!'],
      ],
    ],
    [
      'dots',
      'well.......',
      [
        ['well', 'well'],
        ['...', '.......'],
      ],
    ],
    [
      'a Chinese character',
      '服务　差',
      [
        ['服', '服'],
        ['务', '务'],
        ['差', '差'],
      ],
    ],
    [
      'an emoji with skin tone and variation',
      'a👍🏽❤️b',
      [
        ['a', 'a'],
        ['👍', '👍🏽'],
        ['❤', '❤️'],
        ['b', 'b'],
      ],
    ],
    [
      'a flag',
      '🇩🇪🇫🇷',
      [
        ['🇩🇪', '🇩🇪'],
        ['🇫🇷', '🇫🇷'],
      ],
    ],
    [
      'an address',
      'see https://nova.example/a?b=c, ok',
      [
        ['see', 'see'],
        ['<url>', 'https://nova.example/a?b=c'],
        [',', ','],
        ['ok', 'ok'],
      ],
    ],
    [
      'a short address without a scheme',
      'at t.co/a',
      [
        ['at', 'at'],
        ['<url>', 't.co/a'],
      ],
    ],
    [
      'a long address without a scheme',
      'at a-long-name.example.com/a now',
      [
        ['at', 'at'],
        ['<url>', 'a-long-name.example.com/a'],
        ['now', 'now'],
      ],
    ],
    [
      'a mention',
      'hi @Nova_Help!',
      [
        ['hi', 'hi'],
        ['<user>', '@Nova_Help'],
        ['!', '!'],
      ],
    ],
    [
      'an e-mail address',
      'to jo.doe@mail.example.org.',
      [
        ['to', 'to'],
        ['<email>', 'jo.doe@mail.example.org'],
        ['.', '.'],
      ],
    ],
    [
      'the words of a hashtag',
      '#NeverAgain_2',
      [
        ['#', '#'],
        ['never', 'Never'],
        ['again', 'Again'],
        ['2', '2'],
      ],
    ],
    [
      'an entity',
      'fish &amp;amp; chips',
      [
        ['fish', 'fish'],
        ['&', '&amp;amp;'],
        ['chips', 'chips'],
      ],
    ],
    ['an entity within a word', 'don&#39;t', [["don't", 'don&#39;t']]],
    [
      'composed letters',
      'cafe\u0301 ok',
      [
        ['café', 'cafe\u0301'],
        ['ok', 'ok'],
      ],
    ],
    [
      'compatibility forms',
      'ｶﾞ ﬁne ½',
      [
        ['ガ', 'ｶﾞ'],
        ['fine', 'ﬁne'],
        ['1', '½'],
        ['⁄', '½'],
        ['2', '½'],
      ],
    ],
    [
      'what cannot be seen',
      'go\u200bod\u200b \ufeffday',
      [
        ['good', 'go\u200bod\u200b'],
        ['day', 'day'],
      ],
    ],
    ['Arabic vowel signs and the tatweel', 'أُحِبّـــه', [['احبه', 'أُحِبّـــه']]],
  ])('is the whole of %s', (_, original, expected) => {
    expect(pairs(original)).toEqual(expected);
  });
});

describe('normalising with offsets', () => {
  it.each([
    ['any string', anyText],
    ['what posts are made of', anyPost],
  ])('gives the same text as without, for %s', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (original) => {
        expect(normaliseWithOffsets(original).text).toBe(normalise(original));
      }),
      { numRuns: 5_000 },
    );
  });

  it('composes one by one no characters that belong together', () => {
    // A later Unicode may bring letters that compose and are not listed yet.
    const apart: string[] = [];
    for (let point = 1; point <= 0x10ffff; point += 1) {
      const character = String.fromCodePoint(point);
      if (/[\p{C}\p{Script=Han}가-힣]/u.test(character)) continue;
      const original = `a\u0323${character}\u0301 ${character.normalize('NFD')} \u1100${character}\u11a8`;
      if (normaliseWithOffsets(original).text !== normalise(original)) apart.push(point.toString(16));
    }
    expect(apart).toEqual([]);
  });

  it('gives every word a range within the original, in ascending order', () => {
    fc.assert(
      fc.property(anyPost, (original) => {
        let last = { start: 0, end: 0 };
        for (const { start, end } of wordsWithOrigin(original)) {
          expect(start).toBeGreaterThanOrEqual(last.start);
          expect(end).toBeGreaterThanOrEqual(last.end);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(original.length);
          last = { start, end };
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('gives a word the letters that it was made of', () => {
    const words = fc.array(fc.stringMatching(/^[A-Za-z]{1,8}$|^[一-龥]$|^[😀😡👍]$/u), { maxLength: 12 });
    fc.assert(
      fc.property(words, fc.constantFrom(' ', ' \u200b ', '\n\n', '\u3000'), (pieces, space) => {
        for (const [word, origin] of pairs(pieces.join(space))) {
          expect(normalise(origin ?? '')).toBe(word);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a text larger than any post', () => {
  it.each(['a ', '\u0301', '&amp;', 'a.co/', '#aB', '👍🏽', '\u200b', '﷽'])(
    'is mapped in linear time: %j',
    (unit) => {
      const large = unit.repeat(Math.ceil(65_536 / unit.length));
      const { text, originOf } = normaliseWithOffsets(large);
      if (text.length > 0) expect(originOf(0, text.length).end).toBeLessThanOrEqual(large.length);
    },
  );
});
