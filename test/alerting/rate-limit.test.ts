import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateLimit } from '../../src/alerting/schedulers/rate-limit.js';

describe('a rate limit', () => {
  it('gives a turn at once, up to the limit, and then says how long to wait', () => {
    const limit = createRateLimit(2, 60_000);
    expect([limit(0), limit(10_000), limit(15_000)]).toEqual([0, 0, 45_000]);
    expect([limit(60_000), limit(60_001), limit(70_000)]).toEqual([0, 9_999, 0]);
  });

  it('never gives more turns than it may in any span, whenever it is asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(400), { maxLength: 60 }), (most, steps) => {
        const limit = createRateLimit(most, 1_000);
        const taken: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step;
          if (limit(now) === 0) taken.push(now);
        }
        for (const start of taken) {
          const within = taken.filter((time) => time >= start && time < start + 1_000);
          expect(within.length).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});
