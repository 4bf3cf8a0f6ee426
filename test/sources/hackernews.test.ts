import { describe, expect, it } from 'vitest';
import { eventOfItem } from '../../src/sources/hackernews/item.js';
import { createHackerNewsSource } from '../../src/sources/hackernews/source.js';
import type { SourceBatch } from '../../src/sources/port.js';
import { status } from '../alerting/http-server.js';
import { eventsOf, readUntil, told } from './batches.js';
import {
  comment,
  type HackerNewsServer,
  hackerNewsServer,
  NOON_SECONDS,
  story,
} from './hackernews-server.js';

const NOON = NOON_SECONDS * 1_000;

/** Its rounds follow each other at once; what is to happen between two of them can be told. */
const sourceOf = (
  { url }: Pick<HackerNewsServer, 'url'>,
  betweenRounds: (round: number) => void = () => {},
) => {
  let round = 0;
  return createHackerNewsSource({
    url,
    pollMs: 10_000,
    userAgent: 'sentiflux/test',
    now: () => NOON + 60_000,
    async wait() {
      round += 1;
      betweenRounds(round);
    },
  });
};
const count = (n: number) => (batches: readonly SourceBatch[]) => eventsOf(batches).length >= n;

describe('an item of Hacker News', () => {
  it('is a post of title and text where it is a story, without its HTML', () => {
    const item = story(8863, 'Ask HN: <b>Skylvara</b>', {
      text: '<i>Lost</i> my bag &amp; nobody cares.<p>See <a href="https:&#x2F;&#x2F;example.com">https:&#x2F;&#x2F;example.com</a>',
      score: 111,
    });
    expect(eventOfItem(8863, item)).toEqual({
      kind: 'post',
      post: {
        id: 'hackernews:8863',
        source: 'hackernews',
        text: 'Ask HN: Skylvara\nLost my bag & nobody cares.\nSee https://example.com',
        author: 'dhouston',
        createdAt: NOON + 8_863_000,
        updatedAt: NOON + 8_863_000,
        url: 'https://news.ycombinator.com/item?id=8863',
        reach: 111,
      },
    });
  });

  it('answers its parent where it is a comment', () => {
    expect(eventOfItem(7, comment(7, 'Aw shucks'))).toMatchObject({
      post: { replyTo: 'hackernews:1', text: 'Aw shucks' },
    });
  });

  it('is a deletion where its author or the moderators took it away', () => {
    const deletion = { kind: 'deletion', id: 'hackernews:7' };
    expect(eventOfItem(7, { id: 7, type: 'comment', time: 1, deleted: true })).toEqual(deletion);
    expect(eventOfItem(7, comment(7, '[flagged]', { dead: true }))).toEqual(deletion);
  });

  it('is nothing where it is the option of a poll, and unusable where it says nothing or is no item', () => {
    expect(eventOfItem(7, { id: 7, type: 'pollopt', time: 1, text: 'Yes', parent: 6 })).toBeUndefined();
    expect(eventOfItem(7, comment(7, '<p> '))).toMatchObject({ kind: 'unusable', code: 'SF_POST_NO_TEXT' });
    expect(eventOfItem(7, { id: 'seven' })).toMatchObject({ kind: 'unusable', code: 'SF_SOURCE_MALFORMED' });
  });
});

