import { describe, expect, it } from 'vitest';
import { createAuthorHasher, hashAuthor } from '../../src/scoring/author-hash.js';

describe('a hasher of authors', () => {
  it('gives the hash of each author, the first time, again, and after it has forgotten', () => {
    const hash = createAuthorHasher('secret');
    const authors = ['ann', '作者', '', 'a name of more than sixty-four characters'.repeat(3)];
    const expected = authors.map((author) => hashAuthor('secret', author));
    expect(authors.map(hash)).toEqual(expected);
    expect(authors.map(hash)).toEqual(expected);
    for (let i = 0; i < 10_001; i += 1) hash(`author-${i}`);
    expect(authors.map(hash)).toEqual(expected);
    expect(hash('author-7')).toBe(hashAuthor('secret', 'author-7'));
  });

  it('shares nothing with one of another secret', () => {
    const [one, other] = [createAuthorHasher('secret'), createAuthorHasher('another')];
    expect(one('ann')).not.toBe(other('ann'));
    expect(other('ann')).toBe(hashAuthor('another', 'ann'));
  });
});
