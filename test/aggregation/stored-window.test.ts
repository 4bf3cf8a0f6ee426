import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketAt } from '../../src/aggregation/bucket.js';
import { countsText, storedCounts } from '../../src/aggregation/stores/redis/stored-counts.js';
import { storedJson, storedWindow } from '../../src/aggregation/stores/redis/stored-window.js';
import { emptySums, toWindow } from '../../src/aggregation/sums.js';
import { brandId, epochMillis } from '../../src/contracts/ids.js';
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

/** Lies between the beginning and the end that are looked at where windows are passed on. */
const SKIPPED = new Set(['bySource', 'byLanguage', 'byModel', 'revision']);

const passOn = (text: string) => storedJson(Buffer.from(text));

describe('windows in Redis', () => {
  it('are read as the schema reads them', () => {
    fc.assert(
      fc.property(window, (written) => {
        const text = JSON.stringify(written);
        expect(storedWindow(text)).toStrictEqual(windowAggregateSchema.parse(JSON.parse(text)));
      }),
    );
  });

  it('have their counts beside them', () => {
    fc.assert(
      fc.property(window, (written) => {
        const { tier, start, posts, negative, neutral, positive, polaritySum, reach, complete } =
          windowAggregateSchema.parse(written);
        const text = countsText(windowAggregateSchema.parse(written));
        if (tier === '1d') expect(text).toBeUndefined();
        else
          expect(storedCounts(start, text ?? '')).toEqual({
            ...{ start, posts, negative, neutral, positive, polaritySum, reach, complete },
          });
      }),
    );
  });

  it.each(['', '[1,2,3,4,5,6', '[1,2,3,4,5,6]', '[1,2,3,4,5,"6",1]', '{"posts":1}', 'null'])(
    'whose counts are damaged are refused: %s',
    (text) => {
      expect(() => storedCounts(epochMillis(0), text)).toThrow(
        expect.objectContaining({ code: 'SF_STORE_DAMAGED' }),
      );
    },
  );

  it('are passed on without being parsed, as the closer writes them', () => {
    const { posts, ...counts } = { ...emptySums(), posts: 7, polarityMicros: -1, reach: 12 };
    const state = { revision: 2, complete: false, final: true };
    const bucket = bucketAt('1m', epochMillis(1_768_478_400_000));
    const text = JSON.stringify(toWindow(brandId('acme'), bucket, { posts, ...counts }, state));
    // Not JSON any more: what lies between is not looked at.
    const bytes = Buffer.from(text.replace('"bySource":{}', '"bySource":?'));
    expect(storedJson(bytes)).toBe(bytes);
  });

  it('are passed on as they are where the closer has written them, and else as it would', () => {
    fc.assert(
      fc.property(window, fc.nat(2), (written, space) => {
        const text = JSON.stringify(written, null, space);
        expect(Buffer.from(storedJson(Buffer.from(text))).toString()).toBe(JSON.stringify(JSON.parse(text)));
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
          for (const read of SKIPPED.has(field) ? [storedWindow] : [storedWindow, passOn])
            expect(() => read(text), text).toThrow(expect.objectContaining({ code: 'SF_STORE_DAMAGED' }));
      }),
    );
  });
});
