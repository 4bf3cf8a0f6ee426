import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sourceCursor } from '../../src/contracts/ids.js';
import { createBlueskySource } from '../../src/sources/bluesky/source.js';
import type { Source } from '../../src/sources/port.js';
import { eventsOf, readUntil, told } from './batches.js';
import { identity, type JetstreamServer, jetstreamServer, NOON_US, post } from './jetstream-server.js';

const SECOND = 1_000_000;

const sourceOf = (...servers: readonly Pick<JetstreamServer, 'url'>[]): Source =>
  createBlueskySource({
    urls: servers.map(({ url }) => url),
    rewindMs: 5_000,
    silenceMs: 30_000,
    userAgent: 'sentiflux/test',
    now: () => Date.UTC(2026, 10, 28, 12),
  });

const count = (n: number) => (batches: Parameters<typeof eventsOf>[0]) => eventsOf(batches).length >= n;
const at = (timeUs: number): string => String(NOON_US + timeUs);

describe('the source bluesky', () => {
  it('asks for posts of ordinary size, says who it is, and begins with what is new', async () => {
    const server = await jetstreamServer([post(0, 'old')]);
    const reading = readUntil(sourceOf(server), count(1));
    while (server.asked.length === 0) await wait(5);
    server.emit(post(1, 'new'));
    expect(told(await reading)).toEqual(['post new']);
    expect([...(server.asked[0] ?? [])]).toEqual([
      ['wantedCollections', 'app.bsky.feed.post'],
      ['maxMessageSizeBytes', '1000000'],
    ]);
    expect(server.headers[0]).toMatchObject({ 'user-agent': 'sentiflux/test' });
  });

  it('says where it stands before it tells the first of what is new, so that a crash loses none of it', async () => {
    const server = await jetstreamServer();
    const reading = readUntil(sourceOf(server), count(1));
    while (server.asked.length === 0) await wait(5);
    server.emit(post(1, 'new'));
    const [before] = await reading;
    expect(before).toEqual({ events: [], cursor: at(1), isStart: true });
    expect(told(await readUntil(sourceOf(server), count(1), before?.cursor))).toEqual(['post new']);
  });

  it('goes on a few seconds before its cursor, and names where it stands with every batch', async () => {
    const server = await jetstreamServer([post(0, 'a'), post(6 * SECOND, 'b'), identity(7 * SECOND)]);
    const batches = await readUntil(
      sourceOf(server),
      (read) => read.at(-1)?.cursor === at(7 * SECOND),
      at(6 * SECOND),
    );
    expect(server.asked[0]?.get('cursor')).toBe(at(SECOND));
    expect(told(batches)).toEqual(['post b']);
  });

  it('passes over what it has told before when it reads again from a few seconds back', async () => {
    const server = await jetstreamServer([post(0, 'a'), post(SECOND, 'b')]);
    const source = sourceOf(server);
    await readUntil(source, count(2), at(0));
    server.emit(post(2 * SECOND, 'c'));
    expect(told(await readUntil(source, count(1), at(SECOND)))).toEqual(['post c']);
  });

  it('does not move its cursor back with what it reads again', async () => {
    const server = await jetstreamServer([post(0, 'a'), post(3 * SECOND, 'b')]);
    const source = sourceOf(server);
    await readUntil(source, count(2), at(0));
    server.serve({ cutAfter: 1 });
    const cursors: unknown[] = [];
    const reading = async (): Promise<void> => {
      const { signal } = new AbortController();
      for await (const { cursor } of source.read(sourceCursor(at(3 * SECOND)), signal)) cursors.push(cursor);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'SF_SOURCE_UNREACHABLE' });
    expect(cursors).toEqual([at(3 * SECOND)]);
  });

  it('tries the next address after a failure, with the same cursor', async () => {
    const [first, second] = [await jetstreamServer(), await jetstreamServer([post(0, 'a')])];
    first.serve({ answer: { status: 503 } });
    const source = sourceOf(first, second);
    await expect(readUntil(source, count(1), at(0))).rejects.toMatchObject({ code: 'SF_SOURCE_UNREACHABLE' });
    expect(told(await readUntil(source, count(1), at(0)))).toEqual(['post a']);
  });

  it('says what is missing where its cursor is older than anything the server has', async () => {
    const server = await jetstreamServer([post(0, 'a'), post(7200 * SECOND, 'b')]);
    server.forgetBefore(3600 * SECOND);
    const [batch] = await readUntil(sourceOf(server), count(1), at(0));
    expect(batch?.gap).toEqual({ from: '2026-11-28T12:00:00.000Z', to: '2026-11-28T14:00:00.000Z' });
  });

  it('goes on with the time of a server whose clock is behind its cursor', async () => {
    const server = await jetstreamServer();
    const reading = readUntil(sourceOf(server), count(1), at(7200 * SECOND));
    while (server.asked.length === 0) await wait(5);
    server.emit(post(SECOND, 'a'));
    expect((await reading).at(-1)?.cursor).toBe(at(SECOND));
  });

  it('goes on after frames that are none of Jetstream', async () => {
    const server = await jetstreamServer([post(0, 'a')]);
    server.serve({ frames: ['hello', Buffer.from([0xff, 0xfe]), '{"time_us":"soon"}'] });
    expect(told(await readUntil(sourceOf(server), count(4), at(0)))).toEqual([
      'SF_SOURCE_MALFORMED',
      'SF_SOURCE_MALFORMED',
      'SF_SOURCE_MALFORMED',
      'post a',
    ]);
  });

  it('tells events that come out of order, and keeps the later time as its cursor', async () => {
    const server = await jetstreamServer([post(2, 'b'), post(1, 'a')]);
    const batches = await readUntil(sourceOf(server), count(2), at(0));
    expect(told(batches)).toEqual(['post b', 'post a']);
    expect(batches.at(-1)?.cursor).toBe(at(2));
  });

  it.each([
    [
      { status: 429, headers: { 'retry-after': '17' } },
      { code: 'SF_SOURCE_UNREACHABLE', afterMs: 17_000 },
    ],
    [
      { status: 503, headers: { 'retry-after': 'Sat, 28 Nov 2026 12:02:00 GMT' } },
      { code: 'SF_SOURCE_UNREACHABLE', afterMs: 120_000 },
    ],
    [{ status: 500 }, { code: 'SF_SOURCE_UNREACHABLE', afterMs: undefined }],
    [{ status: 400 }, { code: 'SF_SOURCE_REFUSED' }],
    [{ status: 302, headers: { location: 'ws://10.0.0.1/' } }, { code: 'SF_SOURCE_REFUSED' }],
  ])('answered %j it ends with %j', async (answer, error) => {
    const server = await jetstreamServer();
    server.serve({ answer });
    await expect(readUntil(sourceOf(server), count(1))).rejects.toMatchObject(error);
  });

  it('takes a connection on which nothing comes for dead', async () => {
    const server = await jetstreamServer();
    const source = createBlueskySource({
      urls: [server.url],
      rewindMs: 0,
      silenceMs: 50,
      userAgent: 'sentiflux/test',
      now: Date.now,
    });
    await expect(readUntil(source, count(1))).rejects.toThrow(/was silent for 50 ms/);
  });

  it('may be tried again where nobody listens, and where what answers is no WebSocket', async () => {
    const other = createServer((socket) => socket.resume().end('SSH-2.0-OpenSSH_9.9\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = Object(other.address());
    const url = `ws://127.0.0.1:${port}/subscribe`;
    await expect(readUntil(sourceOf({ url }), count(1))).rejects.toMatchObject({
      code: 'SF_SOURCE_UNREACHABLE',
    });
    await new Promise((resolve) => other.close(resolve));
    await expect(readUntil(sourceOf({ url }), count(1))).rejects.toMatchObject({
      code: 'SF_SOURCE_UNREACHABLE',
    });
  });

  it('refuses a cursor that is none of its own', async () => {
    const server = await jetstreamServer();
    await expect(readUntil(sourceOf(server), count(1), '{"file":"a"}')).rejects.toMatchObject({
      code: 'SF_SOURCE_CURSOR_INVALID',
    });
  });

  it('lets the server wait while nobody takes what has come', async () => {
    const many = Array.from({ length: 60 }, (_, i) => post(i, `${i}`, 'long '.repeat(60_000)));
    const server = await jetstreamServer(many);
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const batch of sourceOf(server).read(sourceCursor(at(0)), stop.signal)) {
      // Whoever takes this one is slow: most of the rest must still be with the server, or on the way.
      if (seen.length === 0) {
        await wait(300);
        expect(server.waiting()).toBeGreaterThan(5_000_000);
      }
      seen.push(...told([batch]));
      if (seen.length === many.length) stop.abort();
    }
    expect(seen).toHaveLength(many.length);
  });
});
