import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTerms, mergeTerms, noTerms, tellingTerms } from '../../src/aggregation/frequent-terms.js';

const term = fc.oneof(
  { weight: 2, arbitrary: fc.nat(4).map((n) => `often${n}`) },
  { weight: 3, arbitrary: fc.nat(400).map((n) => `seldom${n}`) },
);

describe('frequent terms', () => {
  it('counts never too much, and at most so many too little as it says, in bounded memory', () => {
    fc.assert(
      fc.property(fc.array(term, { maxLength: 1_000 }), (all) => {
        const terms = noTerms();
        for (const one of all) countTerms(terms, [one], 0);
        expect(terms.counts.size).toBeLessThanOrEqual(72);
        expect(terms.mentions).toBe(all.length);
        for (const one of new Set(all)) {
          const mentions = all.filter((other) => other === one).length;
          const counted = terms.counts.get(one) ?? 0;
          expect(counted).toBeLessThanOrEqual(mentions);
          expect(counted).toBeGreaterThanOrEqual(mentions - terms.lost);
        }
        // A term beyond so many mentions is always there.
        expect(terms.lost).toBeLessThanOrEqual(all.length / 25);
      }),
      { numRuns: 40 },
    );
  });

  it('counts one post in eight where there are many, for all of them', () => {
    const terms = noTerms();
    for (let tag = 0; tag < 1_000 + 800; tag += 1) countTerms(terms, ['delay'], tag);
    expect(terms.mentions).toBe(1_800);
    expect(terms.counts).toEqual(new Map([['delay', 1_800]]));
  });

  it('adds up what partitions counted', () => {
    const [one, other] = [noTerms(), noTerms()];
    countTerms(one, ['delay', 'refund'], 0);
    countTerms(other, ['delay'], 0);
    mergeTerms(one, other);
    expect(one).toEqual({
      counts: new Map([
        ['delay', 2],
        ['refund', 1],
      ]),
      mentions: 3,
      lost: 0,
    });
  });
});

describe('telling terms', () => {
  const counted = (mentions: Readonly<Record<string, number>>) => {
    const terms = noTerms();
    for (const [name, count] of Object.entries(mentions)) countTerms(terms, new Array(count).fill(name), 0);
    return terms;
  };

  it('puts first what belongs to negative posts, not what is frequent everywhere', () => {
    const told = tellingTerms(
      counted({ flight: 50, refund: 20, queue: 6 }),
      counted({ flight: 70, refund: 2, queue: 5, crew: 40 }),
    );
    expect(told.map(({ term: name }) => name)).toEqual(['refund', 'flight', 'queue']);
    expect(told[0]).toMatchObject({ negative: 20, other: 2 });
  });

  it('takes a term with many mentions for more telling than one with few, at the same odds', () => {
    const told = tellingTerms(
      counted({ often: 30, seldom: 3 }),
      counted({ often: 10, seldom: 1, else: 100 }),
    );
    expect(told.map(({ term: name }) => name)).toEqual(['often', 'seldom']);
  });

  it('names the most frequent terms where there are no others to compare with', () => {
    expect(tellingTerms(counted({ seldom: 2, often: 5 }), noTerms())).toEqual([
      { term: 'often', negative: 5, other: 0, score: 0 },
      { term: 'seldom', negative: 2, other: 0, score: 0 },
    ]);
  });

  it('says nothing where there are no negative posts', () => {
    expect(tellingTerms(noTerms(), counted({ all: 5 }))).toEqual([]);
    expect(tellingTerms(noTerms(), noTerms())).toEqual([]);
  });
});
