import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mergeSamples,
  mergeTerms,
  type WindowWithSamples,
  type WindowWithTerms,
} from '../../src/contracts/window-digest.js';

const count = fc.nat(1_000);
const window = fc.record({
  negativeTerms: fc.uniqueArray(
    fc.record({
      term: fc.constantFrom('refund', 'queue', 'battery', '电池', '__proto__'),
      negative: count,
      other: count,
      score: fc.integer({ min: 1, max: 900 }).map((hundredths) => hundredths / 100),
    }),
    { selector: ({ term }) => term },
  ),
});

describe('terms of several windows', () => {
  it('have their mentions summed up, and their deviations as of windows that share no posts', () => {
    const term = (name: string, score: number) => ({ term: name, negative: 10, other: 2, score });
    expect(
      mergeTerms([
        { negativeTerms: [term('refund', 3), term('queue', 2)] },
        { negativeTerms: [term('refund', 3)] },
        { negativeTerms: [] },
        { negativeTerms: [term('late', 5)] },
        {},
      ]),
    ).toEqual([
      { term: 'refund', negative: 20, other: 4, score: 3, windows: 2 },
      { term: 'late', negative: 10, other: 2, score: 2.5, windows: 1 },
      { term: 'queue', negative: 10, other: 2, score: 1, windows: 1 },
    ]);
  });

  it('are those of the window where there is one', () => {
    fc.assert(
      fc.property(window, ({ negativeTerms }) => {
        const merged = mergeTerms([{ negativeTerms }]);
        expect(merged.map(({ windows: _, ...rest }) => rest)).toEqual(
          negativeTerms.toSorted(
            (a, b) => b.score - a.score || b.negative - a.negative || (a.term < b.term ? -1 : 1),
          ),
        );
      }),
    );
  });

  it('do not depend on the order of the windows, and lose no mention', () => {
    fc.assert(
      fc.property(fc.array(window), fc.nat(), (windows, turn) => {
        const at = turn % (windows.length + 1);
        const turned = [...windows.slice(at), ...windows.slice(0, at)].reverse();
        const byName = (all: readonly WindowWithTerms[]) =>
          new Map(mergeTerms(all).map(({ term, ...rest }) => [term, rest]));
        const [one, other] = [byName(windows), byName(turned)];
        expect([...other.keys()].toSorted()).toEqual([...one.keys()].toSorted());
        for (const [term, { score, ...counts }] of one) {
          expect(other.get(term)).toMatchObject(counts);
          expect(other.get(term)?.score).toBeCloseTo(score, 1);
        }
        const mentions = windows.flatMap(({ negativeTerms }) =>
          negativeTerms.map(({ negative }) => negative),
        );
        expect([...one.values()].reduce((sum, { negative }) => sum + negative, 0)).toBe(
          mentions.reduce((sum, negative) => sum + negative, 0),
        );
      }),
    );
  });

  it('come with the greatest deviation first', () => {
    fc.assert(
      fc.property(fc.array(window), (windows) => {
        const scores = mergeTerms(windows).map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      }),
    );
  });
});

const samples: fc.Arbitrary<WindowWithSamples> = fc
  .uniqueArray(fc.tuple(fc.string(), fc.integer({ min: -1_000, max: 0 })), {
    selector: ([id]) => id,
    maxLength: 5,
  })
  .chain((posts) =>
    fc.record({
      mostNegative: fc.constant(posts.map(([id]) => id)),
      mostNegativePolarity: fc.constant(posts.map(([, thousandths]) => thousandths / 1_000)),
      mostRepeated: fc.uniqueArray(fc.record({ id: fc.string(), repeats: fc.integer({ min: 1, max: 99 }) }), {
        selector: ({ id }) => id,
        maxLength: 5,
      }),
    }),
  );

describe('posts that several windows name', () => {
  it('come each once, the most negative and the most repeated first', () => {
    expect(
      mergeSamples([
        {
          mostNegative: ['b', 'a'],
          mostNegativePolarity: [-0.9, -0.4],
          mostRepeated: [{ id: 'r', repeats: 3 }],
        },
        {},
        {
          mostNegative: ['c', 'b'],
          mostNegativePolarity: [-0.95, -0.9],
          mostRepeated: [
            { id: 's', repeats: 4 },
            { id: 'r', repeats: 2 },
          ],
        },
      ]),
    ).toEqual({
      mostNegative: [
        { id: 'c', polarity: -0.95 },
        { id: 'b', polarity: -0.9 },
        { id: 'a', polarity: -0.4 },
      ],
      mostRepeated: [
        { id: 'r', repeats: 5 },
        { id: 's', repeats: 4 },
      ],
    });
  });

  it('come last where windows do not say how negative they are', () => {
    const older = { mostNegative: ['z', 'y'] };
    const newer = { mostNegative: ['x'], mostNegativePolarity: [-0.1] };
    expect(mergeSamples([older, newer]).mostNegative).toEqual([
      { id: 'x', polarity: -0.1 },
      { id: 'y' },
      { id: 'z' },
    ]);
  });

  it('are the same in whatever order the windows come', () => {
    fc.assert(
      fc.property(fc.array(samples), (windows) => {
        const merged = mergeSamples(windows);
        expect(mergeSamples(windows.toReversed())).toEqual(merged);
        const polarities = merged.mostNegative.map(({ polarity }) => polarity ?? 0);
        expect(polarities).toEqual(polarities.toSorted((a, b) => a - b));
        const named = new Set(windows.flatMap(({ mostNegative = [] }) => mostNegative));
        expect(new Set(merged.mostNegative.map(({ id }) => id))).toEqual(named);
        expect(merged.mostNegative).toHaveLength(named.size);
      }),
    );
  });
});
