import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import { windowsOf } from './support/fakes.js';
import { minute, NOON, ORBIT } from './support/posts.js';
import { openApi } from './support/server.js';

const MARCH = NOON - 30 * 86_400_000;

/** Live windows at noon, and those of a replay of a month before. */
const open = () =>
  openApi({
    windows: windowsOf([minute(ORBIT, NOON)], epochMillis(NOON + 60_000)),
    namespaces: {
      namespace: async (name) =>
        name === 'march' ? windowsOf([minute(ORBIT, MARCH)], epochMillis(MARCH + 60_000)) : undefined,
    },
  });

describe('a namespace', () => {
  it('has windows, counters and a standing of the brands of its own', async () => {
    const api = await open();
    const windows = await api.inject('/v1/brands/orbit/windows?namespace=march');
    expect(windows.json()).toMatchObject({
      watermark: MARCH + 60_000,
      windows: [{ start: MARCH, posts: 10 }],
    });
    const counters = await api.inject('/v1/counters?namespace=march');
    expect(counters.json()).toMatchObject({ counters: { counted: 10 }, watermark: MARCH + 60_000 });
    const brands = await api.inject('/v1/brands?namespace=march&tier=1m&recent=1');
    expect(brands.json().brands).toContainEqual(
      expect.objectContaining({ id: 'orbit', from: MARCH, posts: 10 }),
    );
  });

  it('that is left out means the live windows', async () => {
    const api = await open();
    const windows = await api.inject('/v1/brands/orbit/windows');
    expect(windows.json().windows).toMatchObject([{ start: NOON }]);
  });

  it('that nobody has filled is not found', async () => {
    const api = await open();
    for (const path of ['/v1/brands/orbit/windows', '/v1/counters', '/v1/brands']) {
      const answer = await api.inject(`${path}?namespace=april`);
      expect(answer.statusCode).toBe(404);
      expect(answer.json().error).toEqual({
        code: 'SF_API_NOT_FOUND',
        message: 'no windows in the namespace april',
        hint: 'sentiflux aggregate --namespace fills one; leave namespace out for the live windows.',
      });
    }
  });

  it('whose name is none is a bad request', async () => {
    const api = await open();
    for (const name of ['', 'March', 'a b', 'a}', 'x'.repeat(65)]) {
      const answer = await api.inject(`/v1/counters?namespace=${encodeURIComponent(name)}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json().error.message).toBe('querystring.namespace: expected up to 64 of a-z, 0-9 and -');
    }
  });

  it('is in the description of the routes', async () => {
    const api = await open();
    const { paths } = (await api.inject('/openapi.json')).json();
    for (const path of ['/v1/brands/{brand}/windows', '/v1/counters', '/v1/brands']) {
      const { parameters, responses } = paths[path].get;
      expect(parameters).toContainEqual(expect.objectContaining({ name: 'namespace', required: false }));
      expect(Object.keys(responses)).toContain('404');
    }
  });
});
