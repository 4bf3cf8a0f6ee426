import { describe, expect, it } from 'vitest';
import { retryDelay } from '../../src/contracts/retry-delay.js';

describe('the wait before the next attempt', () => {
  it('doubles, less up to half by chance', () => {
    expect([1, 2, 3, 8].map((attempts) => retryDelay(attempts, 1_000, () => 0))).toEqual([
      1_000, 2_000, 4_000, 128_000,
    ]);
    expect(retryDelay(3, 1_000, () => 1)).toBe(2_000);
  });

  it('is no shorter than the other side asked for', () => {
    expect(retryDelay(1, 1_000, () => 0, { afterMillis: 30_000 })).toBe(30_000);
    expect(retryDelay(1, 1_000, () => 1, { afterMillis: 30_000 })).toBe(33_000);
    expect(retryDelay(8, 1_000, () => 0, { afterMillis: 30_000 })).toBe(128_000);
  });

  it('grows to the longest, and beyond it where it was asked to', () => {
    expect(retryDelay(8, 1_000, () => 0, { longestMillis: 60_000 })).toBe(60_000);
    expect(retryDelay(8, 1_000, () => 0.5, { longestMillis: 60_000 })).toBe(45_000);
    expect(retryDelay(8, 1_000, () => 0, { longestMillis: 60_000, afterMillis: 90_000 })).toBe(90_000);
    expect(retryDelay(10_000, 1_000, () => 0, { longestMillis: 60_000 })).toBe(60_000);
  });
});
