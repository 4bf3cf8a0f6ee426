import type { RequestListener } from 'node:http';
import { httpServer, type Received, status } from '../alerting/http-server.js';

export const NOON_SECONDS = Date.UTC(2026, 10, 28, 12) / 1_000;

/** A post, as the interface has it, by its number, that many seconds after noon. */
export const link = (number: number, title: string, rest: object = {}) => ({
  kind: 't3',
  data: {
    id: number.toString(36),
    name: `t3_${number.toString(36)}`,
    author: 'ann',
    created_utc: NOON_SECONDS + number,
    edited: false,
    permalink: `/r/travel/comments/${number.toString(36)}/a/`,
    score: 3,
    num_comments: 4,
    title,
    selftext: '',
    selftext_html: null,
    subreddit: 'travel',
    url: 'https://example.com',
    ...rest,
  },
});

export const comment = (number: number, body: string, rest: object = {}) => ({
  kind: 't1',
  data: {
    id: number.toString(36),
    name: `t1_${number.toString(36)}`,
    author: 'bob',
    created_utc: NOON_SECONDS + number,
    edited: false,
    permalink: `/r/travel/comments/1/a/${number.toString(36)}/`,
    score: -2,
    body,
    body_html: `<div class="md"><p>${body}</p>\n</div>`,
    parent_id: 't3_1',
    link_id: 't3_1',
    subreddit: 'travel',
    ...rest,
  },
});
export type Thing = ReturnType<typeof link> | ReturnType<typeof comment>;

export interface RedditServer {
  readonly url: string;
  readonly tokenUrl: string;
  readonly received: readonly Received[];
  put(...things: readonly Thing[]): void;
  remove(...names: readonly string[]): void;
  /** From now on tokens that were given are worth nothing. */
  endTokens(): void;
  /** Headers of the answers from now on. */
  say(headers: Readonly<Record<string, string>>): void;
  /** Answers the next requests of a path otherwise, one each. */
  answer(path: string, ...answers: readonly RequestListener[]): void;
}

/** The token, `/r/…/new` and `/r/…/comments` as listings, the newest first, by `after` and `limit`. */
export async function redditServer(...things: readonly Thing[]): Promise<RedditServer> {
  const byName = new Map<string, Thing>(things.map((thing) => [thing.data.name, thing]));
  const others = new Map<string, RequestListener[]>();
  let tokens = 1;
  let said = {};
  const { url, received } = await httpServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', url);
    const other = others.get(pathname)?.shift();
    if (other !== undefined) return other(request, response);
    if (pathname === '/token') {
      const isKnown = request.headers.authorization === `Basic ${btoa('app:s3cret')}`;
      const token = { access_token: `t${tokens}`, token_type: 'bearer', expires_in: 86_400, scope: '*' };
      return status(isKnown ? 200 : 401, {}, JSON.stringify(token))(request, response);
    }
    if (request.headers.authorization !== `Bearer t${tokens}`) return status(401)(request, response);
    const kind = pathname.endsWith('/comments') ? 't1_' : 't3_';
    const newestFirst = [...byName.values()]
      .filter(({ data }) => data.name.startsWith(kind))
      .sort((a, b) => b.data.created_utc - a.data.created_utc);
    const start = newestFirst.findIndex(({ data }) => data.name === searchParams.get('after')) + 1;
    const end = start + Number(searchParams.get('limit'));
    const children = newestFirst.slice(start, end);
    const after = end < newestFirst.length ? children.at(-1)?.data.name : null;
    return status(
      200,
      said,
      JSON.stringify({ kind: 'Listing', data: { after, children } }),
    )(request, response);
  });
  const { origin } = new URL(url);
  return {
    url: origin,
    tokenUrl: `${origin}/token`,
    received,
    put(...put) {
      for (const thing of put) byName.set(thing.data.name, thing);
    },
    remove(...names) {
      for (const name of names) byName.delete(name);
    },
    endTokens() {
      tokens += 1;
    },
    say(headers) {
      said = headers;
    },
    answer: (path, ...answers) => void others.set(path, [...answers]),
  };
}
