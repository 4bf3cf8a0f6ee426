import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mixPosts } from '../../src/training/mix-posts.js';

const rows = [
  { row: 0, label: 'positive', text: 'what a lovely ride on the tram this morning' },
  { row: 4, label: 'negative', text: 'the ferry was late again and nobody told us why' },
  { row: 5, label: undefined, text: 'next stop Harbour Street' },
] as const;

const wordsOf = (text: string) => text.split(' ');

describe('mixPosts', () => {
  it('gives each row as many posts as it is told, numbered', () => {
    expect(mixPosts(rows, { copies: 2, language: 'en' }).map(({ row, copy }) => [row, copy])).toEqual([
      [0, 0],
      [0, 1],
      [4, 0],
      [4, 1],
      [5, 0],
      [5, 1],
    ]);
    expect(mixPosts(rows, { copies: 0, language: 'en' })).toEqual([]);
  });

  it('gives the same posts for the same rows', () => {
    expect(mixPosts(rows, { copies: 3, language: 'en' })).toEqual(
      mixPosts(rows, { copies: 3, language: 'en' }),
    );
  });

  it('makes other posts of a row each time', () => {
    const texts = mixPosts(rows.slice(0, 1), { copies: 20, language: 'en' }).map(({ text }) => text);
    expect(new Set(texts).size).toBeGreaterThan(10);
  });

  it('uses words of the rows alone, and at most as many as the longest row has', () => {
    const text = fc.array(fc.stringMatching(/^\S{1,6}$/), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (posts) => {
        const words = new Set(posts.flat());
        const longest = Math.max(...posts.map(({ length }) => length));
        const given = posts.map((post, row) => ({ row, label: undefined, text: post.join(' ') }));
        for (const { text } of mixPosts(given, { copies: 3, language: 'en' })) {
          const mixed = text === '' ? [] : wordsOf(text);
          expect(mixed.filter((word) => !words.has(word))).toEqual([]);
          expect(mixed.length).toBeLessThanOrEqual(longest);
        }
      }),
    );
  });

  it('mixes clauses where words are not spaced', () => {
    const reviews = [
      { row: 0, label: 'positive', text: '房间干净，早餐很好！' },
      { row: 1, label: 'negative', text: '前台没人理。等了半天' },
    ] as const;
    const clauses = ['房间干净，', '早餐很好！', '前台没人理。', '等了半天'];
    for (const { text } of mixPosts(reviews, { copies: 20, language: 'zh' })) {
      expect(clauses.reduce((rest, clause) => rest.replaceAll(clause, ''), text)).toBe('');
    }
  });
});
