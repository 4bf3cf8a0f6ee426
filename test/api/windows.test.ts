import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import { windowsOf } from './support/fakes.js';
import { minute, NOON, ORBIT, TELLING } from './support/posts.js';
import { openApi } from './support/server.js';

const MINUTE = 60_000;

describe('windows', () => {
  it('come in order of time, up to the watermark', async () => {
    const api = await openApi({
      windows: windowsOf([minute(ORBIT, NOON - MINUTE), minute(ORBIT, NOON - 3 * MINUTE)], epochMillis(NOON)),
    });
    const answer = await api.inject('/v1/brands/orbit/windows?tier=1m');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      brand: 'orbit',
      tier: '1m',
      from: NOON - 60 * MINUTE,
      to: NOON,
      watermark: NOON,
      windows: [{ start: NOON - 3 * MINUTE, posts: 10 }, { start: NOON - MINUTE }],
    });
  });

  it('are asked for by ISO time or by milliseconds', async () => {
    const api = await openApi({ windows: windowsOf([minute(ORBIT, NOON)], epochMillis(NOON + MINUTE)) });
    const byIso = await api.inject(
      '/v1/brands/orbit/windows?from=2026-03-01T13:00:00%2B01:00&to=2026-03-01T12:01:00Z',
    );
    const byMillis = await api.inject(`/v1/brands/orbit/windows?from=${NOON}&to=${NOON + MINUTE}`);
    expect(byIso.json()).toEqual(byMillis.json());
    expect(byIso.json().windows).toHaveLength(1);
  });

  it('without posts are filled with zeros on request, and never those that nobody knows yet', async () => {
    const api = await openApi({
      windows: windowsOf([minute(ORBIT, NOON)], epochMillis(NOON + 2 * MINUTE + 30_000)),
    });
    const answer = await api.inject(
      `/v1/brands/orbit/windows?from=${NOON - MINUTE}&to=${NOON + 5 * MINUTE}&fill=true`,
    );
    const { windows } = answer.json();
    expect(
      windows.map(({ start, posts }: { start: number; posts: number }) => [start - NOON, posts]),
    ).toEqual([
      [-MINUTE, 0],
      [0, 10],
      [MINUTE, 0],
    ]);
  });

  it.each(['', '&fill=true'])('are passed on byte for byte as they stand in the store%s', async (fill) => {
    const stored = [
      minute(ORBIT, NOON, { ...TELLING, traces: { 'post-7': '00-键-01' }, polaritySum: -1.25e-7 }),
      minute(ORBIT, NOON + 2 * MINUTE, { posts: 0, complete: false, bySource: {} }),
    ];
    const api = await openApi({ windows: windowsOf(stored, epochMillis(NOON + 3 * MINUTE)) });
    const answer = await api.inject(`/v1/brands/orbit/windows?from=${NOON}&to=${NOON + 4 * MINUTE}${fill}`);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    const empty = {
      ...minute(ORBIT, NOON + MINUTE, { posts: 0, negative: 0, neutral: 0, positive: 0, polaritySum: 0 }),
      ...{ bySource: {}, byLanguage: {}, byModel: {}, final: false },
    };
    const [first, last] = stored;
    const windows = fill === '' ? [first, last] : [first, empty, last];
    const span = { tier: '1m', from: NOON, to: NOON + 4 * MINUTE, watermark: NOON + 3 * MINUTE };
    expect(answer.body).toBe(JSON.stringify({ brand: 'orbit', ...span, windows }));
    expect(Number(answer.headers['content-length'])).toBe(answer.rawPayload.length);
  });

  it('of the built-in brands are there too', async () => {
    const api = await openApi();
    for (const brand of ['_all', '_other']) {
      expect((await api.inject(`/v1/brands/${brand}/windows`)).statusCode).toBe(200);
    }
  });

  it('are an empty list before the first post', async () => {
    const api = await openApi({ windows: windowsOf([]) });
    const answer = await api.inject('/v1/brands/_all/windows?fill=true');
    expect(answer.json()).toMatchObject({ watermark: null, windows: [] });
  });

  it('of an unknown brand are not found', async () => {
    const api = await openApi();
    const answer = await api.inject('/v1/brands/nobody/windows');
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toEqual({
      error: {
        code: 'SF_API_NOT_FOUND',
        message: 'no brand "nobody"',
        hint: 'GET /v1/brands lists the brands.',
      },
    });
  });

  it.each([
    ['from=0&to=9999999999999&tier=10s', /are 1000000000 windows of 10s, more than 5000/],
    ['from=8640000000000001', /expected a time/],
    ['from=-1', /expected a time/],
    ['from=yesterday', /expected a time/],
    ['from=1e99', /expected a time/],
    ['from=2026-03-01', /expected a time/],
    ['from=2000&to=1000&tier=10s', /is after to/],
    ['from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', /is after to/],
    ['tier=2m', /querystring.tier/],
    ['tier=1m&tier=5m', /querystring.tier/],
    ['fill=yes', /querystring.fill/],
    ['brand=orbit', /Unrecognized key: "brand"/],
    ['__proto__=1', /Unrecognized key: "__proto__"/],
  ])('are refused for %s', async (query, message) => {
    const api = await openApi();
    const answer = await api.inject(`/v1/brands/orbit/windows?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe('SF_API_BAD_REQUEST');
    expect(answer.json().error.message).toMatch(message);
  });
});

describe('the list of brands', () => {
  it('names the configured ones between the built-in ones, with sums of the last day', async () => {
    const api = await openApi();
    const day = { tier: '5m', from: NOON - 24 * 60 * MINUTE, to: NOON, posts: 0 };
    expect((await api.inject('/v1/brands')).json()).toMatchObject({
      brands: [
        { id: '_all', name: 'All posts', builtIn: true, ...day },
        { id: 'orbit', name: 'Orbit Phones', builtIn: false, ...day },
        { id: 'tidepool', name: 'Tidepool 潮池', builtIn: false, ...day },
        { id: '_other', name: 'No brand', builtIn: true, ...day },
      ],
    });
  });

  it('sums up other last closed windows on request', async () => {
    const api = await openApi({
      windows: windowsOf(
        [
          minute(ORBIT, NOON - 10 * MINUTE),
          minute(ORBIT, NOON - 3 * MINUTE),
          minute(ORBIT, NOON - MINUTE, { posts: 4, negative: 4, neutral: 0, positive: 0 }),
        ],
        epochMillis(NOON + 30_000),
      ),
    });
    const { brands } = (await api.inject('/v1/brands?tier=1m&recent=3')).json();
    expect(brands[1]).toEqual({
      id: 'orbit',
      name: 'Orbit Phones',
      builtIn: false,
      tier: '1m',
      from: NOON - 3 * MINUTE,
      to: NOON,
      posts: 14,
      negative: 7,
      neutral: 5,
      positive: 2,
      postsByWindow: [10, 0, 4],
    });
    expect(brands[2]).toMatchObject({ posts: 0, postsByWindow: [0, 0, 0] });
  });

  it('is refused for more windows than it sums up', async () => {
    const api = await openApi();
    expect((await api.inject('/v1/brands?recent=361')).statusCode).toBe(400);
    expect((await api.inject('/v1/brands?recent=1.5')).statusCode).toBe(400);
  });
});

describe('the counters', () => {
  it('say what was counted, what was left out and where the watermark stands', async () => {
    const api = await openApi({ windows: windowsOf([minute(ORBIT, NOON)], epochMillis(NOON)) });
    expect((await api.inject('/v1/counters')).json()).toEqual({
      counters: { counted: 10, late: 2, future: 1, old: 0, duplicates: 3, edits: 0, deletions: 0, gaps: 0 },
      watermark: NOON,
      rebuilding: null,
    });
  });

  it('say what is left to be counted again after the store has lost its data', async () => {
    const rebuilding = { partitions: 2, records: 1_200 };
    const windows = { ...windowsOf([]), rebuilding: async () => rebuilding };
    const api = await openApi({ windows });
    expect((await api.inject('/v1/counters')).json()).toMatchObject({ watermark: null, rebuilding });
  });
});
