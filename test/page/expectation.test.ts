import fc from 'fast-check';
import { expect as assert, describe, it } from 'vitest';
import { expect } from '../../src/api/page/expectation.js';

const FIVE_MINUTES = 300_000;
const HOUR = 3_600_000;

/** Windows from the epoch on, with as many posts as said for each. */
function series(size: number, posts: readonly number[]) {
  return { start: posts.map((_, i) => i * size), posts: [...posts] };
}

describe('what the chart shades as usual', () => {
  it('holds a steady count, and as much beside it as chance makes', () => {
    const { expected, low, high } = expect(series(FIVE_MINUTES, Array(120).fill(100)), FIVE_MINUTES, 60);
    assert(expected.every((value) => Math.abs((value ?? 0) - 100) < 1e-9)).toBe(true);
    // Two standard deviations of a Poisson count of 100 are 20.
    assert(low[0]).toBeCloseTo(81, 0);
    assert(high[0]).toBeCloseTo(121, 0);
  });

  it('does not follow a surge while it lasts', () => {
    const posts = [...Array(100).fill(10), ...Array(6).fill(400)];
    const { high } = expect(series(FIVE_MINUTES, posts), FIVE_MINUTES, 60);
    assert(Math.max(...high.map((value) => value ?? 0))).toBeLessThan(20);
  });

  it('knows the hours of the day once there are three days of them', () => {
    const byHour = (i: number) => (i % 24 < 8 ? 5 : 200);
    const posts = Array.from({ length: 5 * 24 }, (_, i) => byHour(i));
    const { expected } = expect(series(HOUR, posts), HOUR, 4 * 24);
    assert(expected[4]).toBeCloseTo(5, 5);
    assert(expected[16]).toBeCloseTo(200, 5);
  });

  it('says nothing before it knows enough, and takes silence before the first post for nothing', () => {
    const posts = [...Array(200).fill(0), ...Array(60).fill(50)];
    const { expected } = expect(series(FIVE_MINUTES, posts), FIVE_MINUTES, 200);
    assert(expected.slice(0, 26).every((value) => value === null)).toBe(true);
    assert(expected[40]).toBeCloseTo(50, 5);
  });

  it('is a band around what is expected, for the windows shown and no others', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { maxLength: 200 }), fc.nat(199), (posts, shown) => {
        const first = Math.max(0, posts.length - shown);
        const { expected, low, high } = expect(series(FIVE_MINUTES, posts), FIVE_MINUTES, first);
        assert([expected.length, low.length, high.length]).toEqual(Array(3).fill(posts.length - first));
        expected.forEach((value, i) => {
          const [least, most] = [low[i] ?? null, high[i] ?? null];
          if (value === null) assert([least, most]).toEqual([null, null]);
          else {
            assert(least).toBeGreaterThanOrEqual(0);
            assert(least).toBeLessThanOrEqual(value);
            assert(most).toBeGreaterThanOrEqual(value);
          }
        });
      }),
    );
  });
});
