import { describe, expect, it } from 'vitest';
import { createMastodonSource, type MastodonOptions } from '../../src/sources/mastodon/source.js';
import type { Source, SourceBatch } from '../../src/sources/port.js';
import { status as answer } from '../alerting/http-server.js';
import { eventsOf, problems, readUntil, told } from './batches.js';
import { type MastodonServer, mastodonServer, NOON, numberAt, status } from './mastodon-server.js';

function sourceOf(servers: readonly MastodonServer[], options: Partial<MastodonOptions> = {}): Source {
  return createMastodonSource({
    instances: servers.map(({ url }) => ({ url, token: 't0ken' })),
    hashtags: [],
    scope: 'all',
    rewindMs: 60_000,
    silenceMs: 5_000,
    allowPrivate: true,
    userAgent: 'sentiflux/test',
    now: () => NOON + 3_600_000,
    createBackoff: () => ({ next: (atLeastMs = 1) => atLeastMs, reset: () => {} }),
    wait: async () => {},
    ...options,
  });
}

/** Reads until so many events have come; does the steps one after the other, each when a stream is open or an event has come. */
async function play(
  source: Source,
  server: MastodonServer,
  steps: ReadonlyArray<() => void>,
  isDone: (batches: readonly SourceBatch[]) => boolean,
  after?: string,
): Promise<readonly SourceBatch[]> {
  const left = [...steps];
  const reading = readUntil(source, isDone, after);
  let ended = false;
  const noted = reading.finally(() => {
    ended = true;
  });
  noted.catch(() => {});
  let opened = server.opened();
  while (left.length > 0 && !ended) {
    while (server.opened() === opened && !ended) await new Promise((resolve) => setTimeout(resolve, 2));
    opened = server.opened();
    left.shift()?.();
  }
  return reading;
}

const events = (n: number) => (batches: readonly SourceBatch[]) => eventsOf(batches).length >= n;
const cursorOf = ({ host }: MastodonServer, number: string, timeline = 'all'): string =>
  JSON.stringify({ [`${host}/${timeline}`]: number });

describe('a status', () => {
  const tell = async (told: object, event = 'update') => {
    const server = await mastodonServer();
    const [only] = eventsOf(
      await play(sourceOf([server]), server, [() => server.emit(event, told)], events(1)),
    );
    return { event: only, host: server.host };
  };

  it('is a post, under the name that its home gives it', async () => {
    const content =
      'Lost my bag &amp; nobody cares <a href="https://home.example/tags/skylvara" rel="tag">#<span>skylvara</span></a></p><p>bad<script>x()</script>';
    const { event, host } = await tell(status(5, content, { in_reply_to_id: '42' }));
    expect(event).toEqual({
      kind: 'post',
      post: {
        id: `mastodon:home.example/${numberAt(5)}`,
        source: 'mastodon',
        text: 'Lost my bag & nobody cares #skylvara\nbad',
        author: 'ann@home.example',
        createdAt: NOON + 5_000,
        updatedAt: NOON + 5_000,
        language: 'en',
        url: `https://home.example/@ann/${numberAt(5)}`,
        replyTo: `mastodon:${host}/42`,
        reach: 7,
      },
    });
  });

  it('begins with its content warning', async () => {
    const { event } = await tell(status(5, 'They lost my bag', { spoiler_text: 'travel, rant' }));
    expect(event).toMatchObject({ post: { text: 'travel, rant\nThey lost my bag' } });
  });

  it('may be of another kind of server, whose names have other forms', async () => {
    const other = { uri: 'https://misskey.example/notes/9x', url: null, language: null, edited_at: 7 };
    const { event } = await tell({ ...status(5, 'hello'), ...other, account: { acct: 'bob' } });
    expect(event).toMatchObject({
      post: {
        id: 'mastodon:https://misskey.example/notes/9x',
        url: 'https://misskey.example/notes/9x',
        author: expect.stringMatching(/^bob@127\.0\.0\.1:\d+$/),
      },
    });
    expect(event).not.toHaveProperty('post.language');
  });

  it('has no time of its own that is still to come', async () => {
    const { event } = await tell(status(5, 'hello', { created_at: '2037-01-01T00:00:00Z' }));
    expect(event).toMatchObject({ post: { createdAt: NOON + 3_600_000, updatedAt: NOON + 3_600_000 } });
  });

  it('that was edited has the time of its edit', async () => {
    const edited = { ...status(5, 'better'), edited_at: '2026-11-28T12:30:00.000Z' };
    expect((await tell(edited, 'status.update')).event).toMatchObject({
      kind: 'edit',
      post: { text: 'better', createdAt: NOON + 5_000, updatedAt: NOON + 1_800_000 },
    });
    const early = { ...edited, edited_at: '2026-11-28T13:00:00.500Z' };
    expect((await tell(early, 'status.update')).event).toMatchObject({
      kind: 'edit',
      post: { updatedAt: NOON + 3_600_000 },
    });
  });

  it('that was updated and not edited is no news: a preview came, or a vote', async () => {
    const server = await mastodonServer();
    const step = () => {
      server.post(status(1, 'one'));
      server.emit('status.update', status(1, 'one', { card: {} }));
      server.post(status(2, 'two'));
    };
    expect(told(await play(sourceOf([server]), server, [step], events(2)))).toEqual(['one', 'two']);
  });

  it.each([
    ['an object of another kind', { id: 7 }, 'SF_SOURCE_MALFORMED'],
    ['no JSON', '{"id":', 'SF_SOURCE_MALFORMED'],
    ['a picture', status(5, ''), 'SF_POST_NO_TEXT'],
  ])('is unusable where it is %s', async (_, data, code) => {
    const server = await mastodonServer();
    const batches = await play(sourceOf([server]), server, [() => server.emit('update', data)], events(1));
    expect(told(batches)).toEqual([code]);
  });
});

