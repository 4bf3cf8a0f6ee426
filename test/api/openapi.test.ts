import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { createMemoryAlertStore } from '../../src/alerting/stores/memory.js';
import { tokenHash } from '../../src/api/tokens.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { silenceOf } from '../alerting/alerts.js';
import { bookOf, windowsOf } from './support/fakes.js';
import { alert, minute, NOON, ORBIT, TELLING } from './support/posts.js';
import { apiConfig, openApi } from './support/server.js';

type Content = Record<string, { schema?: object }>;
interface Operation {
  readonly summary?: string;
  readonly parameters?: ReadonlyArray<{ name: string; in: string; schema?: object }>;
  readonly requestBody?: { content: Content };
  readonly security?: readonly object[];
  readonly responses: Record<string, { description?: string; content?: Content }>;
}
type Method = 'get' | 'post' | 'delete';

const TOKEN = 'sft_everything';
const ALERT = `/v1/alerts/${encodeURIComponent(alert().id)}`;

const silences = createMemoryAlertStore();
await silences.addSilence(silenceOf({ to: epochMillis(NOON + 3_600_000) }));

/** Asks for a token, and has something to show at every route. */
const open = () =>
  openApi({
    config: apiConfig({
      tokens: [
        { name: 'everything', scopes: ['read', 'score', 'admin'], sha256: tokenHash(TOKEN) },
        { name: 'nothing', scopes: ['score'], sha256: tokenHash('sft_score') },
      ],
      requestsPerMinute: 100,
      scoresPerMinute: 5,
    }),
    alerts: bookOf([alert(), alert({ id: 'resolved', state: 'resolved', resolvedAt: epochMillis(NOON) })]),
    silences,
    windows: windowsOf([minute(ORBIT, NOON - 60_000, TELLING)], epochMillis(NOON)),
  });

const api = await open();
const authorization = `Bearer ${TOKEN}`;
const document = (await api.inject({ url: '/openapi.json', headers: { authorization } })).json();
const operations = Object.entries(document.paths as Record<string, Record<Method, Operation>>).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, path, operation] as const),
);

describe('the description of each route', () => {
  it.each(operations)('%s says what it is for and what comes in', (_name, path, operation) => {
    expect(operation.summary).toMatch(/^[A-Z].{5,}/);
    const parameters = operation.parameters ?? [];
    for (const parameter of parameters) expect(parameter).toMatchObject({ schema: expect.anything() });
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(inPath);
    for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
      expect(Object.keys(schema ?? {})).not.toEqual([]);
    }
  });

  it.each(operations)('%s says what goes out, errors too', (_name, _path, { responses, security }) => {
    expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true);
    const errors = security?.length === 0 ? ['429', '500', '503'] : ['401', '403', '429', '500', '503'];
    for (const status of errors) expect(Object.keys(responses)).toContain(status);
    for (const [status, { content }] of Object.entries(responses)) {
      if (status === '204') continue;
      for (const [type, { schema }] of Object.entries(content ?? { none: {} })) {
        expect([status, type, Object.keys(schema ?? {})]).not.toEqual([status, type, []]);
      }
    }
  });
});

interface Asked {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  /** As the document names it. */
  readonly path: string;
  readonly payload?: object | string;
  readonly status: number;
  readonly token?: string | undefined;
}

const ok = (path: string, url = path): Asked => ({ path, url, status: 200 });
const score = (payload: object, status = 200, url = '/v1/score'): Asked => ({
  method: 'POST',
  path: '/v1/score',
  url,
  payload,
  status,
});
const acknowledge = { method: 'POST', path: '/v1/alerts/{id}/acknowledge', payload: { by: 'Mei' } } as const;
const silence = { method: 'POST', path: '/v1/silences', url: '/v1/silences' } as const;
const trial = { method: 'POST', path: '/v1/rules/test', url: '/v1/rules/test' } as const;
const end = { method: 'DELETE', path: '/v1/silences/{id}' } as const;
const WINDOWS = '/v1/brands/{brand}/windows';
const TERMS = '/v1/brands/{brand}/terms';
const SAMPLES = '/v1/brands/{brand}/samples';

