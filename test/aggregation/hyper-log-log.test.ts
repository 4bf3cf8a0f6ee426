import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash53 } from '../../src/aggregation/hash.js';
import {
  addToSketch,
  emptySketch,
  estimate,
  mergeSketch,
  packSketch,
  unpackSketch,
} from '../../src/aggregation/hyper-log-log.js';

const sketchOf = (names: Iterable<string>) => {
  const sketch = emptySketch();
  for (const name of names) addToSketch(sketch, hash53(name));
  return sketch;
};
const people = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `person ${from + i}`);

describe('counting different names without remembering them', () => {
  it('is exact for few', () => {
    for (const count of [0, 1, 2, 3, 10]) expect(estimate(sketchOf(people(count)))).toBe(count);
  });

  // Four standard errors.
  it.each([100, 1_000, 10_000, 300_000])('is within 9.2 % for %i', (count) => {
    const found = estimate(sketchOf(people(count)));
    expect(Math.abs(found - count)).toBeLessThan(0.092 * count);
  });

  it('counts a name once, in whatever order and however often it comes', () => {
    const names = people(500);
    expect(sketchOf([...names, ...names.toReversed()])).toEqual(sketchOf(names));
  });

  it('merges to what one sketch of all would be', () => {
    const merged = sketchOf(people(800));
    mergeSketch(merged, sketchOf(people(800, 400)));
    expect(merged).toEqual(sketchOf(people(1_200)));
  });

  it('comes back from its text as it was, sparse or dense', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000 }), fc.nat(1_000), (count, from) => {
        const sketch = sketchOf(people(count, from));
        const text = packSketch(sketch);
        expect(unpackSketch(JSON.parse(JSON.stringify(text)))).toEqual(sketch);
        expect(text.length).toBeLessThanOrEqual(2_049);
      }),
      { numRuns: 30 },
    );
  });

  it.each(['x', 'd123', 's12', 'd'])('refuses the text %j', (text) => {
    expect(() => unpackSketch(text)).toThrow('is no sketch');
  });
});
