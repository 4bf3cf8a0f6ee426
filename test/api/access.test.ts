import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryAlertStore } from '../../src/alerting/stores/memory.js';
import { requireTokens } from '../../src/api/access.js';
import type { Api } from '../../src/api/schema.js';
import { tokenHash } from '../../src/api/tokens.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { silenceOf } from '../alerting/alerts.js';
import { bookOf } from './support/fakes.js';
import { alert, NOON } from './support/posts.js';
import { apiConfig, openApi } from './support/server.js';

const READER = 'sft_reader';
const SCORER = 'sft_scorer';
const ADMIN = 'sft_admin';
const TOKENS = [
  { name: 'wallboard', scopes: ['read' as const], sha256: tokenHash(READER) },
  { name: 'lab', scopes: ['score' as const], sha256: tokenHash(SCORER) },
  { name: 'ops', scopes: ['read' as const, 'admin' as const], sha256: tokenHash(ADMIN) },
];
const ACKNOWLEDGE = `/v1/alerts/${encodeURIComponent(alert().id)}/acknowledge`;
const HOUR = 3_600_000;

type Request = {
  method?: 'GET' | 'POST' | 'DELETE';
  url: string;
  payload?: object;
  headers?: Record<string, string>;
};

/** A server that asks for tokens, and a wall clock to turn. */
async function open(changes: Parameters<typeof apiConfig>[0] = {}) {
  const wall = { now: epochMillis(NOON) };
  const silences = createMemoryAlertStore();
  await silences.addSilence(silenceOf());
  const api = await openApi({
    config: apiConfig({ tokens: TOKENS, sessionMs: HOUR, ...changes }),
    alerts: bookOf([alert()]),
    silences,
    wallClock: { now: () => wall.now },
  });
  const ask = (request: Request, token?: string) =>
    api.inject({
      ...request,
      headers: { ...request.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    });
  return { api, ask, wall };
}

const routes: Record<'read' | 'score' | 'admin', readonly Request[]> = {
  read: [
    '/v1/brands',
    '/v1/counters',
    '/v1/alerts',
    '/v1/silences',
    '/v1/brands/orbit/windows',
    '/v1/brands/orbit/terms',
    '/v1/brands/orbit/samples',
    '/v1/version',
    '/openapi.json',
  ]
    .map((url): Request => ({ url }))
    .concat({ method: 'POST', url: '/v1/rules/test', payload: { brand: 'orbit' } }),
  score: [{ method: 'POST', url: '/v1/score', payload: { text: 'good' } }],
  admin: [
    { method: 'POST', url: ACKNOWLEDGE, payload: { by: 'Mei' } },
    { method: 'DELETE', url: `/v1/silences/${silenceOf().id}` },
  ],
};

describe('a server with tokens', () => {
  it.each(
    Object.entries(routes).flatMap(([scope, requests]) =>
      requests.map((request) => [request.url, scope, request] as const),
    ),
  )('asks for one at %s, with the scope %s', async (_url, scope, request) => {
    const { ask } = await open();
    const refused = await ask(request);
    expect(refused.statusCode).toBe(401);
    expect(refused.json().error).toMatchObject({
      code: 'SF_API_UNAUTHORIZED',
      message: 'this needs a token',
    });
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    for (const { scopes, name } of TOKENS) {
      const token = { wallboard: READER, lab: SCORER, ops: ADMIN }[name];
      const { statusCode } = await ask(request, token);
      expect([name, statusCode]).toEqual([name, scopes.some((own) => own === scope) ? 200 : 403]);
    }
  });

  it('says which scope is missing', async () => {
    const { ask } = await open();
    const answer = await ask({ method: 'POST', url: ACKNOWLEDGE, payload: { by: 'Mei' } }, READER);
    expect(answer.json().error).toEqual({
      code: 'SF_API_FORBIDDEN',
      message: 'the token wallboard has not the scope admin',
      hint: 'It has read; use a token that has admin.',
    });
  });

  it.each([
    '/health/live',
    '/health/ready',
    '/',
    '/page.js',
    '/sign-in.js',
    '/styles/page.css',
    '/v1/session',
  ])('shows %s to everybody', async (url) => {
    const { ask } = await open();
    expect((await ask({ url })).statusCode).toBe(200);
  });

  it.each([
    'Bearer sft_other',
    `Bearer ${READER}x`,
    `Bearer ${TOKENS[0]?.sha256}`,
    `Basic ${READER}`,
    READER,
    'Bearer',
    'Bearer ',
    `Bearer ${READER} ${READER}`,
    `Bearer ${'a'.repeat(8_000)}`,
  ])('takes no %s', async (authorization) => {
    const { ask } = await open();
    const answer = await ask({ url: '/v1/brands', headers: { authorization } });
    expect(answer.statusCode).toBe(401);
    expect(answer.json().error).toMatchObject({
      code: 'SF_API_UNAUTHORIZED',
      message: 'the token is not one of api.tokens',
    });
  });

  it('refuses before it reads a body', async () => {
    const { ask } = await open();
    const answer = await ask({ method: 'POST', url: '/v1/score', payload: { nothing: 'of ours' } });
    expect(answer.statusCode).toBe(401);
  });

  it('asks for the greatest scope where a route says nothing', async () => {
    const { api, ask } = await open();
    api.get('/v1/new', { schema: { hide: true } }, async () => 'secret');
    expect((await ask({ url: '/v1/new' })).statusCode).toBe(401);
    expect((await ask({ url: '/v1/new' }, READER)).statusCode).toBe(403);
    expect((await ask({ url: '/v1/new' }, ADMIN)).statusCode).toBe(200);
  });

  it('says in its description which scope each route asks for', async () => {
    const { ask } = await open();
    const { paths } = (await ask({ url: '/openapi.json' }, READER)).json();
    expect(paths['/v1/score'].post.security).toEqual([{ token: ['score'] }, { session: ['score'] }]);
    expect(paths['/health/live'].get.security).toEqual([]);
  });
});

describe('an address', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])(
    'of this machine alone, %s, needs no tokens',
    (host) => {
      expect(() => requireTokens(apiConfig({ host }))).not.toThrow();
    },
  );

  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.7',
    '192.168.1.5',
    'example.com',
    '2001:db8::1',
    'localhost.example.com',
  ])('that others reach, %s, needs them', (host) => {
    expect(() => requireTokens(apiConfig({ host }))).toThrow(
      expect.objectContaining({
        code: 'SF_CONFIG_INVALID',
        message: `api.host is "${host}", which other machines can reach, and api.tokens is empty.`,
      }),
    );
    expect(() => requireTokens(apiConfig({ host, tokens: TOKENS }))).not.toThrow();
    expect(() => requireTokens(apiConfig({ host, anonymous: true }))).not.toThrow();
    expect(() => requireTokens(apiConfig({ host, tokens: TOKENS, anonymous: true }))).toThrow(
      'api.anonymous is true, and api.tokens holds tokens.',
    );
  });
});