describe('the source hackernews', () => {
  it('begins with what is new, and tells items in the order of their numbers', async () => {
    const server = await hackerNewsServer([story(1, 'old')]);
    const source = sourceOf(server, (round) => {
      if (round !== 1) return;
      server.put(2, comment(2, 'two'));
      server.put(3, comment(3, 'three'));
    });
    const batches = await readUntil(source, count(2));
    expect(told(batches)).toEqual(['two', 'three']);
    expect(batches.map(({ cursor }) => cursor)).toEqual(['1', '3']);
  });

  it('goes on after its cursor, however much has come since', async () => {
    const items = Array.from({ length: 250 }, (_, i) => comment(i + 1, `comment ${i + 1}`));
    const batches = await readUntil(sourceOf(await hackerNewsServer(items)), count(247), '3');
    expect(told(batches)).toEqual(items.slice(3).map(({ text }) => text));
    expect(batches.map(({ cursor }) => cursor)).toEqual(['103', '203', '250']);
  });

  it('waits for an item that has a number but is not there yet, and gives it up in the end', async () => {
    const server = await hackerNewsServer([
      story(1, 'old'),
      null,
      comment(3, 'three'),
      null,
      comment(5, 'five'),
    ]);
    const source = sourceOf(server, (round) => {
      if (round === 2) server.put(2, comment(2, 'two'));
    });
    expect(told(await readUntil(source, count(3), '1'))).toEqual(['two', 'three', 'five']);
    expect(server.asked.filter((path) => path === '/v0/item/4.json').length).toBeGreaterThan(6);
  });

  it('tells edits and deletions of what it has read, once each, and no votes', async () => {
    const server = await hackerNewsServer([
      story(1, 'old'),
      comment(2, 'two'),
      comment(3, 'three'),
      story(4, 'four'),
    ]);
    server.change(1, 2, 3, 4);
    const source = sourceOf(server, (round) => {
      if (round === 1) server.put(2, comment(2, 'two, edited'));
      if (round === 2) server.put(3, { id: 3, type: 'comment', time: NOON_SECONDS, deleted: true });
      if (round === 3) server.put(4, story(4, 'four', { score: 99 }));
      if (round === 5) server.put(5, comment(5, 'the end'));
    });
    const batches = await readUntil(source, (read) => told(read).includes('the end'), '1');
    expect(told(batches)).toEqual(['two', 'three', 'four', 'two, edited', '- hackernews:3', 'the end']);
    expect(eventsOf(batches)[3]).toMatchObject({
      kind: 'edit',
      post: { createdAt: NOON + 2_000, updatedAt: NOON + 60_000 },
    });
  });

  it('tells a deletion also of what an earlier process has read', async () => {
    const server = await hackerNewsServer([{ id: 1, type: 'comment', time: NOON_SECONDS, deleted: true }]);
    server.change(1);
    expect(told(await readUntil(sourceOf(server), count(1), '1'))).toEqual(['- hackernews:1']);
  });

  it('goes on after an item that is none', async () => {
    const server = await hackerNewsServer([{ id: 'one' }, comment(2, 'two')]);
    server.put(1, 'one');
    expect(told(await readUntil(sourceOf(server), count(1), '1'))).toEqual(['two']);
    expect(
      told(
        await readUntil(
          sourceOf(await hackerNewsServer([story(1, 'a'), 'b', comment(3, 'c')])),
          count(2),
          '1',
        ),
      ),
    ).toEqual(['SF_SOURCE_MALFORMED', 'c']);
  });

  it.each([
    ['429', status(429, { 'retry-after': '30' }), { code: 'SF_SOURCE_UNREACHABLE', afterMs: 30_000 }],
    ['500', status(500), { code: 'SF_SOURCE_UNREACHABLE' }],
    ['a page instead of JSON', status(200, {}, '<html>busy</html>'), { code: 'SF_SOURCE_UNREACHABLE' }],
    ['JSON of another shape', status(200, {}, '{"max":1}'), { code: 'SF_SOURCE_UNREACHABLE' }],
    ['an answer of megabytes', status(200, {}, '1'.repeat(5_000_000)), { code: 'SF_SOURCE_UNREACHABLE' }],
    ['403', status(403), { code: 'SF_SOURCE_REFUSED' }],
    [
      'a redirect to a private address',
      status(302, { location: 'http://10.0.0.1/' }),
      { code: 'SF_SOURCE_REFUSED' },
    ],
  ])('answered %s it ends so that its runner knows what to do', async (_, answer, error) => {
    const server = await hackerNewsServer([story(1, 'a')]);
    server.answer('maxitem', answer);
    await expect(readUntil(sourceOf(server), count(1))).rejects.toMatchObject(error);
  });

  it('may be tried again where an answer breaks off, or nobody listens', async () => {
    const server = await hackerNewsServer([story(1, 'a')]);
    server.answer('maxitem', (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('1');
      setTimeout(() => response.destroy(), 10);
    });
    const away = { code: 'SF_SOURCE_UNREACHABLE' };
    await expect(readUntil(sourceOf(server), count(1))).rejects.toMatchObject(away);
    await expect(readUntil(sourceOf({ url: 'http://127.0.0.1:9/v0' }), count(1))).rejects.toMatchObject(away);
  });

  it('refuses a cursor that is none of its own', async () => {
    await expect(
      readUntil(sourceOf(await hackerNewsServer()), count(1), '{"file":"a"}'),
    ).rejects.toMatchObject({
      code: 'SF_SOURCE_CURSOR_INVALID',
    });
  });
});
