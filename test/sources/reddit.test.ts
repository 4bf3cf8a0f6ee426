import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import type { SourceBatch } from '../../src/sources/port.js';
import { createRedditSource, type RedditOptions } from '../../src/sources/reddit/source.js';
import { itemOf } from '../../src/sources/reddit/thing.js';
import { status } from '../alerting/http-server.js';
import { eventsOf, problems, readUntil, rounds, told } from './batches.js';
import { comment, link, NOON_SECONDS, type RedditServer, redditServer } from './reddit-server.js';

const NOON = NOON_SECONDS * 1_000;

/** Its rounds follow each other at once; what is to happen between two of them can be told. */
function sourceOf(
  { url, tokenUrl }: RedditServer,
  betweenRounds: (round: number) => void = () => {},
  options: Partial<RedditOptions> = {},
) {
  let round = 0;
  return createRedditSource({
    url,
    tokenUrl,
    clientId: 'app',
    clientSecret: 's3cret',
    subreddits: ['travel', 'flying'],
    pollMs: 30_000,
    userAgent: 'node:sentiflux:test (by /u/ann)',
    now: () => NOON + 3_600_000,
    random: () => 0.5,
    createBackoff: () => ({ next: (atLeastMs = 1) => atLeastMs, reset: () => {} }),
    async wait() {
      round += 1;
      betweenRounds(round);
    },
    ...options,
  });
}

const START = JSON.stringify({ posts: '0', comments: '0' });
const apiPaths = ({ received }: RedditServer) =>
  received.map(({ path }) => path ?? '').filter((path) => path.startsWith('/r/'));

describe('a thing of Reddit', () => {
  const seenAt = epochMillis(NOON + 3_600_000);

  it('is a post of title and text where it is one, without its Markdown', () => {
    const rest = {
      selftext: '**Lost** my bag',
      selftext_html: '<div class="md"><p><strong>Lost</strong> my bag &amp; more</p></div>',
    };
    expect(itemOf(link(100, ' Skylvara ', { ...rest, edited: NOON_SECONDS + 600.0 }), seenAt)).toEqual({
      number: 100,
      id: 'reddit:t3_2s',
      post: {
        id: 'reddit:t3_2s',
        source: 'reddit',
        text: 'Skylvara\nLost my bag & more',
        author: 'ann',
        createdAt: NOON + 100_000,
        updatedAt: NOON + 600_000,
        url: 'https://www.reddit.com/r/travel/comments/2s/a/',
        reach: 7,
      },
    });
  });

  it('answers its parent where it is a comment', () => {
    expect(itemOf(comment(7, 'Aw shucks'), seenAt)).toMatchObject({
      id: 'reddit:t1_7',
      post: { text: 'Aw shucks', replyTo: 'reddit:t3_1', reach: 0 },
    });
  });

  it('has no author where that account is gone, and no time that is still to come', () => {
    const item = itemOf(link(1, 'a', { author: '[deleted]', created_utc: NOON_SECONDS + 999_999 }), seenAt);
    expect(item).toMatchObject({ post: { createdAt: NOON + 3_600_000 } });
    expect(item.post).not.toHaveProperty('author');
  });

  it.each([
    link(1, 'a', { selftext: '[removed]' }),
    link(1, 'a', { removed_by_category: 'moderator' }),
    comment(1, '[deleted]'),
  ])('is deleted where its author or moderators took it away', (thing) => {
    expect(itemOf(thing, seenAt).post).toBe('deleted');
  });

  it.each([{ kind: 'more', data: { name: 't1__' } }, { kind: 't3' }, 7, null])(
    'is malformed where it is %j',
    (thing) => {
      expect(itemOf(thing, seenAt)).toMatchObject({ number: undefined, post: 'malformed' });
    },
  );
});

