import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import type { SourceCursor } from '../../src/contracts/ids.js';
import { openSource } from '../../src/pipelines/open-source.js';
import type { Source } from '../../src/sources/port.js';
import { status as answer, httpServer } from '../alerting/http-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { eventsOf, readUntil } from './batches.js';
import { discourseServer, post as forumPost } from './discourse-server.js';
import { feedServer, rss, rssItem } from './feed-server.js';
import { comment, hackerNewsServer, story } from './hackernews-server.js';
import { jetstreamServer, NOON_US, post } from './jetstream-server.js';
import { mastodonServer, numberAt, status } from './mastodon-server.js';
import { createGuestBookSource } from './own-source.js';
import { link, redditServer } from './reddit-server.js';

const TEXTS = ['one', 'two', 'three', 'four'];

interface Prepared {
  /** As a process that is started anew would have it. */
  readonly open: () => Source;
  /** From where it tells all the texts. */
  readonly start?: string;
}

/** Each serves the four texts, in their order, and nothing more. */
const SOURCES: ReadonlyArray<readonly [name: string, prepare: () => Promise<Prepared>]> = [
  ['bluesky', preparedBluesky],
  ['hackernews', preparedHackerNews],
  ['rss', preparedRss],
  ['mastodon', preparedMastodon],
  ['discourse', preparedDiscourse],
  ['reddit', preparedReddit],
  [
    'ndjson',
    async () => preparedFile('ndjson', TEXTS.map((text, id) => `${JSON.stringify({ id, text })}\n`).join('')),
  ],
  ['csv', async () => preparedFile('csv', `id,text\n${TEXTS.map((text, id) => `${id},${text}\n`).join('')}`)],
  ['the one of docs/sources.md', preparedGuestBook],
];

async function preparedBluesky(): Promise<Prepared> {
  // Further apart than the stream is read again.
  const server = await jetstreamServer(TEXTS.map((text, i) => post(10_000_000 * i, String(i), text)));
  const { sources, input } = configSchema.parse({ sources: { bluesky: { urls: [server.url] } } });
  return { open: () => openSource({ kind: 'bluesky' }, { sources, input }), start: String(NOON_US) };
}

async function preparedHackerNews(): Promise<Prepared> {
  const { url } = await hackerNewsServer([story(1, 'old'), ...TEXTS.map((text, i) => comment(i + 2, text))]);
  const { sources, input } = configSchema.parse({ sources: { hackernews: { url } } });
  return { open: () => openSource({ kind: 'hackernews' }, { sources, input }), start: '1' };
}

async function preparedRss(): Promise<Prepared> {
  const server = await feedServer();
  server.put('/a', rss(...TEXTS.map((text, i) => rssItem(String(i), text, i)).toReversed()));
  const { sources, input } = configSchema.parse({
    sources: { rss: { feeds: [`${server.origin}/a`], allowPrivate: true, pollMs: 10 } },
  });
  return { open: () => openSource({ kind: 'rss' }, { sources, input }) };
}

async function preparedMastodon(): Promise<Prepared> {
  const server = await mastodonServer();
  // Further apart than what is asked for again.
  server.keep(...TEXTS.map((text, i) => status(100 * (i + 1), text)));
  const { url, host } = server;
  const { sources, input } = configSchema.parse({
    sources: { mastodon: { instances: [{ url, token: 't0ken' }], allowPrivate: true } },
  });
  const request = { kind: 'mastodon', instances: [`${url}/`] } as const;
  const start = JSON.stringify({ [`${host}/all`]: numberAt(0) });
  return { open: () => openSource(request, { sources, input }), start };
}

async function preparedDiscourse(): Promise<Prepared> {
  const { url, host } = await discourseServer(...TEXTS.map((text, i) => forumPost(i + 1, text)));
  const { sources, input } = configSchema.parse({
    sources: { discourse: { forums: [url], allowPrivate: true, pollMs: 10 } },
  });
  const start = JSON.stringify({ [`${host}/forum`]: '0' });
  return { open: () => openSource({ kind: 'discourse' }, { sources, input }), start };
}

