import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketAt } from '../../src/aggregation/bucket.js';
import { storedSummary, storedWindow } from '../../src/aggregation/stores/redis/stored-window.js';
import { emptySums, toWindow } from '../../src/aggregation/sums.js';
import { brandId, epochMillis } from '../../src/contracts/ids.js';
import { TIERS, type WindowAggregate, windowAggregateSchema } from '../../src/contracts/window.js';
import type { WindowSummary } from '../../src/contracts/window-reader.js';

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

/** Lies between the beginning and the end that a summary is read from. */
const SKIPPED = new Set(['bySource', 'byLanguage', 'byModel', 'revision']);

function summaryOf(whole: WindowAggregate): WindowSummary {
  const { start, posts, negative, neutral, positive, polaritySum, reach, complete } = whole;
  return { start, posts, negative, neutral, positive, polaritySum, reach, complete };
}

describe('windows in Redis', () => {
  it('are read as the schema reads them', () => {
    fc.assert(
      fc.property(window, (written) => {
        const text = JSON.stringify(written);
        expect(storedWindow(text)).toStrictEqual(windowAggregateSchema.parse(JSON.parse(text)));
      }),
    );
  });

  it('are summed up by the counts at their beginning and end', () => {
    fc.assert(
      fc.property(window, (written) => {
        const text = JSON.stringify(written);
        expect(storedWindow(text)).toMatchObject(storedSummary(text));
        expect(storedSummary(text)).toMatchObject(summaryOf(storedWindow(text)));
      }),
    );
  });

  it('are summed up without being parsed whole, as the closer writes them', () => {
    const { posts, ...counts } = { ...emptySums(), posts: 7, polarityMicros: -1, reach: 12 };
    const state = { revision: 2, complete: false, final: true };
    const bucket = bucketAt('1m', epochMillis(1_768_478_400_000));
    const text = JSON.stringify(toWindow(brandId('acme'), bucket, { posts, ...counts }, state));
    // Not JSON any more: what lies between is not looked at.
    expect(storedSummary(text.replace('"bySource":{}', '"bySource":?'))).toEqual({
      start: bucket.start,
      posts: 7,
      negative: 0,
      neutral: 0,
      positive: 0,
      polaritySum: -0.000001,
      reach: 12,
      complete: false,
    });
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
          for (const read of SKIPPED.has(field) ? [storedWindow] : [storedWindow, storedSummary])
            expect(() => read(text), text).toThrow(expect.objectContaining({ code: 'SF_STORE_DAMAGED' }));
      }),
    );
  });
});
