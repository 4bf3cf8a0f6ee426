import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createRssSource, type RssOptions } from '../../src/sources/rss/source.js';
import { status } from '../alerting/http-server.js';
import { eventsOf, problems, readUntil, rounds, told } from './batches.js';
import { feedServer, NOON, rss, rssItem } from './feed-server.js';

/** Its rounds follow each other at once; what is to happen between two of them can be told. */
function sourceOf(
  feeds: readonly string[],
  betweenRounds: (round: number) => void = () => {},
  options: Partial<RssOptions> = {},
) {
  let round = 0;
  return createRssSource({
    feeds,
    pollMs: 600_000,
    allowPrivate: true,
    userAgent: 'sentiflux/test',
    now: () => NOON + 60_000 + round * 600_000,
    random: () => 0.5,
    createBackoff: () => ({ next: (atLeastMs = 1_000) => atLeastMs, reset: () => {} }),
    async wait() {
      round += 1;
      betweenRounds(round);
    },
    ...options,
  });
}

describe('the source rss', () => {
  it('tells what a feed has, the oldest first, then what is new', async () => {
    const server = await feedServer();
    server.put('/a', rss(rssItem('2', 'two', 2), rssItem('1', 'one', 1)));
    const source = sourceOf([`${server.origin}/a`], (round) => {
      if (round === 1)
        server.put('/a', rss(rssItem('3', 'three', 3), rssItem('2', 'two', 2), rssItem('1', 'one', 1)));
    });
    const batches = await readUntil(source, rounds(2));
    expect(batches.map(({ events }) => told([{ events }]))).toEqual([['one', 'two'], ['three']]);
    expect(eventsOf(batches)[0]).toMatchObject({
      kind: 'post',
      post: { id: expect.stringMatching(/^rss:127\.0\.0\.1:\d+\/1$/), createdAt: NOON + 1_000 },
    });
  });

  it('asks on conditions, and is polite', async () => {
    const server = await feedServer();
    const modified = 'Sat, 28 Nov 2026 12:00:00 GMT';
    server.put('/a', rss(rssItem('1', 'one')), { 'last-modified': modified });
    expect(told(await readUntil(sourceOf([`${server.origin}/a`]), rounds(3)))).toEqual(['one']);
    const [first, second] = server.received.map(({ headers }) => headers);
    expect(first).toMatchObject({
      'user-agent': 'sentiflux/test',
      accept: expect.stringContaining('rss+xml'),
    });
    expect(first).not.toHaveProperty('if-none-match');
    expect(second).toMatchObject({
      'if-none-match': expect.stringMatching(/^"[0-9a-f]{16}"$/),
      'if-modified-since': modified,
    });
  });

  it('goes on from its cursor, and asks on its conditions', async () => {
    const server = await feedServer();
    const feeds = [`${server.origin}/a`];
    server.put('/a', rss(rssItem('1', 'one', 1)));
    const cursor = (await readUntil(sourceOf(feeds), rounds(1))).at(-1)?.cursor;
    expect(told(await readUntil(sourceOf(feeds), rounds(1), cursor))).toEqual([]);
    expect(server.received.at(-1)?.headers).toHaveProperty('if-none-match');
    server.put('/a', rss(rssItem('2', 'two', 2), rssItem('1', 'one', 1)));
    expect(told(await readUntil(sourceOf(feeds), rounds(1), cursor))).toEqual(['two']);
  });

  it('tells an item that says something else as an edit of the time at which it was noticed, also after a restart', async () => {
    const server = await feedServer();
    const feeds = [`${server.origin}/a`];
    server.put('/a', rss(rssItem('1', 'one', 1)));
    const cursor = (await readUntil(sourceOf(feeds), rounds(1))).at(-1)?.cursor;
    server.put('/a', rss(rssItem('1', 'one, mended', 1)));
    expect(eventsOf(await readUntil(sourceOf(feeds), rounds(1), cursor))).toMatchObject([
      { kind: 'edit', post: { text: 'one, mended', createdAt: NOON + 1_000, updatedAt: NOON + 60_000 } },
    ]);
  });

  it('tells an item once that comes twice, changes its date only, or is left out for once', async () => {
    const server = await feedServer();
    server.put('/a', rss(rssItem('1', 'one', 1), rssItem('1', 'one', 1), rssItem('2', 'two', 2)));
    const source = sourceOf([`${server.origin}/a`], (round) => {
      if (round === 1) server.put('/a', rss(rssItem('1', 'one', 9)));
      if (round === 2) server.put('/a', rss(rssItem('2', 'two', 2), rssItem('1', 'one', 9)));
    });
    expect(told(await readUntil(source, rounds(3)))).toEqual(['one', 'two']);
  });

  it('counts what is no post once', async () => {
    const server = await feedServer();
    server.put('/a', rss(rssItem('1', '<img src="a.png">'.replaceAll('<', '&lt;'))));
    server.put('/b', '{"version":"https://jsonfeed.org/version/1.1","items":[{"title":"no id"}]}');
    const source = sourceOf([`${server.origin}/a`, `${server.origin}/b`], (round) => {
      server.put('/a', rss(rssItem('1', '&lt;img>'), rssItem('2', `round ${round}`)));
    });
    const batches = await readUntil(source, (read) => told(read).some((text) => text.startsWith('round')));
    expect(
      told(batches)
        .filter((text) => text.startsWith('SF_'))
        .toSorted(),
    ).toEqual(['SF_POST_NO_TEXT', 'SF_SOURCE_MALFORMED']);
  });

  it('says where a feed has none of what it had', async () => {
    const server = await feedServer();
    const feeds = [`${server.origin}/a`];
    server.put('/a', rss(rssItem('1', 'one', 1)));
    const before = await readUntil(sourceOf(feeds), rounds(1));
    expect(before[0]).not.toHaveProperty('gap');
    server.put('/a', rss(rssItem('9', 'nine', 9)));
    const [batch] = await readUntil(sourceOf(feeds), rounds(1), before[0]?.cursor);
    expect(batch?.gap).toEqual({ from: '2026-11-28T12:01:00.000Z', to: '2026-11-28T12:01:00.000Z' });
  });

  it('asks a feed in its interval, a tenth less or more by chance', async () => {
    const server = await feedServer();
    server.put('/a', rss(rssItem('1', 'one')));
    const pauses: number[] = [];
    const chances = [0, 0.5, 0.999];
    const options = {
      random: () => chances.shift() ?? 0,
      wait: async (millis: number) => void pauses.push(millis),
    };
    await readUntil(sourceOf([`${server.origin}/a`], undefined, options), rounds(4));
    expect(pauses.slice(0, 3)).toEqual([540_000, 600_000, 659_880]);
  });

  it('keeps no secret of an address in its cursor', async () => {
    const server = await feedServer();
    server.put('/a?key=s3cret', rss(rssItem('1', 'one')));
    const [batch] = await readUntil(sourceOf([`${server.origin}/a?key=s3cret`]), rounds(1));
    expect(told(batch ? [batch] : [])).toEqual(['one']);
    expect(JSON.stringify(batch)).not.toContain('s3cret');
  });

  it('unpacks what comes packed', async () => {
    const server = await feedServer();
    server.put('/a', gzipSync(rss(rssItem('1', 'one'))), { 'content-encoding': 'gzip' });
    expect(told(await readUntil(sourceOf([`${server.origin}/a`]), rounds(1)))).toEqual(['one']);
  });
});

