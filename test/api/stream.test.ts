import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { LiveStreamsOptions } from '../../src/api/live-streams.js';
import type { Api } from '../../src/api/schema.js';
import { postId } from '../../src/contracts/ids.js';
import type { ScoredPost } from '../../src/contracts/scored-post.js';
import { next, readBlocks, readEvents, readNumberedEvents } from './support/events.js';
import { createFeed } from './support/fakes.js';
import { alert, minute, NOON, ORBIT, scoredPost, TIDEPOOL } from './support/posts.js';
import { openApi } from './support/server.js';

let api: Api | undefined;
afterEach(async () => {
  // A client that gave up a request opens its next connection in advance.
  api?.server.closeAllConnections();
  await api?.close();
  api = undefined;
});

/** A server on a real socket, since what matters here is what a socket does. */
async function listen(stream: Omit<LiveStreamsOptions, 'feed'> = {}) {
  const feed = createFeed();
  api = await openApi({ feed, stream });
  const address = await api.listen({ host: '127.0.0.1', port: 0 });
  const open = (query = '', headers: Record<string, string> = {}) =>
    fetch(`${address}/v1/stream${query}`, { headers });
  return { api, feed, address, open };
}

const scored = (id: string, brands = [ORBIT], changes: Partial<ScoredPost> = {}) =>
  ({ kind: 'scored', post: scoredPost({ id: postId(id), brands, ...changes }) }) as const;

