import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import { windowsOf } from './support/fakes.js';
import { minute, NOON, ORBIT, TELLING, TIDEPOOL } from './support/posts.js';
import { openApi } from './support/server.js';

const MINUTE = 60_000;
const FROM = NOON - 60 * MINUTE;

/** Two minutes of a brand that tell, one that tells nothing, and one of another brand. */
const open = () =>
  openApi({
    windows: windowsOf(
      [
        minute(ORBIT, NOON - 3 * MINUTE, TELLING),
        minute(ORBIT, NOON - 2 * MINUTE),
        minute(ORBIT, NOON - MINUTE, {
          negativeTerms: [{ term: '=refund', negative: 3, other: 0, score: 4.5 }, ...TELLING.negativeTerms],
          mostNegative: ['post-9'],
          mostNegativePolarity: [-0.95],
          mostRepeated: [{ id: 'post-5', repeats: 2 }],
        }),
        minute(TIDEPOOL, NOON - MINUTE, {
          negativeTerms: [{ term: 'tide', negative: 9, other: 0, score: 9 }],
        }),
      ],
      epochMillis(NOON),
    ),
  });

describe('the top terms of a brand', () => {
  it('are merged over the windows of the time', async () => {
    const api = await open();
    const answer = await api.inject('/v1/brands/orbit/terms?tier=1m');
    expect(answer.json()).toEqual({
      brand: 'orbit',
      tier: '1m',
      from: FROM,
      to: NOON,
      watermark: NOON,
      terms: [
        { term: 'refund', negative: 24, other: 2, score: 4.53, windows: 2 },
        { term: '=refund', negative: 3, other: 0, score: 3.18, windows: 1 },
        { term: '电池', negative: 8, other: 4, score: 1.56, windows: 2 },
      ],
    });
  });

  it('are those of the time that is asked for, up to a limit', async () => {
    const api = await open();
    const query = `tier=1m&from=${NOON - 3 * MINUTE}&to=${NOON - 2 * MINUTE}&limit=1`;
    const { terms } = (await api.inject(`/v1/brands/orbit/terms?${query}`)).json();
    expect(terms).toEqual([{ ...TELLING.negativeTerms[0], windows: 1 }]);
  });

  it('stand in CSV on request, and none is a formula', async () => {
    const api = await open();
    const answer = await api.inject({
      url: '/v1/brands/orbit/terms?tier=1m',
      headers: { accept: 'text/csv' },
    });
    expect(answer.headers['content-disposition']).toBe('attachment; filename="orbit-terms.csv"');
    expect(answer.body).toBe(
      "term,negative,other,score,windows\r\nrefund,24,2,4.53,2\r\n'=refund,3,0,3.18,1\r\n电池,8,4,1.56,2\r\n",
    );
  });
});

describe('the sample posts of a brand', () => {
  it('are the most negative and the most repeated ones of the time', async () => {
    const api = await open();
    const answer = await api.inject('/v1/brands/orbit/samples?tier=1m&limit=2');
    expect(answer.json()).toEqual({
      brand: 'orbit',
      tier: '1m',
      from: FROM,
      to: NOON,
      watermark: NOON,
      mostNegative: [
        { id: 'post-7', polarity: -0.98 },
        { id: 'post-9', polarity: -0.95 },
      ],
      mostRepeated: [{ id: 'post-5', repeats: 42 }],
    });
  });

  it('stand in CSV on request', async () => {
    const api = await open();
    expect((await api.inject('/v1/brands/orbit/samples?tier=1m&format=csv')).body).toBe(
      'kind,id,polarity,repeats\r\nnegative,post-7,-0.98,\r\nnegative,post-9,-0.95,\r\n' +
        'negative,post-3,-0.91,\r\nrepeated,post-5,,42\r\n',
    );
  });
});

describe.each(['terms', 'samples'])('%s', (what) => {
  it('are none before the first post', async () => {
    const api = await openApi({ windows: windowsOf([]) });
    const answer = await api.inject(`/v1/brands/orbit/${what}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ tier: '1h', watermark: null });
  });

  it.each([
    ['orbit', 'from=2000&to=1000', 400],
    ['orbit', 'from=0&tier=1m', 400],
    ['orbit', 'from=yesterday', 400],
    ['orbit', 'tier=2m', 400],
    ['orbit', 'limit=0', 400],
    ['orbit', 'limit=101', 400],
    ['orbit', 'limit=1.5', 400],
    ['orbit', 'fill=true', 400],
    ['orbit', 'namespace=none', 404],
    ['nobody', '', 404],
    ['x'.repeat(300), '', 404],
    ['%00', '', 404],
  ])('of %s are refused for %s', async (brand, query, status) => {
    const api = await open();
    const answer = await api.inject(`/v1/brands/${brand}/${what}?${query}`);
    expect(answer.statusCode).toBe(status);
    expect(answer.json().error.code).toMatch(/^SF_API_/);
  });
});

it('terms are not asked of windows of ten seconds, which have none', async () => {
  const api = await open();
  expect((await api.inject('/v1/brands/orbit/terms?tier=10s')).statusCode).toBe(400);
});
