import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laterOf, rewound } from '../../src/sources/mastodon/snowflake.js';

const NOON = Date.UTC(2026, 10, 28, 12);
const numberAt = (millis: number): string => String(BigInt(millis) << 16n);

describe('a number of Mastodon', () => {
  it('is later the later its time is', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n }), fc.bigInt({ min: 0n, max: 2n ** 63n }), (a, b) => {
        const [, later] = a < b ? [a, b] : [b, a];
        expect(laterOf(String(a), String(b))).toBe(String(later));
      }),
    );
    expect(laterOf(undefined, '7')).toBe('7');
  });

  it('can be put back by milliseconds, but not before the first', () => {
    expect(rewound(numberAt(NOON), 60_000)).toBe(numberAt(NOON - 60_000));
    expect(rewound('12', 60_000)).toBe('0');
  });

  it('stays as it is where a server counts otherwise', () => {
    expect(rewound('9xYz-a', 60_000)).toBe('9xYz-a');
  });
});