describe('the live stream', () => {
  it('brings scored posts, windows and alerts as they happen', async () => {
    const { feed, open } = await listen();
    const response = await open();
    expect(response.headers.get('content-type')).toMatch('text/event-stream');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const events = readEvents(response);
    feed.emit(scored('a'));
    feed.emit({ kind: 'window', window: minute(ORBIT, NOON) });
    feed.emit({ kind: 'alert', alert: alert() });
    expect(await next(events)).toEqual({ event: 'scored', data: scored('a').post });
    expect(await next(events)).toEqual({ event: 'window', data: minute(ORBIT, NOON) });
    expect(await next(events)).toEqual({ event: 'alert', data: alert() });
  });

  it('brings one brand alone on request', async () => {
    const { feed, open } = await listen();
    const events = readEvents(await open('?brand=tidepool'));
    feed.emit(scored('a', [ORBIT]));
    feed.emit({ kind: 'window', window: minute(ORBIT, NOON) });
    feed.emit({ kind: 'alert', alert: alert() });
    feed.emit(scored('b', [ORBIT, TIDEPOOL]));
    expect(await next(events)).toMatchObject({ event: 'scored', data: { id: 'b' } });
  });

  it('knows posts of every brand and of none', async () => {
    const { feed, open } = await listen();
    const [all, other] = [await open('?brand=_all'), await open('?brand=_other')].map(readEvents);
    feed.emit(scored('a', [ORBIT]));
    feed.emit(scored('b', []));
    expect(all && (await next(all)).data.id).toBe('a');
    expect(other && (await next(other)).data.id).toBe('b');
  });

  it('tells every reader of posts that were deleted, whatever brand they read', async () => {
    const { feed, open } = await listen();
    const [one, other] = [await open('?brand=tidepool'), await open('?kinds=scored')].map(readEvents);
    feed.emit({ kind: 'deleted', id: postId('a') });
    feed.emit(scored('b', [TIDEPOOL]));
    expect(one && (await next(one))).toEqual({ event: 'deleted', data: { id: 'a' } });
    expect(other && (await next(other))).toMatchObject({ event: 'scored', data: { id: 'b' } });
  });

  it('brings some kinds alone on request', async () => {
    const { feed, open } = await listen();
    const events = readEvents(await open('?kinds=alert,window'));
    feed.emit(scored('a'));
    feed.emit({ kind: 'alert', alert: alert() });
    expect(await next(events)).toMatchObject({ event: 'alert' });
  });

  it('brings several brands and some labels alone on request', async () => {
    const { feed, open } = await listen();
    const events = readEvents(await open('?brands=orbit,_other&labels=negative,neutral'));
    feed.emit(scored('a', [TIDEPOOL]));
    feed.emit(scored('b', [ORBIT], { label: 'positive' }));
    feed.emit(scored('c', [TIDEPOOL, ORBIT]));
    feed.emit(scored('d', [], { label: 'neutral' }));
    // Windows and alerts have no label.
    feed.emit({ kind: 'alert', alert: alert() });
    expect(await next(events)).toMatchObject({ data: { id: 'c' } });
    expect(await next(events)).toMatchObject({ data: { id: 'd' } });
    expect(await next(events)).toMatchObject({ event: 'alert' });
  });

  it('brings so many scored posts a second on request, and counts the others', async () => {
    const { feed, open } = await listen();
    const events = readEvents(await open('?scoredPerSecond=1&kinds=scored'));
    for (const id of ['a', 'b', 'c']) feed.emit(scored(id));
    expect(await next(events)).toMatchObject({ event: 'scored', data: { id: 'a' } });
    expect(await next(events)).toEqual({ event: 'skipped', data: { scored: 2 } });
  });

  it('keeps a text one text, whatever stands in it', async () => {
    const { feed, open } = await listen();
    const text = '</script><script>alert(1)</script>\n\nevent: alert\ndata: {}\u2028\r\r';
    const events = readEvents(await open());
    feed.emit({ kind: 'scored', post: scoredPost({ text }) });
    expect(await next(events)).toMatchObject({ event: 'scored', data: { text } });
  });

  it('says now and then that it is still there', async () => {
    const { open } = await listen({ heartbeatMillis: 5 });
    const blocks = readBlocks(await open());
    expect(await next(blocks)).toBe('retry: 2000');
    expect(await next(blocks)).toBe(': heartbeat');
  });

  it('listens to the feed only while somebody reads', async () => {
    const { feed, open, address } = await listen({ resumeMillis: 0 });
    expect(feed.listeners).toBe(0);
    const reading = new AbortController();
    const response = await fetch(`${address}/v1/stream`, { signal: reading.signal });
    const other = await open();
    expect(feed.listeners).toBe(1);
    reading.abort();
    await response.text().catch(() => {});
    await other.body?.cancel();
    await expect.poll(() => feed.listeners).toBe(0);
  });

  it('drops a reader that is too slow and tells it why, and goes on for the others', async () => {
    const { feed, open, address } = await listen({ maxWaiting: 10_000 });
    const good = readEvents(await open('?kinds=alert'));
    const { hostname, port } = new URL(address);
    const slow = connect(Number(port), hostname);
    slow.write('GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(slow, 'readable');
    // More than the sockets of both ends can hold, and nobody reads.
    const post = { kind: 'scored', post: scoredPost({ text: 'x'.repeat(9_000) }) } as const;
    for (let sent = 0; sent < 2_000; sent += 1) {
      feed.emit(post);
      if (sent % 50 === 0) await new Promise(setImmediate);
    }
    feed.emit({ kind: 'alert', alert: alert() });
    expect(await next(good)).toMatchObject({ event: 'alert' });
    let received = '';
    for await (const chunk of slow.setEncoding('utf8')) received += chunk;
    expect(received).toContain('event: dropped\ndata: {"reason":"slow reader"');
    expect(received.match(/event: scored/g)?.length).toBeLessThan(2_000);
  });

  it('ends with a word when the server closes', async () => {
    const { api, feed, open } = await listen();
    const events = readEvents(await open());
    feed.emit(scored('a'));
    const closed = api.close();
    expect(await next(events)).toMatchObject({ event: 'scored' });
    expect(await next(events)).toMatchObject({ event: 'closing' });
    expect((await events.next()).done).toBe(true);
    await closed;
  });

  it('has room for so many readers of one address', async () => {
    const { open } = await listen({ maxReadersPerCaller: 1 });
    const first = await open();
    const refused = await open();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ error: { code: 'SF_API_TOO_MANY' } });
    await first.body?.cancel();
    await expect.poll(async () => (await open()).status).toBe(200);
  });

  it('has room for so many readers', async () => {
    const { open } = await listen({ maxReaders: 1 });
    const first = await open();
    expect((await open()).status).toBe(503);
    await first.body?.cancel();
    await expect.poll(async () => (await open()).status).toBe(200);
  });

  it.each([
    ['?brand=nobody', 404],
    ['?kinds=posts', 400],
    ['?kinds=', 400],
    ['?scoredPerSecond=0', 400],
    ['?scoredPerSecond=1e9', 400],
    ['?since=1', 400],
    ['?labels=angry', 400],
    ['?brands=orbit,nobody', 404],
    ['?brands=', 400],
    [`?brands=${'orbit,'.repeat(50)}orbit`, 400],
    [`?lastEventId=${'1'.repeat(101)}`, 400],
  ])('is refused for %s', async (query, status) => {
    const { open } = await listen();
    const response = await open(query);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code: expect.stringMatching(/^SF_API_/) } });
  });
});

