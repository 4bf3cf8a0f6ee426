import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import { itemOf } from '../../src/sources/discourse/post.js';
import { createDiscourseSource } from '../../src/sources/discourse/source.js';
import { status } from '../alerting/http-server.js';
import { eventsOf, problems, readUntil, rounds, told } from './batches.js';
import { type DiscourseServer, discourseServer, NOON, post } from './discourse-server.js';

/** Its rounds follow each other at once; what is to happen between two of them can be told. */
function sourceOf(
  servers: ReadonlyArray<Pick<DiscourseServer, 'url'>>,
  betweenRounds: (round: number) => void = () => {},
  allowPrivate = true,
) {
  let round = 0;
  return createDiscourseSource({
    forums: servers.map(({ url }) => url),
    pollMs: 60_000,
    allowPrivate,
    userAgent: 'sentiflux/test',
    now: () => NOON + 3_600_000,
    random: () => 0.5,
    createBackoff: () => ({ next: (atLeastMs = 1) => atLeastMs, reset: () => {} }),
    async wait() {
      round += 1;
      betweenRounds(round);
    },
  });
}

const cursorOf = ({ host }: DiscourseServer, number: number): string =>
  JSON.stringify({ [`${host}/forum`]: String(number) });

describe('a post of Discourse', () => {
  const seenAt = epochMillis(NOON + 3_600_000);
  const item = (listed: unknown) => itemOf(listed, 'https://forum.example', seenAt);

  it('is one, without its HTML', () => {
    const cooked =
      '<p>They <em>lost</em> my bag &amp; nobody cares.</p>\n<script>x()</script><blockquote>Really?</blockquote>';
    expect(item(post(7, '', { cooked }))).toEqual({
      number: 7,
      id: 'discourse:forum.example/7',
      post: {
        id: 'discourse:forum.example/7',
        source: 'discourse',
        text: 'They lost my bag & nobody cares.\nReally?',
        author: 'ann@forum.example',
        createdAt: NOON + 7_000,
        updatedAt: NOON + 7_000,
        url: 'https://forum.example/t/77/2',
        reach: 4,
      },
    });
  });

  it('begins with the title of its topic where it is the first there', () => {
    expect(item(post(7, 'Where are they?', { post_number: 1 }))).toMatchObject({
      post: { text: 'Lost bags\nWhere are they?' },
    });
  });

  it('has the time of its last edit where there was one, and none that is still to come', () => {
    const edited = { version: 2, updated_at: '2026-11-28T12:30:00Z' };
    expect(item(post(7, 'a', edited))).toMatchObject({ post: { updatedAt: NOON + 1_800_000 } });
    // Votes and the like.
    expect(item(post(7, 'a', { ...edited, version: 1 }))).toMatchObject({
      post: { updatedAt: NOON + 7_000 },
    });
    expect(item(post(7, 'a', { created_at: '2037-01-01T00:00:00Z' }))).toMatchObject({
      post: { createdAt: NOON + 3_600_000 },
    });
  });

  it('is deleted where its author took it back, or moderators hid it', () => {
    expect(item(post(7, '(post deleted by author)', { user_deleted: true })).post).toBe('deleted');
    expect(item(post(7, 'spam', { hidden: true })).post).toBe('deleted');
  });

  it('is malformed where it is something else', () => {
    expect(item({ id: 'seven' })).toMatchObject({ number: undefined, post: 'malformed' });
  });
});