const asked: readonly Asked[] = [
  ok('/v1/brands'),
  { ...ok('/v1/brands', '/v1/brands?recent=0'), status: 400 },
  { ...ok('/v1/brands', '/v1/brands?namespace=none'), status: 404 },
  { ...ok('/v1/brands'), status: 401, token: 'sft_other' },
  { ...ok('/v1/brands'), status: 403, token: 'sft_score' },
  ok(WINDOWS, '/v1/brands/orbit/windows?fill=true'),
  { ...ok(WINDOWS, '/v1/brands/orbit/windows?tier=2m'), status: 400 },
  { ...ok(WINDOWS, '/v1/brands/nobody/windows'), status: 404 },
  ok(TERMS, '/v1/brands/orbit/terms?tier=1m'),
  { ...ok(TERMS, '/v1/brands/orbit/terms?tier=10s'), status: 400 },
  { ...ok(TERMS, '/v1/brands/nobody/terms'), status: 404 },
  ok(SAMPLES, '/v1/brands/orbit/samples?tier=1m'),
  { ...ok(SAMPLES, '/v1/brands/orbit/samples?limit=0'), status: 400 },
  { ...ok(SAMPLES, '/v1/brands/nobody/samples'), status: 404 },
  ok('/v1/windows', '/v1/windows?brands=orbit,_all'),
  { ...ok('/v1/windows'), status: 400 },
  { ...ok('/v1/windows', '/v1/windows?brands=nobody'), status: 404 },
  ok('/v1/compare', '/v1/compare?brands=orbit,tidepool&tier=1m'),
  { ...ok('/v1/compare'), status: 400 },
  ok('/v1/counters'),
  ok('/v1/alerts'),
  { ...ok('/v1/alerts', '/v1/alerts?limit=0'), status: 400 },
  ok('/v1/alerts/{id}', ALERT),
  { ...ok('/v1/alerts/{id}', '/v1/alerts/none'), status: 404 },
  { ...acknowledge, url: `${ALERT}/acknowledge`, status: 200 },
  { ...acknowledge, url: `${ALERT}/acknowledge`, payload: {}, status: 400 },
  { ...acknowledge, url: '/v1/alerts/none/acknowledge', status: 404 },
  ok('/v1/silences'),
  { ...ok('/v1/silences', '/v1/silences?format=xml'), status: 400 },
  { ...silence, payload: { to: NOON + 60_000, reason: 'launch', brand: 'orbit' }, status: 201 },
  { ...silence, payload: { to: NOON, reason: 'launch' }, status: 400 },
  { ...silence, payload: { to: NOON + 60_000, reason: 'launch', brand: 'nobody' }, status: 404 },
  { ...end, url: `/v1/silences/${silenceOf().id}`, status: 200 },
  { ...end, url: '/v1/silences/1', status: 400 },
  { ...end, url: '/v1/silences/00000000-0000-4000-8000-000000000000', status: 404 },
  ok('/v1/rules'),
  { ...trial, payload: { brand: 'orbit', settings: { sensitivity: 'high' } }, status: 200 },
  { ...trial, payload: { brand: 'orbit', settings: { sensitivity: 'x' } }, status: 400 },
  { ...trial, payload: { brand: 'orbit', rule: 'none' }, status: 404 },
  score({ text: 'good' }),
  score({ texts: ['good', { text: 'x'.repeat(70_000) }] }, 200, '/v1/score?explain=true'),
  score({ texts: [] }, 400),
  score({ text: 'x'.repeat(9 * 1024 * 1024) }, 413),
  score({ text: 'good' }),
  score({ text: 'good' }, 429),
  { ...ok('/v1/stream', '/v1/stream?kinds=none'), status: 400 },
  { ...ok('/v1/stream', '/v1/stream?brand=nobody'), status: 404 },
  ok('/v1/session'),
  { method: 'POST', path: '/v1/session', url: '/v1/session', payload: { token: TOKEN }, status: 200 },
  { method: 'POST', path: '/v1/session', url: '/v1/session', payload: { token: 'sft_other' }, status: 401 },
  { method: 'DELETE', path: '/v1/session', url: '/v1/session', status: 204 },
  ok('/v1/version'),
  ok('/health/live'),
  ok('/health/ready'),
];

describe('an answer', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });

  it.each(asked.map((one) => [`${one.method ?? 'GET'} ${one.url.slice(0, 60)}`, one.status, one] as const))(
    'of %s with status %i is as described',
    async (_name, status, { method = 'GET', url, path, payload, token = TOKEN }) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await api.inject({ method, url, headers, ...(payload !== undefined && { payload }) });
      expect(answer.statusCode).toBe(status);
      const described: Operation['responses'][string] =
        document.paths[path][method.toLowerCase()].responses[String(status)];
      if (status === 204) return;
      const schema = described.content?.['application/json']?.schema;
      if (schema === undefined) throw new Error('this answer is not described');
      const isValid = ajv.compile(schema);
      isValid(answer.json());
      expect(isValid.errors).toBeNull();
    },
  );

  it('of every route but the stream is held to its description', () => {
    const held = new Set(
      asked
        .filter(({ status }) => status < 300)
        .map(({ method = 'GET', path }) => `${method.toLowerCase()} ${path}`),
    );
    const routes = operations.map(([name]) => name).filter((name) => name !== 'get /v1/stream');
    expect(routes.filter((name) => !held.has(name))).toEqual([]);
  });
});