describe('of several feeds', () => {
  const away = { code: 'SF_SOURCE_UNREACHABLE' };
  const bytes =
    (body: Buffer): RequestListener =>
    (_, response) =>
      void response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
  const cases: ReadonlyArray<readonly [name: string, listener: RequestListener, problem: object]> = [
    ['429', status(429, { 'retry-after': '30' }), { ...away, afterMs: 30_000 }],
    [
      '503 until a date',
      status(503, { 'retry-after': 'Sat, 28 Nov 2026 12:02:00 GMT' }),
      { ...away, afterMs: 60_000 },
    ],
    ['500', status(500), away],
    ['a page', status(200, {}, '<html></html>'), { ...away, afterMs: 600_000 }],
    ['an XML bomb', status(200, {}, '<!DOCTYPE a [<!ENTITY b "b">]><rss/>'), { ...away, afterMs: 600_000 }],
    ['17 MB', status(200, {}, ' '.repeat(17_000_000)), away],
    ['17 MB, packed', bytes(gzipSync(' '.repeat(17_000_000))), away],
    ['404', status(404), { code: 'SF_SOURCE_REFUSED' }],
  ];

  it.each(cases)(
    'one that answers %s is told and tried again, and the others go on',
    async (_, listener, problem) => {
      const server = await feedServer();
      server.put('/a', rss(rssItem('1', 'one')));
      server.put('/b', rss(rssItem('2', 'two')));
      server.answer('/a', listener);
      const source = sourceOf([`${server.origin}/a`, `${server.origin}/b`]);
      const batches = await readUntil(source, (read) => eventsOf(read).length >= 2);
      expect(told(batches).toSorted()).toEqual(['one', 'two']);
      expect(problems(batches)).toMatchObject([problem]);
    },
  );

  it('one that breaks off, or does not listen, is told', async () => {
    const server = await feedServer();
    server.put('/b', rss(rssItem('2', 'two')));
    server.answer('/a', (_, response) => {
      response.writeHead(200, { 'content-length': '100000' }).write(rss(rssItem('1', 'one')));
      setTimeout(() => response.destroy(), 10);
    });
    const source = sourceOf([`${server.origin}/a`, `${server.origin}/b`, 'http://127.0.0.1:9/c']);
    const batches = await readUntil(
      source,
      (read) => problems(read).length >= 2 && eventsOf(read).length >= 1,
    );
    expect(told(batches)).toEqual(['two']);
    expect(problems(batches).slice(0, 2)).toMatchObject([away, away]);
  });

  it('all refused end the source', async () => {
    const { origin } = await feedServer();
    await expect(readUntil(sourceOf([`${origin}/a`, `${origin}/b`]), () => false)).rejects.toMatchObject({
      code: 'SF_SOURCE_REFUSED',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ answered 404\.$/),
    });
  });
});