describe('the source discourse', () => {
  it('begins with what is new, and tells posts in the order of their numbers', async () => {
    const server = await discourseServer(post(1, 'old'));
    const source = sourceOf([server], (round) => {
      if (round === 1) server.put(post(3, 'three'), post(2, 'two'));
    });
    const batches = await readUntil(source, rounds(2));
    expect(told(batches)).toEqual(['two', 'three']);
    expect(batches.map(({ cursor }) => cursor)).toEqual([cursorOf(server, 1), cursorOf(server, 3)]);
    expect(server.received[0]).toMatchObject({
      path: '/forum/posts.json',
      headers: { 'user-agent': 'sentiflux/test', accept: 'application/json' },
    });
  });

  it('tells no password of its address', async () => {
    const server = await discourseServer(post(1, 'one'));
    const url = server.url.replace('//', '//user:s3cret@');
    const batches = await readUntil(sourceOf([{ url }]), rounds(1), cursorOf(server, 0));
    expect(told(batches)).toEqual(['one']);
    expect(JSON.stringify(batches)).not.toContain('s3cret');
  });

  it('goes on after its cursor, over pages and numbers that are none', async () => {
    const posts = Array.from({ length: 180 }, (_, i) => post(2 * i + 1, `post ${i}`));
    const server = await discourseServer(...posts);
    const batches = await readUntil(sourceOf([server]), rounds(1), cursorOf(server, 21));
    expect(told(batches)).toEqual(posts.slice(11).map(({ raw }) => raw));
    expect(batches[0]?.gap).toBeUndefined();
  });

  it('says where more was missed than is asked for', async () => {
    const server = await discourseServer(
      ...Array.from({ length: 1_200 }, (_, i) => post(i + 1, `post ${i}`)),
    );
    const [batch] = await readUntil(sourceOf([server]), rounds(1), cursorOf(server, 10));
    const [first] = batch?.events ?? [];
    expect(batch?.gap?.from).toBe(`number 10 of ${server.host}/forum`);
    expect(first).toMatchObject({
      post: { id: expect.stringMatching(new RegExp(`/${batch?.gap?.to.slice(7)}$`)) },
    });
    expect(batch?.events.length).toBeGreaterThan(950);
  });

  it('tells edits and deletions of the latest posts, once each, also of what an earlier process has told', async () => {
    const server = await discourseServer(post(1, 'one'), post(2, 'two'), post(3, 'three'), post(4, 'four'));
    const edit = { version: 2, updated_at: '2026-11-28T12:30:00Z' };
    const source = sourceOf([server], (round) => {
      if (round === 1) server.put(post(2, 'two, edited', edit), post(3, 'three', { reply_count: 9 }));
      if (round === 2) server.put(post(3, '(post deleted by author)', { user_deleted: true }));
      if (round === 3) server.remove(2);
      if (round === 6) server.put(post(5, 'end'));
    });
    const batches = await readUntil(source, (read) => told(read).includes('end'), cursorOf(server, 3));
    const { host } = server;
    expect(told(batches)).toEqual([
      'four',
      'two, edited',
      `- discourse:${host}/3`,
      `- discourse:${host}/2`,
      'end',
    ]);
    expect(eventsOf(batches)[1]).toMatchObject({
      kind: 'edit',
      post: { createdAt: NOON + 2_000, updatedAt: NOON + 1_800_000 },
    });
  });

  it('takes a post that is missing for once for no deletion, and one that comes back for an edit', async () => {
    const server = await discourseServer(post(1, 'one'), post(2, 'two'));
    const source = sourceOf([server], (round) => {
      if (round === 1) server.remove(2);
      if (round === 2) server.put(post(2, 'two'));
      if (round === 3) server.remove(2);
      if (round === 5) server.put(post(2, 'two'));
    });
    // The first of a listing can be missing without a sign: older ones may have no room.
    server.put(post(3, 'three'));
    const batches = await readUntil(source, rounds(6), cursorOf(server, 0));
    expect(told(batches)).toEqual(['one', 'two', 'three', `- discourse:${server.host}/2`, 'two']);
    expect(eventsOf(batches)[4]).toMatchObject({ kind: 'edit', post: { updatedAt: NOON + 3_600_000 } });
  });

  it('tells a post that was held back and comes between others', async () => {
    const server = await discourseServer(post(1, 'one'), post(3, 'three'));
    const source = sourceOf([server], (round) => {
      if (round === 1) server.put(post(2, 'two'));
    });
    expect(told(await readUntil(source, rounds(3), cursorOf(server, 0)))).toEqual(['one', 'three', 'two']);
  });

  it('counts what is no post once, and goes on', async () => {
    const server = await discourseServer(
      { id: 1, cooked: 7 },
      post(2, '<img src="a.png">'),
      post(3, 'three'),
    );
    expect(told(await readUntil(sourceOf([server]), rounds(3), cursorOf(server, 0))).toSorted()).toEqual([
      'SF_POST_NO_TEXT',
      'SF_SOURCE_MALFORMED',
      'three',
    ]);
  });

  it.each([
    ['429', status(429, { 'retry-after': '30' }), { code: 'SF_SOURCE_UNREACHABLE', afterMs: 30_000 }],
    ['503', status(503), { code: 'SF_SOURCE_UNREACHABLE' }],
    ['a page', status(200, {}, '<html>'), { code: 'SF_SOURCE_UNREACHABLE' }],
    ['JSON of another shape', status(200, {}, '{"posts":[]}'), { code: 'SF_SOURCE_UNREACHABLE' }],
    ['an answer without end', status(200, {}, ' '.repeat(17_000_000)), { code: 'SF_SOURCE_UNREACHABLE' }],
    ['403', status(403), { code: 'SF_SOURCE_REFUSED' }],
    [
      'a redirect to a private address',
      status(302, { location: 'http://10.0.0.1/' }),
      { code: 'SF_SOURCE_REFUSED' },
    ],
  ])(
    'answered %s by one of its forums tells it, and tries again while the other goes on',
    async (_, answer, problem) => {
      const [a, b] = [await discourseServer(post(1, 'a')), await discourseServer(post(1, 'b'))];
      a.answer(answer);
      const cursor = JSON.stringify({ ...JSON.parse(cursorOf(a, 0)), ...JSON.parse(cursorOf(b, 0)) });
      const batches = await readUntil(sourceOf([a, b]), (read) => eventsOf(read).length >= 2, cursor);
      expect(told(batches).toSorted()).toEqual(['a', 'b']);
      expect(problems(batches)).toMatchObject([problem]);
    },
  );

  it('is tried again where an answer breaks off or nobody listens', async () => {
    const server = await discourseServer(post(1, 'one'));
    server.answer((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setTimeout(() => response.destroy(), 10);
    });
    const batches = await readUntil(
      sourceOf([server, { url: 'http://127.0.0.1:9' }]),
      (read) => problems(read).length >= 2 && eventsOf(read).length >= 1,
      cursorOf(server, 0),
    );
    expect(told(batches)).toEqual(['one']);
  });

  it('refuses a forum at a private address unless that is allowed, and a cursor that is none of its own', async () => {
    const server = await discourseServer();
    await expect(readUntil(sourceOf([server], undefined, false), rounds(1))).rejects.toMatchObject({
      code: 'SF_SOURCE_REFUSED',
      message: expect.stringContaining('a private address'),
    });
    expect(server.received).toEqual([]);
    await expect(
      readUntil(sourceOf([server]), rounds(1), JSON.stringify({ [`${server.host}/forum`]: '-1' })),
    ).rejects.toMatchObject({ code: 'SF_SOURCE_CURSOR_INVALID' });
  });
});
