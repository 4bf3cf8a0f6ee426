import fc from 'fast-check';

/** Any string at all, lone surrogates included; half of its units are those that posts are made of. */
export const anyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Array.from('aZ9 @#&;<>/._-\n', (unit) => unit.charCodeAt(0))),
      fc.integer({ min: 0, max: 0xffff }),
    ),
    { maxLength: 40 },
  )
  .map((units) => String.fromCharCode(...units));

/** Pieces that posts and those who want to break a parser are made of. */
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      'a',
      'B',
      'zz',
      '7',
      ' ',
      '\n',
      '\u0085',
      '.',
      '..',
      '!',
      '-',
      '_',
      '/',
      '//',
      '@',
      '#',
      '<',
      '&',
      ';',
    ],
    ...[
      'http',
      'https://',
      'www.',
      't.co/',
      '.com',
      '&amp;',
      '&#39;',
      '&#x1F600;',
      '&lt;',
      '<url>',
      '<user>',
    ],
    ...['é', 'e\u0301', '\u0301', 'ß', 'İ', 'ｶﾞ', 'ﾞ', '好', '한', 'हि', 'ا', 'أ', '\u064b', '\u0640', '﷽'],
    ...[
      '👍',
      '🏽',
      '❤\ufe0f',
      '👩\u200d👧',
      '🇩🇪',
      '\u200b',
      '\u202e',
      '\ufeff',
      '\ufffd',
      '\ud83d',
      '\udc4d',
    ],
  ),
  anyText,
);
/** Posts, and what tries to break a parser of them. */
export const anyPost: fc.Arbitrary<string> = fc
  .array(piece, { maxLength: 40 })
  .map((pieces) => pieces.join(''));
