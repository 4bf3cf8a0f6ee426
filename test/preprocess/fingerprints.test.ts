import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintsOf } from '../../src/preprocess/fingerprints.js';
import { normalise } from '../../src/preprocess/normalise.js';
import { anyText } from './any-text.js';

const near = (text: string) => fingerprintsOf(normalise(text)).near;
const exact = (text: string) => fingerprintsOf(normalise(text)).exact;

/** In how many of 64 bits two fingerprints differ. */
function distance(one: string, other: string): number {
  const differing = (BigInt(`0x${one}`) ^ BigInt(`0x${other}`)).toString(2);
  return differing.replaceAll('0', '').length;
}

const NEAR_DUPLICATE = 3;

describe('the exact fingerprint', () => {
  it('is the same for texts that normalise alike, and for no others', () => {
    expect(exact('Nova  RECALLS phones!!!!')).toBe(exact('nova recalls phones!!'));
    expect(exact('nova recalls phones')).not.toBe(exact('nova recalls phone'));
    expect(exact('ab')).not.toBe(exact('ba'));
  });

  it('stays what it is: stored ones must be found again by later versions', () => {
    expect(fingerprintsOf('nova recalls phones')).toEqual({
      exact: '3be59e30c91ba8e2',
      near: 'dc81384a3df25840',
    });
    expect(fingerprintsOf('')).toEqual({ exact: '9299d3a7feb2647f', near: '9299d3a7feb2647f' });
  });

  it('tells thirty thousand short texts apart', () => {
    const fingerprints = new Set(Array.from({ length: 30_000 }, (_, i) => fingerprintsOf(`post ${i}`).exact));
    expect(fingerprints.size).toBe(30_000);
  });

  it('spreads over all of its bits', () => {
    const set = new Array<number>(64).fill(0);
    for (let i = 0; i < 2_000; i += 1) {
      const bits = BigInt(`0x${fingerprintsOf(`post ${i}`).exact}`)
        .toString(2)
        .padStart(64, '0');
      for (let bit = 0; bit < 64; bit += 1) set[bit] = (set[bit] ?? 0) + Number(bits[bit]);
    }
    for (const count of set) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

describe('the near fingerprint', () => {
  const post = 'NovaPhone battery recall announced today, stores take them back';

  it.each([
    ['another address', `${post} http://t.co/a`, `${post} http://t.co/b`],
    ['a repost', post, `RT @somebody: ${post}`],
    ['mentions', post, `@jo @mo ${post}`],
    ['capitals, punctuation, emoji', post, `${post.toUpperCase()}!!! 😱😱`],
    ['numbers', `${post} 1`, `${post} 48213`],
    ['the order of words', 'breaking: nova recalls phones', 'nova recalls phones: breaking'],
    ['hashtags for words', 'nova recall: bad battery', '#Nova #Recall: bad battery'],
    [
      'a Chinese repost',
      '新手机电池召回，请尽快到门店更换',
      '转发 新手机电池召回，请尽快到门店更换！！'.slice(3),
    ],
  ])('is near where posts differ in %s', (_, one, other) => {
    expect(distance(near(one), near(other))).toBeLessThanOrEqual(NEAR_DUPLICATE);
  });

  it('is near where one short word of a long post differs', () => {
    const long = `${post} and customers who bought one since spring get their money back without a receipt`;
    expect(distance(near(long), near(`${long} ok`))).toBeLessThanOrEqual(NEAR_DUPLICATE);
  });

  it('is far apart, about 32 bits, for posts that have nothing in common', () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom(...'abcdefgh'), minLength: 5, maxLength: 9 }), {
      minLength: 6,
      maxLength: 12,
    });
    const distances = fc
      .sample(fc.tuple(words, words), { numRuns: 500, seed: 7 })
      .map(([one, other]) => distance(near(one.join(' ')), near(other.join(' '))));
    const mean = distances.reduce((sum, bits) => sum + bits, 0) / distances.length;
    expect(mean).toBeGreaterThan(30);
    expect(mean).toBeLessThan(34);
    expect(Math.min(...distances)).toBeGreaterThan(NEAR_DUPLICATE);
  });

  it('has the bits set that features of more than half of the weight have set', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcdef'), minLength: 1, maxLength: 12 });
    const weightOf = (own: string) => Math.min(own.length, 8);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 60 }), (words) => {
        const total = words.reduce((sum, own) => sum + weightOf(own), 0);
        const bits = Array.from({ length: 64 }, (_, bit) => {
          // The fingerprint of a word alone is its hash.
          const has = (own: string) =>
            ((BigInt(`0x${fingerprintsOf(own).near}`) >> BigInt(63 - bit)) & 1n) === 1n;
          const votes = words.filter(has).reduce((sum, own) => sum + weightOf(own), 0);
          return 2 * votes > total ? '1' : '0';
        });
        expect(BigInt(`0x${fingerprintsOf(words.join(' ')).near}`)).toBe(BigInt(`0b${bits.join('')}`));
      }),
      { numRuns: 30 },
    );
  });

  it('tells posts without words apart by their exact fingerprint', () => {
    expect(near('😂😂')).toBe(exact('😂😂'));
    expect(near('😂😂')).not.toBe(near('😡😡'));
  });

  it('does not run over on the longest posts', () => {
    const long = `${'battery '.repeat(20_000)}`;
    expect(near(long)).toBe(near('battery'));
    expect(near('电池'.repeat(30_000))).toHaveLength(16);
  });
});

it('are 16 hexadecimal digits each for any string', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const fingerprints = fingerprintsOf(text);
      expect(fingerprints.exact).toMatch(/^[0-9a-f]{16}$/);
      expect(fingerprints.near).toMatch(/^[0-9a-f]{16}$/);
      expect(fingerprintsOf(text)).toEqual(fingerprints);
    }),
  );
});