describe('a redirect of a feed', () => {
  it.each([301, 302, 303, 307, 308])('with %i is followed on its own host', async (code) => {
    const server = await feedServer();
    server.put('/b', rss(rssItem('1', 'one')));
    server.answer('/a', status(code, { location: '/b' }));
    expect(told(await readUntil(sourceOf([`${server.origin}/a`]), rounds(1)))).toEqual(['one']);
  });

  it('to a private address is refused, and nothing is sent there', async () => {
    const inner = await feedServer();
    inner.put('/b', rss(rssItem('1', 'one')));
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433']) {
      const server = await feedServer();
      const { port } = new URL(inner.origin);
      server.answer('/a', status(302, { location: `http://${host}:${port}/b` }));
      await expect(readUntil(sourceOf([`${server.origin}/a`]), rounds(1))).rejects.toMatchObject({
        code: 'SF_SOURCE_REFUSED',
        message: expect.stringContaining('redirects into a private network'),
      });
    }
    expect(inner.received).toEqual([]);
  });

  it.each([
    ['round and round', '/a', 'redirects more than 5 times'],
    ['to a file', 'file:///etc/passwd', 'no address of HTTP'],
    ['to nothing', 'http://[', 'no address of HTTP'],
  ])('%s is refused', async (_, location, message) => {
    const server = await feedServer();
    server.answer('/a', ...Array.from({ length: 6 }, () => status(302, { location })));
    await expect(readUntil(sourceOf([`${server.origin}/a`]), rounds(1))).rejects.toMatchObject({
      code: 'SF_SOURCE_REFUSED',
      message: expect.stringContaining(message),
    });
  });
});

it('a feed at a private address is refused unless that is allowed', async () => {
  const server = await feedServer();
  const closed = { allowPrivate: false };
  const { port } = new URL(server.origin);
  for (const host of ['127.0.0.1', 'localhost'])
    await expect(
      readUntil(sourceOf([`http://${host}:${port}/a`], undefined, closed), rounds(1)),
    ).rejects.toMatchObject({
      code: 'SF_SOURCE_REFUSED',
      message: expect.stringContaining('a private address'),
      hint: expect.stringContaining('allowPrivate: true'),
    });
  expect(server.received).toEqual([]);
});
