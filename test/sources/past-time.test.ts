import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import { pastTime } from '../../src/sources/past-time.js';

const NOON = Date.UTC(2026, 10, 28, 12);
const seenAt = epochMillis(NOON);

describe('a time that somebody else tells', () => {
  it.each([
    ['2026-11-28T11:00:00Z', NOON - 3_600_000],
    ['2026-11-28T11:00:00.5+02:00', NOON - 3 * 3_600_000 + 500],
    ['2026-11-28T11:00:00', NOON - 3_600_000],
    ['2026-11-28', NOON - 12 * 3_600_000],
    ['Sat, 28 Nov 2026 11:00:00 GMT', NOON - 3_600_000],
    ['Sat, 28 Nov 2026 06:00:00 EST', NOON - 3_600_000],
    [' Sat, 28 Nov 2026 12:00:00 +0100 (CET)\n', NOON - 3_600_000],
    ['Sat, 28 Nov 2026 11:00:00', NOON - 3_600_000],
    ['28 Nov 26 11:00 UT', NOON - 3_600_000],
  ])('%j is %d', (text, time) => {
    expect(pastTime(text, seenAt)).toBe(time);
  });

  it.each(['2026-11-28T12:00:01Z', '+275760-01-01', '-000001-01-01T00:00:00Z', 'yesterday', '', undefined])(
    '%j is none, or not of the past',
    (text) => {
      expect(pastTime(text, seenAt)).toBeUndefined();
    },
  );

  it('is never later than it was seen, whatever is told', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.date().map(String)), (text) => {
        expect(pastTime(text, seenAt) ?? 0).toBeLessThanOrEqual(NOON);
      }),
    );
  });
});
