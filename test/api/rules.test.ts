import { describe, expect, it } from 'vitest';
import { tryRule } from '../../src/alerting/rule-trial.js';
import type { TryRule } from '../../src/api/routes/rules.js';
import { configSchema } from '../../src/config/schema.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { feed, feedStart, slotEnd } from '../alerting/feeds.js';
import { windowsOf } from './support/fakes.js';
import { NOON, ORBIT } from './support/posts.js';
import { openApi } from './support/server.js';

const { aggregation, alerting } = configSchema.parse({
  alerting: {
    rules: [
      { name: 'negative-surge' },
      { name: 'rare', sensitivity: 'low', minPosts: 1_000 },
      { name: 'some', brands: ['orbit', 'tidepool'], falseAlertsPerMonth: 1 },
    ],
  },
});
/** A day of a brand with one surge of half an hour. */
const counts = Array.from({ length: 288 }, (_, slot) => (slot >= 150 && slot < 156 ? 30 : 2));
const windows = windowsOf(feed(counts, ORBIT), slotEnd(287));

async function open(given: { readonly tryRule?: TryRule } = {}) {
  const api = await openApi({
    windows,
    rules: alerting.rules,
    tryRule: (asked) => tryRule(asked, windows, aggregation),
    ...given,
  });
  return (payload: unknown, headers: object = {}) =>
    api.inject({
      method: 'POST',
      url: '/v1/rules/test',
      headers: { 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(payload),
    });
}

describe('trying a rule', () => {
  it('tells which alerts it would have fired: times, observed, expected, p-value, strength', async () => {
    const test = await open();
    const answer = await test({ brand: 'orbit', rule: 'negative-surge' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      brand: 'orbit',
      rule: { name: 'negative-surge', sensitivity: 'medium' },
      to: slotEnd(287),
      watermark: slotEnd(287),
      knownSince: feedStart,
      windows: 288,
      alerts: [
        {
          state: 'resolved',
          firedAt: slotEnd(150),
          observed: 30,
          pValue: expect.any(Number),
          strength: expect.any(Number),
          peak: expect.any(Number),
        },
      ],
    });
    expect(answer.json().alerts[0].expected).toBeCloseTo(2, 0);
    expect(answer.json().alerts[0].strength).toBeGreaterThan(1);
  });

  it('takes settings in place of those of the rule, and rules of nothing but settings', async () => {
    const test = await open();
    const alerts = async (body: object) => (await test({ brand: 'orbit', ...body })).json().alerts.length;
    expect(await alerts({ rule: 'rare' })).toBe(0);
    expect(await alerts({ rule: 'rare', settings: { minPosts: 8 } })).toBe(1);
    expect(await alerts({ settings: { measure: 'volume', falseAlertsPerMonth: 1 } })).toBe(1);
    expect(await alerts({})).toBe(1);
    const quietHours = { from: '12:00', to: '14:00', timeZone: 'UTC' };
    expect(await alerts({ settings: { quietHours } })).toBe(0);
  });

  it('tells of the time that is asked for, in ISO 8601 or milliseconds', async () => {
    const test = await open();
    const from = slotEnd(200);
    const answer = await test({ brand: 'orbit', from, to: new Date(slotEnd(250)).toISOString() });
    expect(answer.json()).toMatchObject({ from, to: slotEnd(250), windows: 50, alerts: [] });
  });

  it.each([
    ['some', {}, 2],
    ['some', { brands: ['orbit'] }, 1],
    ['negative-surge', {}, 2],
  ])('shares accepted false alerts between the brands that %s %j watches', async (rule, settings, brands) => {
    const asked: number[] = [];
    const test = await open({
      tryRule: async (trial) => {
        asked.push(trial.brands);
        return { from: trial.watermark, to: trial.watermark, windows: 0, alerts: [] };
      },
    });
    await test({ brand: 'orbit', rule, settings });
    expect(asked).toEqual([brands]);
  });

  it.each([
    [undefined, /body/i],
    [{}, /body.brand/],
    [{ brand: 7 }, /body.brand/],
    [{ brand: 'orbit', rule: 7 }, /body.rule/],
    [{ brand: 'orbit', settings: [] }, /body.settings/],
    [{ brand: 'orbit', settings: { sensitivity: 'extreme' } }, /body.settings.sensitivity/],
    [{ brand: 'orbit', settings: { falseAlertsPerMonth: -1 } }, /body.settings.falseAlertsPerMonth/],
    [{ brand: 'orbit', settings: { surgeWindows: 1e6 } }, /body.settings.surgeWindows/],
    [{ brand: 'orbit', settings: { tier: '1d' } }, /body.settings.tier/],
    [{ brand: 'orbit', settings: { lagMs: 1 } }, /must be at least surgeWindows windows long/],
    [{ brand: 'orbit', settings: { name: 'No Name' } }, /body.settings.name/],
    [{ brand: 'orbit', settings: { threshold: 3 } }, /Unrecognized key: "threshold"/],
    [{ brand: 'orbit', from: 2_000, to: 1_000 }, /is after to/],
    [{ brand: 'orbit', from: slotEnd(288) }, /is after to/],
    [{ brand: 'orbit', from: 'yesterday' }, /body.from/],
    [{ brand: 'orbit', to: 1e300 }, /body.to/],
    [{ brand: 'orbit', tier: '5m' }, /Unrecognized key: "tier"/],
    [JSON.parse('{"brand":"orbit","settings":{"__proto__":{"tier":"1d"}}}'), /./],
  ])('is refused for the body %j', async (body, message) => {
    const test = await open();
    const answer = await test(body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe('SF_API_BAD_REQUEST');
    expect(answer.json().error.message).toMatch(message);
  });

  it.each([
    [{ brand: 'nobody' }, 'no brand "nobody"'],
    [{ brand: 'orbit', rule: 'none' }, 'no rule "none"'],
  ])('is not found for %j', async (body, message) => {
    const test = await open();
    const answer = await test(body);
    expect([answer.statusCode, answer.json().error.message]).toEqual([404, message]);
  });

  it('is refused with a body of more than 64 KiB', async () => {
    const test = await open();
    const settings = { brands: Array.from({ length: 10_000 }, () => 'orbit-phones') };
    expect((await test({ brand: 'orbit', settings })).statusCode).toBe(413);
  });

  it('is refused while two others are under way, and done when one has ended', async () => {
    const ends: Array<() => void> = [];
    const test = await open({
      tryRule: ({ watermark: at }) =>
        new Promise((resolve) => ends.push(() => resolve({ from: at, to: at, windows: 0, alerts: [] }))),
    });
    const first = [test({ brand: 'orbit' }), test({ brand: 'orbit' })];
    await expect.poll(() => ends).toHaveLength(2);
    const refused = await test({ brand: 'orbit' });
    expect([refused.statusCode, refused.json().error.code]).toEqual([429, 'SF_API_TOO_MANY']);
    for (const end of ends) end();
    expect((await Promise.all(first)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    const last = test({ brand: 'orbit' });
    await expect.poll(() => ends).toHaveLength(3);
    ends.at(-1)?.();
    expect((await last).statusCode).toBe(200);
  });

  it('that fails lets others be tried', async () => {
    const test = await open({ tryRule: () => Promise.reject(new Error('no store')) });
    for (let i = 0; i < 3; i += 1) expect((await test({ brand: 'orbit' })).statusCode).toBe(500);
  });

  it('is described with every setting of a rule', async () => {
    const api = await openApi();
    const { paths } = (await api.inject('/openapi.json')).json();
    const body = paths['/v1/rules/test'].post.requestBody.content['application/json'].schema;
    const { rules } = (await api.inject('/v1/rules')).json();
    const { settings } = body.properties;
    expect(Object.keys(settings.properties)).toEqual(expect.arrayContaining(Object.keys(rules[0])));
    expect(settings.properties.sensitivity).toMatchObject({ enum: ['low', 'medium', 'high'] });
    expect(settings.description).toMatch(/^As of a rule/);
  });

  it('is counted apart: thirty a minute', async () => {
    const test = await open({
      tryRule: async ({ watermark: at }) => ({ from: at, to: at, windows: 0, alerts: [] }),
    });
    for (let i = 0; i < 30; i += 1) expect((await test({ brand: 'orbit' })).statusCode).toBe(200);
    expect((await test({ brand: 'orbit' })).statusCode).toBe(429);
  });

  it('answers before the first post too', async () => {
    const api = await openApi({ windows: windowsOf([]) });
    const answer = await api.inject({ method: 'POST', url: '/v1/rules/test', payload: { brand: '_all' } });
    expect(answer.json()).toMatchObject({ watermark: null, to: epochMillis(NOON + 5_000), alerts: [] });
  });
});