describe('the source reddit', () => {
  it('begins with what is new, and tells posts and comments of its subreddits', async () => {
    const server = await redditServer(link(1, 'old'), comment(1, 'old'));
    const source = sourceOf(server, (round) => {
      if (round === 2) server.put(link(3, 'three'), link(2, 'two'), comment(2, 'too'));
    });
    const batches = await readUntil(source, (read) => eventsOf(read).length >= 3);
    expect(told(batches).filter((text) => text !== 'too')).toEqual(['two', 'three']);
    expect(JSON.parse(batches.at(-1)?.cursor ?? '')).toEqual({ posts: '3', comments: '2' });
    expect(apiPaths(server)).toContain('/r/travel+flying/new?limit=100&raw_json=1');
    expect(apiPaths(server)).toContain('/r/travel+flying/comments?limit=100&raw_json=1');
  });

  it('asks for a token once, and shows it and its name', async () => {
    const server = await redditServer(link(1, 'one'), comment(1, 'too'));
    await readUntil(sourceOf(server), rounds(6), START);
    const [tokens, others] = [
      server.received.filter(({ path }) => path === '/token'),
      server.received.filter(({ path }) => path !== '/token'),
    ];
    expect(tokens[0]).toMatchObject({ method: 'POST', body: 'grant_type=client_credentials' });
    // Both listings may ask before the first has one.
    expect(tokens.length).toBeLessThanOrEqual(2);
    for (const { headers } of others)
      expect(headers).toMatchObject({
        authorization: 'Bearer t1',
        'user-agent': 'node:sentiflux:test (by /u/ann)',
      });
  });

  it('asks for another token where one ends before its time', async () => {
    const server = await redditServer(link(1, 'one'));
    const source = sourceOf(server, (round) => {
      if (round === 2) {
        server.endTokens();
        server.put(link(2, 'two'));
      }
    });
    const batches = await readUntil(source, (read) => told(read).includes('two'), START);
    expect(told(batches)).toEqual(['one', 'two']);
    expect(problems(batches)).toEqual([]);
  });

  it('asks for another token in time', async () => {
    const server = await redditServer(link(1, 'one'));
    let now = NOON;
    const source = sourceOf(
      server,
      () => {
        now += 86_400_000;
      },
      { now: () => now },
    );
    await readUntil(source, rounds(6), START);
    expect(server.received.filter(({ path }) => path === '/token').length).toBeGreaterThan(2);
  });

  it('goes on after its cursor over pages, and says where Reddit has no more', async () => {
    const links = Array.from({ length: 1_200 }, (_, i) => link(i + 1, `post ${i + 1}`));
    const server = await redditServer(...links);
    const cursor = (posts: number): string => JSON.stringify({ posts: String(posts), comments: '0' });
    const done = (read: readonly SourceBatch[]) => eventsOf(read).length > 0;
    const near = await readUntil(sourceOf(server), done, cursor(900));
    expect(told(near)).toEqual(links.slice(900).map(({ data }) => data.title));
    expect(near.some(({ gap }) => gap !== undefined)).toBe(false);
    const far = await readUntil(sourceOf(server), done, cursor(100));
    expect(eventsOf(far)).toHaveLength(1_000);
    expect(far.flatMap(({ gap }) => gap ?? [])).toEqual([{ from: 'number 100 of posts', to: 'number 201' }]);
  });

  it('goes on where the post of its cursor is gone', async () => {
    const server = await redditServer(link(1, 'one'), link(3, 'three'));
    expect(
      told(
        await readUntil(
          sourceOf(server),
          (read) => eventsOf(read).length > 0,
          '{"posts":"2","comments":"0"}',
        ),
      ),
    ).toEqual(['three']);
  });

  it('tells edits and deletions of the latest, once each', async () => {
    const server = await redditServer(
      comment(1, 'one'),
      comment(2, 'two'),
      comment(3, 'three'),
      comment(4, 'four'),
    );
    const source = sourceOf(server, (round) => {
      if (round === 2)
        server.put(comment(2, 'two, edited', { edited: NOON_SECONDS + 900 }), comment(3, '[removed]'));
      if (round === 4) server.remove('t1_4');
      if (round === 12) server.put(comment(9, 'end'));
    });
    // The newest of all may be missing without a sign.
    server.put(comment(5, 'five'));
    const batches = await readUntil(source, (read) => told(read).includes('end'), START);
    expect(told(batches)).toEqual([
      'one',
      'two',
      'three',
      'four',
      'five',
      'two, edited',
      '- reddit:t1_3',
      '- reddit:t1_4',
      'end',
    ]);
    expect(eventsOf(batches)[5]).toMatchObject({ kind: 'edit', post: { updatedAt: NOON + 900_000 } });
  });

  it('waits for the end of the limit where nothing is left of it', async () => {
    const server = await redditServer(link(1, 'one'));
    const pauses: number[] = [];
    const wait = async (millis: number) => void pauses.push(millis);
    server.say({ 'x-ratelimit-used': '99', 'x-ratelimit-remaining': '0.0', 'x-ratelimit-reset': '120' });
    await readUntil(sourceOf(server, undefined, { wait }), rounds(4), START);
    expect(pauses).toContain(120_000);
    const fresh: number[] = [];
    server.say({ 'x-ratelimit-remaining': '598.0', 'x-ratelimit-reset': '120' });
    await readUntil(
      sourceOf(server, undefined, { wait: async (millis) => void fresh.push(millis) }),
      rounds(4),
      START,
    );
    expect(new Set(fresh)).toEqual(new Set([30_000]));
  });

  const NEW = '/r/travel+flying/new';
  it.each([
    [
      '429',
      NEW,
      status(429, { 'x-ratelimit-reset': '30' }),
      { code: 'SF_SOURCE_UNREACHABLE', afterMs: 30_000 },
    ],
    ['503', NEW, status(503), { code: 'SF_SOURCE_UNREACHABLE' }],
    ['a page', NEW, status(200, {}, '<html>'), { code: 'SF_SOURCE_UNREACHABLE' }],
    ['JSON of another shape', NEW, status(200, {}, '{"kind":"more"}'), { code: 'SF_SOURCE_UNREACHABLE' }],
    ['5 MB', NEW, status(200, {}, ' '.repeat(5_000_000)), { code: 'SF_SOURCE_UNREACHABLE' }],
    [
      '429 to a token',
      '/token',
      status(429, { 'retry-after': '9' }),
      { code: 'SF_SOURCE_UNREACHABLE', afterMs: 9_000 },
    ],
  ])('answered %s tells it and tries again', async (_, path, answer, problem) => {
    const server = await redditServer(link(1, 'one'), comment(1, 'too'));
    server.answer(path, answer);
    const batches = await readUntil(sourceOf(server), (read) => eventsOf(read).length >= 2, START);
    expect(told(batches).toSorted()).toEqual(['one', 'too']);
    expect(problems(batches)).toMatchObject([problem]);
  });

  it('is tried again where an answer breaks off', async () => {
    const server = await redditServer(link(1, 'one'));
    server.answer(NEW, (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setTimeout(() => response.destroy(), 10);
    });
    const batches = await readUntil(sourceOf(server), (read) => eventsOf(read).length >= 1, START);
    expect(problems(batches)).toMatchObject([{ code: 'SF_SOURCE_UNREACHABLE' }]);
  });

  it('ends where its application is not known, and says no secret', async () => {
    const server = await redditServer();
    const reading = readUntil(sourceOf(server, undefined, { clientSecret: 'wr0ng' }), rounds(9));
    await expect(reading).rejects.toMatchObject({ code: 'SF_SOURCE_REFUSED' });
    await expect(reading).rejects.toThrow(/^127\.0\.0\.1:\d+ answered 401\.$/);
  });
});
