import { describe, expect, it } from 'vitest';
import { isQuietHour, isSilenced } from '../../src/alerting/quiet.js';
import { alertRuleSchema, configSchema } from '../../src/config/schema.js';
import { brandId, epochMillis } from '../../src/contracts/ids.js';

const at = (time: string) => epochMillis(Date.parse(time));
const night = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };

describe('quiet hours', () => {
  it.each([
    ['2026-01-10T20:59:00Z', false],
    ['2026-01-10T21:00:00Z', true],
    ['2026-01-11T05:59:59Z', true],
    ['2026-01-11T06:00:00Z', false],
    // An hour earlier by UTC in summer.
    ['2026-07-10T20:00:00Z', true],
    ['2026-07-11T05:00:00Z', false],
  ])('from 22:00 to 07:00 in Berlin at %s: %s', (time, quiet) => {
    expect(isQuietHour(night, at(time))).toBe(quiet);
  });

  it('may lie within a day, or be the whole of it', () => {
    const noon = { from: '12:00', to: '13:00', timeZone: 'UTC' };
    expect(isQuietHour(noon, at('2026-01-10T12:30:00Z'))).toBe(true);
    expect(isQuietHour(noon, at('2026-01-10T13:00:00Z'))).toBe(false);
    expect(isQuietHour({ ...noon, to: '12:00' }, at('2026-01-10T03:00:00Z'))).toBe(true);
  });

  it('need a time zone and times that there are', () => {
    const parse = (quietHours: unknown) => alertRuleSchema.safeParse({ name: 'a', quietHours }).success;
    expect(parse(night)).toBe(true);
    expect(parse({ ...night, timeZone: 'Europe/Atlantis' })).toBe(false);
    expect(parse({ ...night, to: '24:00' })).toBe(false);
  });
});

describe('a silence', () => {
  const [from, to] = ['2026-01-10T08:00:00+01:00', '2026-01-10T09:00:00+01:00'];
  const silences = (given: object) =>
    configSchema.parse({ alerting: { silences: [given] } }).alerting.silences;
  const acme = brandId('acme');
  const within = at('2026-01-10T07:30:00Z');

  it('holds for all, for a brand, or for a rule, while it lasts', () => {
    expect(isSilenced(silences({ from, to }), acme, 'negative-surge', within)).toBe(true);
    expect(isSilenced(silences({ from, to, brand: 'other' }), acme, 'negative-surge', within)).toBe(false);
    expect(isSilenced(silences({ from, to, rule: 'volume' }), acme, 'negative-surge', within)).toBe(false);
    expect(isSilenced(silences({ from, to }), acme, 'negative-surge', at(to))).toBe(false);
  });

  it('must end after it begins', () => {
    expect(configSchema.safeParse({ alerting: { silences: [{ from: to, to: from }] } }).success).toBe(false);
  });
});
