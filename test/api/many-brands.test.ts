import { describe, expect, it } from 'vitest';
import { ALL_BRANDS, epochMillis } from '../../src/contracts/ids.js';
import { windowsOf } from './support/fakes.js';
import { minute, NOON, ORBIT, TIDEPOOL } from './support/posts.js';
import { openApi } from './support/server.js';

const MINUTE = 60_000;

describe('windows of several brands', () => {
  const open = () =>
    openApi({
      windows: windowsOf(
        [
          minute(ORBIT, NOON - 2 * MINUTE),
          minute(ORBIT, NOON - MINUTE, { posts: 4, negative: 4, neutral: 0, positive: 0, polaritySum: -3.5 }),
          minute(TIDEPOOL, NOON - MINUTE, { reach: 700, complete: false }),
        ],
        epochMillis(NOON + 30_000),
      ),
    });

  it('come as columns, in the order asked for', async () => {
    const api = await open();
    const answer = await api.inject(`/v1/windows?brands=tidepool,orbit&from=${NOON - 2 * MINUTE}`);
    expect(answer.json()).toEqual({
      tier: '1m',
      from: NOON - 2 * MINUTE,
      to: NOON + MINUTE,
      watermark: NOON + 30_000,
      series: [
        {
          brand: 'tidepool',
          start: [NOON - MINUTE],
          posts: [10],
          negative: [3],
          neutral: [5],
          positive: [2],
          polaritySum: [-0.8],
          reach: [700],
          incomplete: [NOON - MINUTE],
        },
        {
          brand: 'orbit',
          start: [NOON - 2 * MINUTE, NOON - MINUTE],
          posts: [10, 4],
          negative: [3, 4],
          neutral: [5, 0],
          positive: [2, 0],
          polaritySum: [-0.8, -3.5],
          reach: [0, 0],
          incomplete: [],
        },
      ],
    });
  });

  it('have the same starts where gaps are filled', async () => {
    const api = await open();
    const query = `brands=orbit,tidepool,_other&from=${NOON - 3 * MINUTE}&fill=true`;
    const { series } = (await api.inject(`/v1/windows?${query}`)).json();
    const starts = [NOON - 3 * MINUTE, NOON - 2 * MINUTE, NOON - MINUTE];
    for (const { start } of series) expect(start).toEqual(starts);
    expect(series.map(({ posts }: { posts: number[] }) => posts)).toEqual([
      [0, 10, 4],
      [0, 0, 10],
      [0, 0, 0],
    ]);
  });

  it.each([
    ['', 400, /querystring.brands/],
    ['brands=', 400, /querystring.brands/],
    ['brands=orbit,,tidepool', 400, /querystring.brands/],
    ['brands=orbit,nobody', 404, /no brand "nobody"/],
    [`brands=${Array.from({ length: 51 }, () => 'orbit').join(',')}`, 400, /querystring.brands/],
    ['brands=orbit&from=0', 400, /more than 5000/],
    [
      `brands=${Array.from({ length: 50 }, () => 'orbit').join(',')}&from=${NOON - 2_000 * MINUTE}&to=${NOON}`,
      400,
      /2000 windows of 1m for each of 50 brands are more than 50000/,
    ],
    ['brands=orbit&format=xlsx', 400, /querystring.format/],
  ])('are refused for %s', async (query, status, message) => {
    const api = await open();
    const answer = await api.inject(`/v1/windows?${query}`);
    expect(answer.statusCode).toBe(status);
    expect(answer.json().error.message).toMatch(message);
  });
});

describe('a comparison', () => {
  const HOUR = 60 * MINUTE;
  const hour = (...[brand, start, changes]: Parameters<typeof minute>) =>
    minute(brand, start, { tier: '1h', end: epochMillis(start + HOUR), ...changes });

  it('puts volume, shares, polarity and share of voice of brands side by side', async () => {
    const api = await openApi({
      windows: windowsOf(
        [
          hour(ORBIT, NOON - 3 * HOUR),
          hour(ORBIT, NOON - 2 * HOUR, {
            posts: 20,
            negative: 15,
            neutral: 5,
            positive: 0,
            polaritySum: -11.2,
            reach: 90,
          }),
          hour(TIDEPOOL, NOON - 2 * HOUR, { complete: false }),
          hour(ALL_BRANDS, NOON - 2 * HOUR, { posts: 100 }),
          // Before the day that is looked at.
          hour(ORBIT, NOON - 25 * HOUR, { posts: 1_000 }),
        ],
        epochMillis(NOON),
      ),
    });
    const answer = (await api.inject('/v1/compare?brands=_all,orbit,tidepool,_other')).json();
    expect(answer).toMatchObject({ tier: '1h', from: NOON - 24 * HOUR, to: NOON, watermark: NOON });
    const [all, orbit, tidepool, other] = answer.brands;
    expect(orbit).toEqual({
      id: 'orbit',
      name: 'Orbit Phones',
      posts: 30,
      negative: 18,
      neutral: 10,
      positive: 2,
      negativeShare: 0.6,
      neutralShare: 10 / 30,
      positiveShare: 2 / 30,
      polarity: -0.4,
      reach: 90,
      shareOfVoice: 0.75,
      complete: true,
    });
    expect(tidepool).toMatchObject({ posts: 10, shareOfVoice: 0.25, complete: false });
    expect(all).toMatchObject({ posts: 100, shareOfVoice: null });
    expect(other).toMatchObject({ posts: 0, negativeShare: null, polarity: null, shareOfVoice: 0 });
  });

  it('has no shares where nobody posted', async () => {
    const api = await openApi();
    const { brands } = (await api.inject('/v1/compare?brands=orbit,tidepool')).json();
    for (const brand of brands) expect(brand).toMatchObject({ posts: 0, shareOfVoice: null, polarity: null });
  });

  it.each(['', '?brands=', '?brands=orbit&fill=true', '?brands=orbit&from=2&to=1'])(
    'is refused for %s',
    async (query) => {
      const api = await openApi();
      expect((await api.inject(`/v1/compare${query}`)).statusCode).toBe(400);
    },
  );
});

it('the rules are shown with their defaults', async () => {
  const api = await openApi();
  const { rules } = (await api.inject('/v1/rules')).json();
  expect(rules).toMatchObject([{ name: 'negative-surge', measure: 'negative_count' }]);
});