describe('a server without tokens', () => {
  it('answers names of this machine only, so that no site can lead its own name here', async () => {
    const api = await openApi();
    const status = async (host: string) =>
      (await api.inject({ url: '/v1/brands', headers: { host } })).statusCode;
    for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080'])
      expect(await status(host)).toBe(200);
    for (const host of ['rebound.example:8080', '203.0.113.9', 'localhost.example']) {
      expect(await status(host)).toBe(403);
    }
  });

  it('answers to every name where it is told to', async () => {
    const api = await openApi({ config: apiConfig({ anonymous: true }) });
    const answer = await api.inject({ url: '/v1/brands', headers: { host: 'sentiflux.example' } });
    expect(answer.statusCode).toBe(200);
  });

  it('lets pages of other origins change nothing, and programs everything', async () => {
    const api = await openApi({ alerts: bookOf([alert()]) });
    const acknowledge = async (headers: Record<string, string>) =>
      (await api.inject({ method: 'POST', url: ACKNOWLEDGE, payload: { by: 'Mei' }, headers })).statusCode;
    expect(await acknowledge({})).toBe(200);
    expect(await acknowledge({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await acknowledge({ host: 'localhost:8080', origin: 'http://localhost:8080' })).toBe(200);
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://elsewhere.example' },
      { origin: 'null' },
      { host: 'localhost:8080', origin: 'http://localhost:9090' },
    ] as Record<string, string>[]) {
      expect([headers, await acknowledge(headers)]).toEqual([headers, 403]);
    }
  });

  it('says that it needs none', async () => {
    const api = await openApi();
    expect((await api.inject('/v1/session')).json()).toEqual({
      required: false,
      name: null,
      scopes: ['read', 'score', 'admin'],
    });
  });
});

