import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextWriter } from '../../src/aggregation/text-writer.js';

const radix = fc.integer({ min: 10, max: 36 });
const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.record({
    number: fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(0, -0, 35, 36, 2 ** 31)),
    radix,
  }),
);

describe('text put together from numbers and pieces', () => {
  it('is what adding their strings up gives, however long it becomes and however often it is taken', () => {
    const writer = new TextWriter();
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        expect(writer.isEmpty).toBe(true);
        for (const one of pieces) {
          if (typeof one === 'string') writer.text(one);
          else writer.number(one.number, one.radix);
        }
        const strings = pieces.map((one) => (typeof one === 'string' ? one : one.number.toString(one.radix)));
        expect(writer.take()).toBe(strings.join(''));
        for (const string of strings) writer.text(string);
        expect(writer.takeBytes().toString()).toBe(strings.join(''));
      }),
    );
  });

  it('writes the greatest numbers with all of their digits', () => {
    const writer = new TextWriter();
    writer.number(Number.MAX_SAFE_INTEGER, 10);
    writer.text(' ');
    writer.number(Number.MIN_SAFE_INTEGER, 36);
    expect(writer.take()).toBe('9007199254740991 -2gosa7pa2gv');
  });
});
