import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LABELS, type Label } from '../../src/contracts/labels.js';
import { type Judgement, measure } from '../../src/evaluation/metrics.js';

function judgement(gold: Label, negative: number, neutral: number, positive: number): Judgement {
  return { gold, probabilities: { negative, neutral, positive } };
}

describe('measure', () => {
  const threeClasses = [
    judgement('negative', 0.8, 0.1, 0.1), // right
    judgement('negative', 0.6, 0.3, 0.1), // right
    judgement('negative', 0.1, 0.2, 0.7), // wrong: positive
    judgement('neutral', 0.5, 0.4, 0.1), // wrong: negative
    judgement('neutral', 0.1, 0.9, 0.0), // right
    judgement('positive', 0.1, 0.1, 0.8), // right
  ];

  it('counts gold labels against predicted ones', () => {
    expect(measure(threeClasses).confusion).toEqual({
      negative: { negative: 2, neutral: 0, positive: 1 },
      neutral: { negative: 1, neutral: 1, positive: 0 },
      positive: { negative: 0, neutral: 0, positive: 1 },
    });
  });

  it('gives precision, recall and F1 of each class', () => {
    const { perClass } = measure(threeClasses);
    expect(perClass.negative).toEqual({ precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3 });
    expect(perClass.neutral).toEqual({ precision: 1, recall: 1 / 2, f1: 2 / 3, support: 2 });
    expect(perClass.positive).toEqual({ precision: 1 / 2, recall: 1, f1: 2 / 3, support: 1 });
  });

  it('averages over the classes, however many posts each has', () => {
    const metrics = measure(threeClasses);
    expect(metrics.n).toBe(6);
    expect(metrics.accuracy).toBeCloseTo(4 / 6, 12);
    expect(metrics.macroRecall).toBeCloseTo((2 / 3 + 1 / 2 + 1) / 3, 12);
    expect(metrics.macroF1).toBeCloseTo(2 / 3, 12);
  });

  it('weighs the distance of confidence from accuracy by the posts of each bin', () => {
    // Bins of 1/15: 0.5 | 0.6 | 0.7 | 0.8 twice | 0.9, each alone in its bin but the two of 0.8.
    const gaps = [0.5 - 0, 1 - 0.6, 0.7 - 0, 2 - 1.6, 1 - 0.9];
    expect(measure(threeClasses).ece).toBeCloseTo(gaps.reduce((sum, gap) => sum + gap) / 6, 12);
  });

  it('lets errors of one bin that point both ways cancel out', () => {
    const half = [judgement('positive', 0.2, 0.25, 0.55), judgement('negative', 0.2, 0.25, 0.55)];
    expect(measure([...half, judgement('neutral', 0, 1, 0)]).ece).toBeCloseTo(0.1 / 3, 12);
  });

  it('lets the labels of a set with two of them compete alone', () => {
    const metrics = measure([
      judgement('negative', 0.2, 0.7, 0.1), // negative, confidence 2/3
      judgement('positive', 0.1, 0.6, 0.3), // positive, confidence 3/4
    ]);
    expect(metrics.accuracy).toBe(1);
    expect(metrics.macroRecall).toBe(1);
    expect(metrics.perClass.neutral.support).toBe(0);
    expect(metrics.ece).toBeCloseTo((1 / 3 + 1 / 4) / 2, 12);
  });

  it('does not divide by nothing: two labels without any probability, a set without posts', () => {
    expect(measure([judgement('negative', 0, 1, 0), judgement('positive', 0, 1, 0)]).ece).toBe(0);
    expect(measure([])).toMatchObject({ n: 0, accuracy: 0, macroRecall: 0, macroF1: 0, ece: 0 });
  });

  it('stays within its bounds and counts every post once, whatever the probabilities', () => {
    const judgements = fc.array(
      fc
        .tuple(
          fc.constantFrom(...LABELS),
          fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 3 }),
        )
        .map(([gold, shares]) => {
          const [a = 0, b = 0, c = 0] = shares;
          const total = a + b + c;
          return total === 0
            ? judgement(gold, 1 / 3, 1 / 3, 1 / 3)
            : judgement(gold, a / total, b / total, c / total);
        }),
    );
    fc.assert(
      fc.property(judgements, (all) => {
        const metrics = measure(all);
        const counted = LABELS.flatMap((gold) => LABELS.map((label) => metrics.confusion[gold][label]));
        expect(counted.reduce((sum, count) => sum + count, 0)).toBe(all.length);
        for (const figure of ['accuracy', 'macroRecall', 'macroF1', 'ece'] as const) {
          expect(metrics[figure]).toBeGreaterThanOrEqual(0);
          expect(metrics[figure]).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