describe('a reader that comes back', () => {
  /** Reads until an event has come, and goes away. */
  async function readUntil(response: Response, wanted: string): Promise<string> {
    for await (const { id, data } of readNumberedEvents(response)) {
      if (data.id === wanted && id !== undefined) return id;
    }
    throw new Error(`the event of ${wanted} did not come`);
  }

  it('gets what it has missed, and then what happens', async () => {
    const { feed, open } = await listen();
    const first = await open();
    for (const id of ['a', 'b']) feed.emit(scored(id));
    const lastSeen = await readUntil(first, 'a');
    feed.emit({ kind: 'alert', alert: alert() });
    const events = readEvents(await open('', { 'last-event-id': lastSeen }));
    feed.emit(scored('c'));
    expect(await next(events)).toMatchObject({ event: 'scored', data: { id: 'b' } });
    expect(await next(events)).toMatchObject({ event: 'alert' });
    expect(await next(events)).toMatchObject({ event: 'scored', data: { id: 'c' } });
  });

  it('may name the last event in its address, and get what it wants alone', async () => {
    const { feed, open } = await listen();
    const first = await open();
    feed.emit(scored('a'));
    const lastSeen = await readUntil(first, 'a');
    feed.emit(scored('b', [TIDEPOOL]));
    feed.emit(scored('c', [ORBIT]));
    const events = readEvents(await open(`?brand=orbit&lastEventId=${lastSeen}`));
    expect(await next(events)).toMatchObject({ event: 'scored', data: { id: 'c' } });
  });

  it('is told where some of it is no longer kept', async () => {
    const { feed, open } = await listen({ maxHistory: 4_000 });
    const first = await open();
    feed.emit(scored('a'));
    const lastSeen = await readUntil(first, 'a');
    for (let i = 0; i < 20; i += 1) feed.emit(scored(`later-${i}`));
    const events = readEvents(await open('', { 'last-event-id': lastSeen }));
    expect(await next(events)).toMatchObject({ event: 'missed', data: { reason: 'no longer kept' } });
    const { data } = await next(events);
    expect(data.id).toMatch(/^later-1\d$/);
  });

  it('is sent no more at once than a reader may leave waiting', async () => {
    const { feed, open } = await listen({ maxWaiting: 10_000 });
    const first = await open('?kinds=alert,scored');
    feed.emit(scored('a'));
    const lastSeen = await readUntil(first, 'a');
    for (let i = 0; i < 50; i += 1) feed.emit(scored(`later-${i}`));
    const events = readEvents(await open('', { 'last-event-id': lastSeen }));
    expect(await next(events)).toMatchObject({ event: 'missed' });
    let last = await next(events);
    while (last.data.id !== 'later-49') last = await next(events);
    expect(last.event).toBe('scored');
  });

  it('loses no alert to many posts', async () => {
    const { feed, open } = await listen({ maxHistory: 20_000 });
    const first = await open();
    feed.emit(scored('a'));
    const lastSeen = await readUntil(first, 'a');
    feed.emit({ kind: 'alert', alert: alert() });
    for (let i = 0; i < 100; i += 1) feed.emit(scored(`later-${i}`));
    const events = readEvents(await open('?kinds=alert', { 'last-event-id': lastSeen }));
    expect(await next(events)).toMatchObject({ event: 'alert' });
  });

  it.each(['00000000-1', 'x', '1-2-3', '-', 'ffffffff-99999999999999999999'])(
    'is told so where it has seen %s, which is not of this process',
    async (id) => {
      const { feed, open } = await listen();
      const events = readEvents(await open('', { 'last-event-id': id }));
      feed.emit(scored('a'));
      expect(await next(events)).toMatchObject({ event: 'missed' });
      expect(await next(events)).toMatchObject({ event: 'scored', data: { id: 'a' } });
    },
  );

  it('is still heard of for a time when nobody else reads', async () => {
    const { feed, open } = await listen();
    const only = await open();
    feed.emit(scored('a'));
    // Whoever stops to read closes the connection.
    const lastSeen = await readUntil(only, 'a');
    feed.emit(scored('b'));
    const events = readEvents(await open('', { 'last-event-id': lastSeen }));
    expect(await next(events)).toMatchObject({ event: 'scored', data: { id: 'b' } });
  });
});
