import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storedWindow } from '../../src/aggregation/stores/redis/stored-window.js';
import { TIERS, windowAggregateSchema } from '../../src/contracts/window.js';

const count = fc.nat();
const names = fc.dictionary(fc.string({ maxLength: 5 }), count, { maxKeys: 3, noNullPrototype: true });
const required = {
  v: fc.constant(1),
  brand: fc.string(),
  tier: fc.constantFrom(...TIERS),
  start: fc.maxSafeInteger(),
  end: fc.maxSafeInteger(),
  posts: count,
  negative: count,
  neutral: count,
  positive: count,
  polaritySum: fc.integer().map((micros) => micros / 1e6),
  reach: count,
  bySource: names,
  byLanguage: names,
  byModel: names,
  revision: count,
  complete: fc.boolean(),
  final: fc.boolean(),
};
const window = fc.record(
  {
    ...required,
    distinct: fc.record({ posts: count, negative: count, neutral: count, positive: count }),
    authors: count,
    reachByLabel: fc.record({ negative: count, neutral: count, positive: count }),
    negativeTerms: fc.array(
      fc.record({ term: fc.string(), negative: count, other: count, score: fc.integer() }),
      { maxLength: 3 },
    ),
    mostNegative: fc.array(fc.string(), { maxLength: 3 }),
    mostRepeated: fc.array(fc.record({ id: fc.string(), repeats: count }), { maxLength: 3 }),
  },
  { requiredKeys: Object.keys(required) as Array<keyof typeof required> },
);

describe('windows in Redis', () => {
  it('are read as the schema reads them', () => {
    fc.assert(
      fc.property(window, (written) => {
        const text = JSON.stringify(written);
        expect(storedWindow(text)).toStrictEqual(windowAggregateSchema.parse(JSON.parse(text)));
      }),
    );
  });

  it('of another version are refused, with what to do', () => {
    const [written] = fc.sample(window, { numRuns: 1, seed: 1 });
    expect(() => storedWindow(JSON.stringify({ ...written, v: 2 }))).toThrow(
      expect.objectContaining({
        code: 'SF_STORE_DAMAGED',
        message: expect.stringContaining('version 2, not 1'),
        hint: expect.stringContaining('Remove that key'),
      }),
    );
  });

  it('that are damaged are refused: cut off, without a field, or with something else in it', () => {
    fc.assert(
      fc.property(window, fc.constantFrom(...Object.keys(required)), fc.nat(), (written, field, at) => {
        const whole = JSON.stringify(written);
        const others = ['null', '[]', whole.slice(0, at % whole.length)];
        others.push(JSON.stringify({ ...written, [field]: undefined }));
        others.push(JSON.stringify({ ...written, [field]: [] }));
        for (const text of others)
          expect(() => storedWindow(text), text).toThrow(
            expect.objectContaining({ code: 'SF_STORE_DAMAGED' }),
          );
      }),
    );
  });
});
