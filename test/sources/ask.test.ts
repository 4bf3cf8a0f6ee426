import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type AskOptions, ask } from '../../src/sources/ask.js';
import { httpServer, status } from '../alerting/http-server.js';

const options: AskOptions = {
  timeoutMs: 5_000,
  userAgent: 'sentiflux/test',
  stop: new AbortController().signal,
  now: Date.now,
  allowPrivate: true,
};
const away = { code: 'SF_SOURCE_UNREACHABLE' };

describe('a question to another server', () => {
  it('is answered, with its limits and names told', async () => {
    const { url, received } = await httpServer(status(200, { etag: '"1"' }, 'hello'));
    const answer = await ask({ url, headers: { accept: 'text/plain' } }, options);
    expect(answer).toMatchObject({ status: 200, headers: { etag: '"1"' } });
    expect(answer.body.toString()).toBe('hello');
    expect(received[0]?.headers).toMatchObject({
      accept: 'text/plain',
      'accept-encoding': 'gzip',
      'user-agent': 'sentiflux/test',
    });
  });

  it('has no body where it was not answered with 200, however long that is', async () => {
    const { url } = await httpServer(status(404, {}, 'x'.repeat(10_000_000)));
    expect(await ask({ url }, options)).toMatchObject({ status: 404, body: Buffer.alloc(0) });
  });

  it.each([
    ['nothing comes', () => {}],
    ['no end comes', (_: unknown, response: import('node:http').ServerResponse) => void response.write('a')],
  ])('is given up where %s in time', async (_, listener) => {
    const { url } = await httpServer(listener);
    await expect(ask({ url }, { ...options, timeoutMs: 300 })).rejects.toMatchObject({
      ...away,
      message: expect.stringMatching(/nothing whole within 300 ms\.$/),
    });
  });

  it('ends when it is told to stop', async () => {
    const stop = new AbortController();
    const { url } = await httpServer(() => stop.abort());
    await expect(ask({ url }, { ...options, stop: stop.signal })).rejects.toMatchObject(away);
  });

  it.each([
    ['is too large', 'x'.repeat(1_001), {}],
    ['is too large when it is unpacked', gzipSync('x'.repeat(1_000_000)), { 'content-encoding': 'gzip' }],
    ['cannot be unpacked', 'no gzip', { 'content-encoding': 'gzip' }],
    ['was cut before it was packed', gzipSync('hello').subarray(0, 12), { 'content-encoding': 'gzip' }],
  ])('has no answer that %s', async (_, body, headers) => {
    const { url } = await httpServer((_request, response) => void response.writeHead(200, headers).end(body));
    await expect(ask({ url }, { ...options, maxBytes: 1_000 })).rejects.toMatchObject(away);
  });

  it('is not asked where a name leads into a private network', async () => {
    const { port, received } = await httpServer();
    await expect(
      ask(
        { url: `http://feeds.example:${port}/` },
        {
          ...options,
          allowPrivate: false,
          lookup: (_hostname, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
        },
      ),
    ).rejects.toMatchObject({
      code: 'SF_SOURCE_REFUSED',
      message: 'feeds.example is 127.0.0.1, a private address.',
      hint: 'Where it is your own, allowPrivate: true in the section of this source allows it.',
    });
    expect(received).toEqual([]);
  });
});