async function preparedReddit(): Promise<Prepared> {
  const { url, tokenUrl } = await redditServer(...TEXTS.map((text, i) => link(i + 1, text)));
  const application = { clientId: 'app', clientSecret: 's3cret' };
  const { sources, input } = configSchema.parse({
    sources: { reddit: { url, tokenUrl, ...application, subreddits: ['travel'], pollMs: 10 } },
  });
  const start = '{"posts":"0","comments":"0"}';
  return { open: () => openSource({ kind: 'reddit' }, { sources, input }), start };
}

async function preparedFile(kind: 'ndjson' | 'csv', content: string): Promise<Prepared> {
  const path = join(temporaryFolder(), `posts.${kind}`);
  writeFileSync(path, content);
  const { sources, input } = configSchema.parse({});
  const request = { kind, input: path, follow: true, fields: {}, source: kind };
  return { open: () => openSource(request, { sources, input }) };
}

async function preparedGuestBook(): Promise<Prepared> {
  const entries = TEXTS.map((text, i) => ({ number: i + 1, text, by: 'ann', at: NOON_US / 1_000 + i }));
  const { url } = await httpServer((request, response) => {
    const after = Number(new URL(request.url ?? '', url).searchParams.get('after'));
    answer(200, {}, JSON.stringify(entries.filter(({ number }) => number > after)))(request, response);
  });
  const wait = async (): Promise<void> => {};
  return { open: () => createGuestBookSource(new URL(url).origin, wait) };
}

const texts = (batches: Parameters<typeof eventsOf>[0]): readonly string[] =>
  eventsOf(batches).map((event) => Object(event).post.text);

describe.each(SOURCES)('as a source, %s', (_, prepare) => {
  it('tells posts in their order, under ids that are the same each time', async () => {
    const { open, start } = await prepare();
    const all = () => readUntil(open(), (batches) => eventsOf(batches).length >= TEXTS.length, start);
    const first = await all();
    expect(texts(first)).toEqual(TEXTS);
    const ids = (batches: typeof first) => eventsOf(batches).map((event) => Object(event).post.id);
    expect(ids(await all())).toEqual(ids(first));
    expect(new Set(ids(first)).size).toBe(TEXTS.length);
  });

  it('begins after its cursor with what was not told, and leaves none out', async () => {
    const { open, start } = await prepare();
    const batches = await readUntil(open(), (read) => eventsOf(read).length >= TEXTS.length, start);
    const cursors: readonly (SourceCursor | undefined)[] = batches.map(({ cursor }) => cursor);
    for (const [i, cursor] of cursors.entries()) {
      const missing = TEXTS.length - eventsOf(batches.slice(0, i + 1)).length;
      if (missing === 0) continue;
      const rest = await readUntil(open(), (read) => texts(read).includes('four'), cursor);
      expect(texts(rest).slice(-missing)).toEqual(TEXTS.slice(-missing));
    }
  });

  it('ends soon after it is told to stop, also where nothing comes', async () => {
    const { open, start } = await prepare();
    const stop = new AbortController();
    const source = open();
    const batches = await readUntil(source, (read) => eventsOf(read).length >= TEXTS.length, start);
    const reading = (async () => {
      for await (const batch of source.read(batches.at(-1)?.cursor, stop.signal)) {
        if (eventsOf([batch]).length > 0) throw new Error('there is nothing more');
        stop.abort();
      }
    })();
    setTimeout(() => stop.abort(), 50);
    await reading;
  });
});

it('docs/sources.md shows the source that is tested here', () => {
  const shown = /<!-- own source -->\n```ts\n(.*?)```/s.exec(readFileSync('docs/sources.md', 'utf8'))?.[1];
  expect(shown).toBe(readFileSync('test/sources/own-source.ts', 'utf8'));
});
