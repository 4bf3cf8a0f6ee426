import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type PostOptions, post } from '../../src/alerting/delivery/http.js';
import { retryAfterMillis } from '../../src/contracts/retry-after.js';
import { httpServer, status } from './http-server.js';
import { NOW } from './notices.js';

const options: PostOptions = { timeoutMs: 5_000, allowPrivate: true, now: () => NOW };
const message = (url: string) => ({ url, headers: { 'x-test': 'ü' }, body: '{"grüße":1}' });

describe('a post', () => {
  it('carries its body, byte for byte, and says what was answered', async () => {
    const { url, received } = await httpServer(status(202, {}, '{"status":\n"ok"}'));
    expect(await post({ url, body: '{"grüße":"你好"}' }, options)).toEqual({
      kind: 'delivered',
      answer: '202 {"status": "ok"}',
    });
    expect(received).toMatchObject([
      { method: 'POST', path: '/hooks/sentiflux?team=1', body: '{"grüße":"你好"}' },
    ]);
    expect(received[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '20',
      'user-agent': 'sentiflux',
    });
  });

  it.each([500, 502, 503, 429, 425, 408])('may be repeated after %i', async (code) => {
    const { url } = await httpServer(status(code));
    expect(await post(message(url), options)).toEqual({ kind: 'retry', reason: `it answered ${code}` });
  });

  it.each([400, 401, 404, 410, 422])('is refused for good by %i, with the reason', async (code) => {
    const { url } = await httpServer(status(code, {}, 'invalid_blocks'));
    expect(await post(message(url), options)).toEqual({
      kind: 'refused',
      reason: `it answered ${code} invalid_blocks`,
    });
  });

  it.each([301, 302, 307, 308])('does not follow a redirect with %i', async (code) => {
    const elsewhere = await httpServer();
    const { url } = await httpServer(status(code, { location: elsewhere.url }));
    expect(await post(message(url), options)).toMatchObject({ kind: 'refused' });
    expect(elsewhere.received).toEqual([]);
  });

  it.each([429, 503])('comes back when %i says so', async (code) => {
    const { url } = await httpServer(status(code, { 'retry-after': '17' }));
    expect(await post(message(url), options)).toMatchObject({ kind: 'retry', afterMs: 17_000 });
  });

  it('may be repeated where no answer comes in time', async () => {
    const { url, received } = await httpServer(() => {});
    expect(await post(message(url), { ...options, timeoutMs: 500 })).toEqual({
      kind: 'retry',
      reason: 'no answer within 500 ms',
    });
    expect(received).toHaveLength(1);
  });

  it('may be repeated where nobody listens or the connection breaks', async () => {
    expect(await post(message('http://127.0.0.1:1/'), options)).toMatchObject({ kind: 'retry' });
    const { url } = await httpServer((request) => void request.socket.destroy());
    expect(await post(message(url), options)).toMatchObject({ kind: 'retry' });
  });

  it('goes by the status where the answer never ends, or breaks off', async () => {
    const endless = await httpServer((_, response) => void response.writeHead(200).write('thank you, '));
    expect(await post(message(endless.url), { ...options, timeoutMs: 500 })).toMatchObject({
      kind: 'delivered',
    });
    const broken = await httpServer((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('thank');
      setImmediate(() => response.destroy());
    });
    expect(await post(message(broken.url), options)).toMatchObject({ kind: 'delivered' });
  });

  it('reads no more of an answer than a reason needs, and none of its control characters', async () => {
    const { url } = await httpServer(status(400, {}, `\u001b[2J${'no '.repeat(100_000)}`));
    const outcome = await post(message(url), options);
    expect(outcome).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/^it answered 400 \[2Jno no/),
    });
    expect(JSON.stringify(outcome).length).toBeLessThan(400);
    expect(JSON.stringify(outcome)).not.toContain('\\u001b');
  });
});

describe('a post to a private address', () => {
  const closed: PostOptions = { ...options, allowPrivate: false };

  it.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'])(
    'is refused as %s, and nothing is sent',
    async (host) => {
      const { port, received } = await httpServer();
      const outcome = await post(message(`http://${host}:${port}/`), closed);
      expect(outcome).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('a private address'),
      });
      expect(received).toEqual([]);
    },
  );

  it('is refused whatever name leads there, by what it leads to when the connection is made', async () => {
    const { port, received } = await httpServer();
    const asked: string[] = [];
    // Public at first, private from then on, as an attacker's name server would say.
    const lookup: LookupFunction = (hostname, { all }, done) => {
      asked.push(hostname);
      const address = asked.length === 1 ? '192.0.2.1' : '127.0.0.1';
      if (all === true) done(null, [{ address, family: 4 }]);
      else done(null, address, 4);
    };
    lookup('hooks.example.com', {}, () => {});
    expect(await post(message(`http://hooks.example.com:${port}/`), { ...closed, lookup })).toEqual({
      kind: 'refused',
      reason: 'hooks.example.com is 127.0.0.1, a private address; allowPrivate: true allows it',
    });
    expect(asked).toEqual(['hooks.example.com', 'hooks.example.com']);
    expect(received).toEqual([]);
  });

  it('is refused where any of the addresses of a name is one', async () => {
    const { port, received } = await httpServer();
    const lookup: LookupFunction = (_, __, done) =>
      done(null, [
        { address: '8.8.8.8', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    expect(await post(message(`http://hooks.example.com:${port}/`), { ...closed, lookup })).toMatchObject({
      kind: 'refused',
    });
    expect(received).toEqual([]);
  });

  it('is made where the configuration allows it', async () => {
    const { port, received } = await httpServer();
    expect(await post(message(`http://localhost:${port}/`), options)).toMatchObject({ kind: 'delivered' });
    expect(received).toHaveLength(1);
  });

  it('is no matter of names that lead nowhere: those may be tried again', async () => {
    const lookup: LookupFunction = (_, __, done) => done(new Error('getaddrinfo EAI_AGAIN'), []);
    expect(await post(message('http://hooks.example.com/'), { ...closed, lookup })).toEqual({
      kind: 'retry',
      reason: 'getaddrinfo EAI_AGAIN',
    });
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Sun, 01 Mar 2026 21:20:10 GMT', 9_877],
    ['Sun, 01 Mar 2020 00:00:00 GMT', 0],
    ['99999999', 3_600_000],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s is %s ms', (header, millis) => {
    expect(retryAfterMillis(header, NOW)).toBe(millis);
  });
});
