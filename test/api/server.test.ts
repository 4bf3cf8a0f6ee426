import { describe, expect, it } from 'vitest';
import { createOpsServer } from '../../src/api/ops-server.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { windowsOf } from './support/fakes.js';
import { openApi } from './support/server.js';

describe('health', () => {
  it('is live as soon as it answers', async () => {
    const api = await openApi();
    expect((await api.inject('/health/live')).json()).toEqual({ live: true });
  });

  it('is ready when every part is', async () => {
    const api = await openApi({ readiness: async () => [{ name: 'score', ready: true, detail: 'lag 0' }] });
    const answer = await api.inject('/health/ready');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      ready: true,
      checks: [{ name: 'score', ready: true, detail: 'lag 0' }],
    });
  });

  it('says which part is not ready', async () => {
    const ops = await createOpsServer({
      readiness: async () => [
        { name: 'score', ready: true },
        { name: 'aggregate', ready: false, detail: 'rebuilding' },
      ],
      logger: silentLogger,
    });
    const answer = await ops.inject('/ready');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      error: { code: 'SF_API_UNAVAILABLE', message: 'not ready: aggregate' },
      ready: false,
      checks: [{ ready: true }, { name: 'aggregate', detail: 'rebuilding' }],
    });
  });

  it('is not ready where nobody can be asked', async () => {
    const ops = await createOpsServer({
      readiness: () => Promise.reject(new Error('no answer')),
      logger: silentLogger,
    });
    expect((await ops.inject('/ready')).statusCode).toBe(503);
    expect((await ops.inject('/live')).statusCode).toBe(200);
  });

  it('is all that the ops server has', async () => {
    const ops = await createOpsServer({ readiness: async () => [], logger: silentLogger });
    expect((await ops.inject('/v1/brands')).statusCode).toBe(404);
    expect((await ops.inject('/')).statusCode).toBe(404);
  });
});

describe('the OpenAPI document', () => {
  it('describes every route with its schemas', async () => {
    const api = await openApi();
    const document = (await api.inject('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toEqual({ title: 'sentiflux', version: '1.2.3' });
    expect(Object.keys(document.paths).toSorted()).toEqual([
      '/health/live',
      '/health/ready',
      '/v1/alerts',
      '/v1/alerts/{id}',
      '/v1/alerts/{id}/acknowledge',
      '/v1/brands',
      '/v1/brands/{brand}/samples',
      '/v1/brands/{brand}/terms',
      '/v1/brands/{brand}/windows',
      '/v1/compare',
      '/v1/counters',
      '/v1/rules',
      '/v1/rules/test',
      '/v1/score',
      '/v1/session',
      '/v1/silences',
      '/v1/silences/{id}',
      '/v1/stream',
      '/v1/version',
      '/v1/windows',
    ]);
    const windows = document.paths['/v1/brands/{brand}/windows'].get;
    const names = windows.parameters.map(({ name }: { name: string }) => name);
    expect(names.toSorted()).toEqual(['brand', 'fill', 'format', 'from', 'namespace', 'tier', 'to']);
    const { schema } = windows.responses['200'].content['application/json'];
    expect(schema.properties.windows.items.properties.polaritySum).toEqual({ type: 'number' });
  });
});

describe('a failure', () => {
  it.each([
    ['GET', '/v1/nothing'],
    ['GET', '/v1/brands/'],
    ['DELETE', '/v1/brands'],
    ['POST', '/v1/brands/orbit/windows'],
  ] as const)('of %s %s has the one shape', async (method, url) => {
    const api = await openApi();
    const answer = await api.inject({ method, url });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error).toEqual({
      code: 'SF_API_NOT_FOUND',
      message: `no route ${method} ${url}`,
      hint: 'GET /openapi.json lists the routes.',
    });
  });

  it('of an address that cannot be decoded has it too', async () => {
    const api = await openApi();
    const answer = await api.inject('/v1/alerts/%ff');
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe('SF_API_BAD_REQUEST');
  });

  it('of ours shows clients neither its message nor its stack', async () => {
    const api = await openApi({
      windows: {
        ...windowsOf([]),
        counters: () => Promise.reject(new Error('secret at /srv/sentiflux/store.js')),
      },
    });
    const answer = await api.inject('/v1/counters');
    expect(answer.statusCode).toBe(500);
    expect(answer.json().error.code).toBe('SF_API_FAILED');
    expect(answer.body).not.toMatch(/secret|store|stack/);
  });
});

describe('the page', () => {
  it('is served with its script and style', async () => {
    const api = await openApi();
    const [page, script, style] = await Promise.all([
      api.inject('/'),
      api.inject('/page.js'),
      api.inject('/styles/page.css'),
    ]);
    expect(page.headers['content-type']).toMatch('text/html');
    expect(script.headers['content-type']).toMatch('javascript');
    expect(style.headers['content-type']).toMatch('text/css');
  });

  it('asks nothing of others and has no inline script or style', async () => {
    const api = await openApi();
    const { body } = await api.inject('/');
    expect(body).not.toMatch(/https?:\/\/|<style|style=|<script(?![^>]* src=)| on\w+=/);
  });

  it.each([
    '/../server.ts',
    '/..%2fserver.ts',
    '/%2e%2e/server.ts',
    '/..%5cserver.ts',
    '/%2e%2e%2f%2e%2e%2f%2e%2e%2fpackage.json',
    '//etc/passwd',
    '/page.js/../../server.ts',
    '/.%00./server.ts',
    '/server.ts',
  ])('leads nowhere else: %s', async (url) => {
    const api = await openApi();
    const answer = await api.inject({ url });
    expect([400, 404]).toContain(answer.statusCode);
    expect(answer.json().error.code).toMatch(/^SF_API_/);
  });
});

describe('headers', () => {
  it('let the browser run nothing but the own files', async () => {
    const api = await openApi();
    for (const url of ['/', '/v1/brands', '/v1/nothing']) {
      const { headers } = await api.inject(url);
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['referrer-policy']).toBe('no-referrer');
    }
  });

  it('allow no other origin', async () => {
    const api = await openApi();
    const answer = await api.inject({
      method: 'OPTIONS',
      url: '/v1/score',
      headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' },
    });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('keep answers of the API out of caches', async () => {
    const api = await openApi();
    expect((await api.inject('/v1/brands')).headers['cache-control']).toBe('no-store');
    expect((await api.inject('/v1/nothing')).headers['cache-control']).toBe('no-store');
  });
});