/** Signs in; what the browser would send along from then on. */
async function signIn(ask: Awaited<ReturnType<typeof open>>['ask'], token = ADMIN, headers = {}) {
  const answer = await ask({ method: 'POST', url: '/v1/session', payload: { token }, headers });
  const [set = ''] = [answer.headers['set-cookie']].flat();
  return { answer, set, cookie: set.split(';', 1).join('') };
}

describe('a session', () => {
  it('is begun with a token, and held in a cookie that no script reads and no other site has sent', async () => {
    const { ask } = await open();
    const { answer, set, cookie } = await signIn(ask);
    expect(answer.json()).toEqual({ required: true, name: 'ops', scopes: ['read', 'admin'] });
    expect(set).toMatch(
      /^sentiflux_session=[\w.-]+; Path=\/; Expires=Sun, 01 Mar 2026 13:00:00 GMT; HttpOnly; SameSite=Strict$/,
    );
    expect(set).not.toContain(ADMIN);
    expect((await ask({ url: '/v1/brands', headers: { cookie } })).statusCode).toBe(200);
    expect((await ask({ url: '/v1/session', headers: { cookie } })).json()).toMatchObject({ name: 'ops' });
  });

  it('is sent over TLS only where it was begun over TLS', async () => {
    const { ask } = await open({ trustedProxies: ['loopback'] });
    expect((await signIn(ask, ADMIN, { 'x-forwarded-proto': 'https' })).set).toMatch(/; Secure/);
    expect((await signIn(ask)).set).not.toMatch(/Secure/);
    const { ask: askUntrusting } = await open();
    expect((await signIn(askUntrusting, ADMIN, { 'x-forwarded-proto': 'https' })).set).not.toMatch(/Secure/);
  });

  it.each(['sft_other', TOKENS[0]?.sha256])('is not begun with %s', async (token) => {
    const { ask } = await open();
    const { answer } = await signIn(ask, token);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  it.each([{}, { token: '' }, { token: 7 }, { token: ADMIN, name: 'ops' }, { token: 'x'.repeat(201) }])(
    'is not begun with the body %j',
    async (payload) => {
      const { ask } = await open();
      expect((await ask({ method: 'POST', url: '/v1/session', payload })).statusCode).toBe(400);
    },
  );

  it('is not begun by a page of another site', async () => {
    const { ask } = await open();
    const { answer } = await signIn(ask, ADMIN, { 'sec-fetch-site': 'cross-site' });
    expect(answer.statusCode).toBe(403);
  });

  it('has the scopes of its token and no more', async () => {
    const { ask } = await open();
    const { cookie } = await signIn(ask, READER);
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    const answer = await ask({ method: 'POST', url: ACKNOWLEDGE, payload: { by: 'Mei' }, headers });
    expect(answer.json().error.code).toBe('SF_API_FORBIDDEN');
  });

  it('changes something only for pages of this server', async () => {
    const { ask } = await open();
    const { cookie } = await signIn(ask);
    const acknowledge = async (headers: Record<string, string>) =>
      (
        await ask({
          method: 'POST',
          url: ACKNOWLEDGE,
          payload: { by: 'Mei' },
          headers: { ...headers, cookie },
        })
      ).statusCode;
    expect(await acknowledge({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await acknowledge({ host: 'localhost:8080', origin: 'http://localhost:8080' })).toBe(200);
    // A browser that says nothing of the page cannot be told from a page elsewhere.
    expect(await acknowledge({})).toBe(403);
    expect(await acknowledge({ 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await acknowledge({ origin: 'https://elsewhere.example' })).toBe(403);
  });

  it('ends by itself', async () => {
    const { ask, wall } = await open();
    const { cookie } = await signIn(ask);
    wall.now = epochMillis(NOON + HOUR - 1);
    expect((await ask({ url: '/v1/brands', headers: { cookie } })).statusCode).toBe(200);
    wall.now = epochMillis(NOON + HOUR);
    const answer = await ask({ url: '/v1/brands', headers: { cookie } });
    expect(answer.statusCode).toBe(401);
    expect(answer.json().error.message).toBe('the session has ended');
  });

  it('ends when somebody signs out', async () => {
    const { ask } = await open();
    const { cookie } = await signIn(ask);
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    const answer = await ask({ method: 'DELETE', url: '/v1/session', headers });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['set-cookie']).toMatch(/^sentiflux_session=; .*Expires=Thu, 01 Jan 1970/);
  });

  it('ends with its token, also where another one follows under its name', async () => {
    const sessionKey = 'k'.repeat(32);
    const { cookie } = await signIn((await open({ sessionKey })).ask);
    const status = async (tokens: typeof TOKENS, key = sessionKey) => {
      const { ask } = await open({ tokens, sessionKey: key });
      return (await ask({ url: '/v1/brands', headers: { cookie } })).statusCode;
    };
    expect(await status(TOKENS)).toBe(200);
    expect(await status(TOKENS.slice(0, 2))).toBe(401);
    expect(await status([{ name: 'ops', scopes: ['read'], sha256: tokenHash('sft_new') }])).toBe(401);
    expect(await status(TOKENS, 'another key'.repeat(3))).toBe(401);
  });

  it('cannot be made up', async () => {
    const { ask } = await open();
    const { cookie } = await signIn(ask);
    const [payload = '', signature = ''] = cookie.replace('sentiflux_session=', '').split('.');
    const forged = (changes: object) =>
      Buffer.from(
        JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...changes }),
      ).toString('base64url');
    for (const value of [
      '',
      '.',
      'x',
      payload,
      `${payload}.`,
      `${payload}.${signature.slice(1)}`,
      `${payload}.${signature}.${signature}`,
      `${forged({ expiresAt: NOON + 9 * HOUR })}.${signature}`,
      `${forged({ name: 'wallboard' })}.${signature}`,
      `${forged({ name: '__proto__' })}.${signature}`,
      `${Buffer.from('null').toString('base64url')}.${signature}`,
    ]) {
      const answer = await ask({ url: '/v1/brands', headers: { cookie: `sentiflux_session=${value}` } });
      expect([value, answer.statusCode]).toEqual([value, 401]);
    }
  });

  it('takes the streams that were opened with it along when it ends', async () => {
    const { api, ask } = await open({ sessionMs: 20 });
    const { cookie } = await signIn(ask);
    const address = await api.listen({ host: '127.0.0.1', port: 0 });
    onTestFinished(() => api.close());
    const stream = await fetch(`${address}/v1/stream`, { headers: { cookie } });
    expect(await stream.text()).toMatch(/event: closing\ndata: {"reason":"session ended"/);
  });

  it('does not hide a token that is wrong', async () => {
    const { ask } = await open();
    const { cookie } = await signIn(ask);
    expect((await ask({ url: '/v1/brands', headers: { cookie } }, 'sft_other')).statusCode).toBe(401);
  });
});

it('every route says which scope it asks for', async () => {
  const silent: string[] = [];
  const api: Api = await openApi();
  for (const [url, methods] of Object.entries((await api.inject('/openapi.json')).json().paths)) {
    for (const [method, { security }] of Object.entries(methods as Record<string, { security?: object[] }>)) {
      if (security === undefined || JSON.stringify(security).includes('"admin"'))
        silent.push(`${method} ${url}`);
    }
  }
  expect(silent).toEqual([
    'post /v1/alerts/{id}/acknowledge',
    'post /v1/silences',
    'delete /v1/silences/{id}',
  ]);
});
