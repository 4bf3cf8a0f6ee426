import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearDuplicateOf } from '../../src/training/near-duplicates.js';

const HELD = [
  'the new tram line opens on monday and everybody is invited to the first ride',
  '酒店的位置很好离地铁站只有五分钟早餐也很丰富下次还会再来',
];

describe('nearDuplicateOf', () => {
  const isDuplicate = nearDuplicateOf(HELD);

  it.each([
    ['the post itself', HELD[0] ?? ''],
    ['one with a word before it', `rt ${HELD[0]}`],
    [
      'one whose last word is gone',
      'the new tram line opens on monday and everybody is invited to the first',
    ],
    ['a Chinese one with a sign more', `${HELD[1]}!`],
  ])('finds %s', (_, post) => {
    expect(isDuplicate(post)).toBe(true);
  });

  it.each([
    ['a post on the same matter', 'the new tram line is late again and nobody knows why it was built at all'],
    ['a Chinese post on the same matter', '酒店的位置很好但是房间又小又吵前台态度也很差不会再来'],
    ['a short post of common words', 'the new tram'],
  ])('leaves %s', (_, post) => {
    expect(isDuplicate(post)).toBe(false);
  });

  it('finds every post among themselves', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (posts) => {
        const among = nearDuplicateOf(posts);
        return posts.every(among);
      }),
    );
  });
});
