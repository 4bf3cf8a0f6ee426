import { describe, expect, it } from 'vitest';
import { networkOf } from '../../src/api/limits.js';
import { openServer } from '../../src/api/open-server.js';
import { tokenHash } from '../../src/api/tokens.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { apiConfig, openApi } from './support/server.js';

describe('the limit of requests', () => {
  it('refuses an address that asks too often, and tells when to come again', async () => {
    const api = await openApi({ config: apiConfig({ requestsPerMinute: 2 }) });
    const ask = (remoteAddress: string) => api.inject({ url: '/v1/version', remoteAddress });
    const first = await ask('203.0.113.1');
    expect(first.headers['x-ratelimit-limit']).toBe('2');
    expect(first.headers['x-ratelimit-remaining']).toBe('1');
    await ask('203.0.113.1');
    const refused = await ask('203.0.113.1');
    expect(refused.statusCode).toBe(429);
    expect(refused.json().error).toEqual({
      code: 'SF_API_TOO_MANY',
      message: 'more than 2 requests a minute',
      hint: 'Ask again in 60 s.',
    });
    expect(refused.headers['retry-after']).toBe('60');
    expect(refused.headers['content-security-policy']).toContain("default-src 'none'");
    expect((await ask('203.0.113.2')).statusCode).toBe(200);
  });

  it('counts for a token, from wherever it is used, and for strangers apart', async () => {
    const tokens = ['a', 'b'].map((name) => ({
      name,
      scopes: ['read' as const],
      sha256: tokenHash(`sft_${name}`),
    }));
    const api = await openApi({ config: apiConfig({ requestsPerMinute: 1, tokens }) });
    const ask = async (remoteAddress: string, token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await api.inject({ url: '/v1/version', remoteAddress, headers })).statusCode;
    };
    expect(await ask('203.0.113.1', 'sft_a')).toBe(200);
    expect(await ask('203.0.113.2', 'sft_a')).toBe(429);
    expect(await ask('203.0.113.2', 'sft_b')).toBe(200);
    // Whoever tries tokens out is counted by address.
    expect(await ask('203.0.113.3', 'sft_c')).toBe(401);
    expect(await ask('203.0.113.3', 'sft_d')).toBe(429);
  });

  it('counts texts to score apart', async () => {
    const api = await openApi({ config: apiConfig({ scoresPerMinute: 1 }) });
    const score = () => api.inject({ method: 'POST', url: '/v1/score', payload: { text: 'good' } });
    expect((await score()).statusCode).toBe(200);
    expect((await score()).statusCode).toBe(429);
    expect((await api.inject('/v1/version')).statusCode).toBe(200);
  });

  it('believes a header only of proxies that are trusted', async () => {
    const ask = async (trustedProxies: string[]) => {
      const api = await openApi({ config: apiConfig({ requestsPerMinute: 1, trustedProxies }) });
      const from = async (client: string) =>
        (await api.inject({ url: '/v1/version', headers: { 'x-forwarded-for': client } })).statusCode;
      return [await from('203.0.113.1'), await from('203.0.113.2')];
    };
    expect(await ask([])).toEqual([200, 429]);
    expect(await ask(['127.0.0.1'])).toEqual([200, 200]);
  });

  it('leaves supervisors alone', async () => {
    const api = await openApi({ config: apiConfig({ requestsPerMinute: 1 }) });
    for (let i = 0; i < 3; i += 1) expect((await api.inject('/health/live')).statusCode).toBe(200);
  });
});

describe('the network of an address', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s is %s', (address, network) => expect(networkOf(address)).toBe(network));
});

describe('pages of other origins', () => {
  const FRIEND = 'https://board.example';
  const preflight = (origin: string, method = 'POST') => ({
    method: 'OPTIONS' as const,
    url: '/v1/score',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
    },
  });
  const tokens = [{ name: 'board', scopes: ['score' as const], sha256: tokenHash('sft_board') }];

  it('may ask where the configuration names them, with a token of their own', async () => {
    const api = await openApi({ config: apiConfig({ cors: { origins: [FRIEND] }, tokens }) });
    const { headers, statusCode } = await api.inject(preflight(FRIEND));
    expect(statusCode).toBe(204);
    expect(headers['access-control-allow-origin']).toBe(FRIEND);
    expect(headers['access-control-allow-headers']).toBe('authorization, content-type, last-event-id');
    expect(headers['access-control-allow-methods']).toBe('GET, HEAD, POST, DELETE');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    const answer = await api.inject({
      method: 'POST',
      url: '/v1/score',
      payload: { text: 'good' },
      headers: { origin: FRIEND, 'sec-fetch-site': 'cross-site', authorization: 'Bearer sft_board' },
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe(FRIEND);
  });

  it('may not where it names others', async () => {
    const api = await openApi({ config: apiConfig({ cors: { origins: [FRIEND] }, tokens }) });
    for (const origin of [
      'https://elsewhere.example',
      'null',
      `${FRIEND}.evil.example`,
      'http://board.example',
    ]) {
      const { headers } = await api.inject(preflight(origin));
      expect(headers['access-control-allow-origin']).not.toBe(origin);
    }
  });

  it.each([
    '*',
    'board.example',
    'https://board.example/',
    'https://board.example/path',
    'ftp://board.example',
  ])('are not named by %s', (origin) => expect(() => apiConfig({ cors: { origins: [origin] } })).toThrow());
});

it('an answer that takes too long is given up', async () => {
  const api = openServer({ logger: silentLogger, answerMillis: 1 });
  api.get('/slow', async () => new Promise(() => {}));
  const answer = await api.inject('/slow');
  expect(answer.statusCode).toBe(503);
  expect(answer.json().error).toMatchObject({
    code: 'SF_API_UNAVAILABLE',
    message: 'the answer took too long',
  });
});