describe('the source mastodon', () => {
  it('begins with what is new, and tells posts, edits and deletions as they come', async () => {
    const server = await mastodonServer();
    server.keep(status(0, 'old'));
    const step = () => {
      server.post(status(1, 'one'), status(2, 'two'));
      server.write(':thump\n');
      server.emit('status.update', status(1, 'one, edited', { edited_at: '2026-11-28T12:10:00Z' }));
      server.emit('filters_changed', '');
      server.emit('delete', numberAt(2));
      server.emit('delete', '99');
    };
    const batches = await play(sourceOf([server]), server, [step], events(5));
    expect(told(batches)).toEqual([
      'one',
      'two',
      'one, edited',
      `- mastodon:home.example/${numberAt(2)}`,
      `- mastodon:${server.host}/99`,
    ]);
    expect(batches.at(-1)?.cursor).toBe(cursorOf(server, numberAt(2)));
  });

  it('says where it stands before it tells the first of what is new, so that a crash loses none of it', async () => {
    const server = await mastodonServer();
    const step = () => server.post(status(1, 'one'), status(2, 'two'));
    const [before] = await play(sourceOf([server], { rewindMs: 0 }), server, [step], events(2));
    expect(before).toMatchObject({ events: [], isStart: true });
    const batches = await play(sourceOf([server], { rewindMs: 0 }), server, [], events(2), before?.cursor);
    expect(told(batches)).toEqual(['one', 'two']);
  });

  it('shows its token and its name, and asks for the timeline that is wanted', async () => {
    const server = await mastodonServer();
    const local = () => sourceOf([server], { scope: 'local', hashtags: ['größe'] });
    server.keep(status(1, 'one'));
    await play(sourceOf([server]), server, [() => server.post(status(2, 'two'))], events(1));
    await play(local(), server, [], events(2), cursorOf(server, numberAt(0), 'local/größe'));
    const paths = server.received.map(({ path }) => path);
    expect(paths).toContain('/api/v1/streaming/public');
    expect(paths).toContain('/api/v1/streaming/hashtag/local?tag=gr%C3%B6%C3%9Fe');
    expect(paths).toContain(
      `/api/v1/timelines/tag/gr%C3%B6%C3%9Fe?limit=40&min_id=${numberAt(-60)}&local=true`,
    );
    for (const { headers } of server.received)
      expect(headers).toMatchObject({ authorization: 'Bearer t0ken', 'user-agent': 'sentiflux/test' });
  });

  it('fills what it missed from the timeline, however much, then goes on with the stream', async () => {
    const server = await mastodonServer();
    const missed = Array.from({ length: 95 }, (_, i) => status(100 + i, `missed ${i}`));
    server.keep(status(0, 'old'), ...missed);
    const step = () => server.post(status(300, 'new'));
    const after = cursorOf(server, numberAt(99));
    const batches = await play(sourceOf([server]), server, [step], events(96), after);
    expect(told(batches)).toEqual([...missed.map((_, i) => `missed ${i}`), 'new']);
    expect(batches.every(({ gap }) => gap === undefined)).toBe(true);
  });

  it('loses nothing by connections that are cut, and tells nothing twice', async () => {
    const server = await mastodonServer();
    const steps = [
      () => {
        server.post(status(1, 'one'));
        server.cut();
        server.keep(status(2, 'two'), status(3, 'three'));
      },
      () => {
        server.post(status(4, 'four'));
        server.write('event: update\ndata: {"id":"cut o');
        server.cut();
      },
      () => server.post(status(5, 'five')),
    ];
    // Its first event must have come before the stream is cut: without a cursor a stream begins with what is new.
    const batches = await play(
      sourceOf([server]),
      server,
      steps,
      (read) => told(read).includes('five'),
      cursorOf(server, numberAt(0)),
    );
    expect(told(batches)).toEqual(['one', 'two', 'three', 'four', 'five']);
    expect(problems(batches)).toMatchObject([
      { code: 'SF_SOURCE_UNREACHABLE' },
      { code: 'SF_SOURCE_UNREACHABLE' },
    ]);
  });

  it('asks for posts of other servers again, which come late under earlier numbers', async () => {
    const server = await mastodonServer();
    server.keep(status(50, 'late'));
    const source = sourceOf([server]);
    expect(told(await play(source, server, [], events(1), cursorOf(server, numberAt(90))))).toEqual(['late']);
    expect(server.received.map(({ path }) => path)).toContain(
      `/api/v1/timelines/public?limit=40&min_id=${numberAt(30)}`,
    );
  });

  it('tells a post once, by however many servers and timelines it comes, and its last version', async () => {
    const [a, b] = [await mastodonServer(), await mastodonServer()];
    const edited = { edited_at: '2026-11-28T12:10:00Z' };
    const batches = readUntil(sourceOf([a, b]), (read) => told(read).includes('end'));
    while (a.opened() + b.opened() < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    a.post(status(1, 'one'));
    a.emit('status.update', status(1, 'one, edited', edited));
    // Under the numbers of another server, and out of order.
    b.post({ ...status(1, 'one'), id: numberAt(7) });
    b.emit('status.update', { ...status(1, 'one, edited', edited), id: numberAt(7) });
    a.emit('delete', numberAt(1));
    b.emit('delete', numberAt(7));
    b.emit('update', { ...status(1, 'one'), id: numberAt(7) });
    setTimeout(() => b.post(status(9, 'end')), 50);
    const texts = told(await batches);
    expect(texts.at(-1)).toBe('end');
    expect(texts.filter((text) => text.startsWith('-'))).toEqual([`- mastodon:home.example/${numberAt(1)}`]);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('tells neither boosts nor what was not meant for all', async () => {
    const server = await mastodonServer();
    const step = () =>
      server.post(
        status(1, 'followers only', { visibility: 'private' }),
        status(2, 'a message', { visibility: 'direct' }),
        status(3, 'boost', { reblog: status(1, 'boosted') }),
        status(4, 'quiet', { visibility: 'unlisted' }),
      );
    expect(told(await play(sourceOf([server]), server, [step], events(1)))).toEqual(['quiet']);
  });

  it('takes a post that says nothing any more as deleted', async () => {
    const server = await mastodonServer();
    const step = () => {
      server.post(status(1, 'one'));
      server.emit('status.update', status(1, '', { edited_at: '2026-11-28T12:10:00Z' }));
    };
    expect(told(await play(sourceOf([server]), server, [step], events(2)))).toEqual([
      'one',
      `- mastodon:home.example/${numberAt(1)}`,
    ]);
  });

  it('reads characters that come in pieces', async () => {
    const server = await mastodonServer();
    const bytes = Buffer.from(`event: update\ndata: ${JSON.stringify(status(1, 'Größe 👍'))}\n\n`);
    const middle = bytes.indexOf('👍') + 2;
    const step = () => {
      server.write(bytes.subarray(0, middle));
      setTimeout(() => server.write(bytes.subarray(middle)), 20);
    };
    expect(told(await play(sourceOf([server]), server, [step], events(1)))).toEqual(['Größe 👍']);
  });

  it('says where more was missed than can be asked for', async () => {
    const server = await mastodonServer();
    server.keep(...Array.from({ length: 4_001 }, (_, i) => status(100 + i, `missed ${i}`)));
    const after = cursorOf(server, numberAt(0));
    const batches = await play(
      sourceOf([server]),
      server,
      [],
      (read) => read.at(-1)?.gap !== undefined,
      after,
    );
    expect(eventsOf(batches)).toHaveLength(4_000);
    expect(batches.at(-1)?.gap).toEqual({
      from: `status ${numberAt(4_099)} of ${server.host}/all`,
      to: '2026-11-28T13:00:00.000Z',
    });
  });
});

describe('a server of Mastodon', () => {
  const away = { code: 'SF_SOURCE_UNREACHABLE' };
  const STREAM = '/api/v1/streaming/public';

  it.each([
    [
      '429',
      STREAM,
      answer(429, { 'x-ratelimit-reset': '2026-11-28T13:00:30.000Z' }),
      { ...away, afterMs: 30_000 },
    ],
    ['503', STREAM, answer(503, { 'retry-after': '7' }), { ...away, afterMs: 7_000 }],
    [
      '429 to its timeline',
      '/api/v1/timelines/public',
      answer(429, { 'retry-after': '9' }),
      { ...away, afterMs: 9_000 },
    ],
    ['a page in place of its timeline', '/api/v1/timelines/public', answer(200, {}, '<html>'), away],
    ['500 to what it is', '/api/v2/instance', answer(500), away],
  ])('that answers %s is told and tried again', async (_, path, listener, problem) => {
    const server = await mastodonServer();
    server.answer(path, listener);
    server.keep(status(1, 'one'));
    const batches = await play(sourceOf([server]), server, [], events(1), cursorOf(server, numberAt(0)));
    expect(problems(batches)).toMatchObject([problem]);
    expect(told(batches)).toEqual(['one']);
  });

  it.each([401, 403])('that answers %i ends the source', async (code) => {
    const server = await mastodonServer();
    server.answer(STREAM, answer(code));
    await expect(readUntil(sourceOf([server]), () => false)).rejects.toMatchObject({
      code: 'SF_SOURCE_REFUSED',
      message: `${server.host} answered ${code}.`,
    });
  });

  it('that falls silent is told, and one that only says that it is there is not', async () => {
    const server = await mastodonServer();
    const source = sourceOf([server], { silenceMs: 1_000 });
    const batches = readUntil(source, (read) => problems(read).length > 0);
    while (server.opened() === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    for (let i = 0; i < 12; i += 1) {
      server.write(':thump\n');
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(server.opened()).toBe(1);
    }
    expect(problems(await batches)).toMatchObject([
      { ...away, message: `${server.host} was silent for 1000 ms.` },
    ]);
  });

  it('that never ends an event is told, and what came before is not lost', async () => {
    const server = await mastodonServer();
    const step = () => {
      server.post(status(1, 'one'));
      server.write(`data: ${'x'.repeat(2_000_000)}`);
    };
    const batches = await play(sourceOf([server]), server, [step], (read) => problems(read).length > 0);
    expect(told(batches)).toEqual(['one']);
    expect(problems(batches)[0]?.message).toMatch(/sent an event of more than 1048576 characters/);
  });

  it('that has streams on another host is asked there, with its token', async () => {
    const [server, streams] = [await mastodonServer(), await mastodonServer()];
    const named = { configuration: { urls: { streaming: streams.url.replace('http', 'ws') } } };
    server.answer('/api/v2/instance', answer(200, {}, JSON.stringify(named)));
    expect(
      told(await play(sourceOf([server]), streams, [() => streams.post(status(1, 'one'))], events(1))),
    ).toEqual(['one']);
    expect(streams.received[0]?.headers).toMatchObject({ authorization: 'Bearer t0ken' });
  });

  it('that has its streams in a private network is refused, and nothing is sent there', async () => {
    const [server, inner] = [await mastodonServer(), await mastodonServer()];
    const streaming = `ws://localhost:${new URL(inner.url).port}`;
    server.answer(
      '/api/v2/instance',
      answer(200, {}, JSON.stringify({ configuration: { urls: { streaming } } })),
    );
    await expect(readUntil(sourceOf([server]), () => false)).rejects.toMatchObject({
      code: 'SF_SOURCE_REFUSED',
      message: expect.stringContaining('a private address'),
    });
    expect(inner.received).toEqual([]);
  });

  it('of another kind, which does not say what it is, has streams where it is', async () => {
    const server = await mastodonServer();
    server.answer('/api/v2/instance', answer(404));
    expect(
      told(await play(sourceOf([server]), server, [() => server.post(status(1, 'one'))], events(1))),
    ).toEqual(['one']);
  });

  it('does not lead its token elsewhere by a redirect', async () => {
    const [server, elsewhere] = [await mastodonServer(), await mastodonServer()];
    server.answer(STREAM, answer(301, { location: `${elsewhere.url}${STREAM}` }));
    await expect(readUntil(sourceOf([server]), () => false)).rejects.toMatchObject({
      code: 'SF_SOURCE_REFUSED',
    });
    expect(elsewhere.received).toEqual([]);
  });
});

it('a cursor of another source is refused', async () => {
  const server = await mastodonServer();
  for (const cursor of ['17', '{"file":"a","offset":1}', cursorOf(server, '../7')])
    await expect(readUntil(sourceOf([server]), () => false, cursor)).rejects.toMatchObject({
      code: 'SF_SOURCE_CURSOR_INVALID',
    });
});
