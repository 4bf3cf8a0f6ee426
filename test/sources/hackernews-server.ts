import type { RequestListener } from 'node:http';
import { httpServer, status } from '../alerting/http-server.js';

export const NOON_SECONDS = Date.UTC(2026, 10, 28, 12) / 1_000;

export const story = (id: number, title: string, rest: object = {}) => ({
  by: 'dhouston',
  descendants: 0,
  id,
  score: 1,
  time: NOON_SECONDS + id,
  title,
  type: 'story',
  url: 'http://www.getdropbox.com/u/2/screencast.html',
  ...rest,
});

export const comment = (id: number, text: string, rest: object = {}) => ({
  by: 'norvig',
  id,
  parent: 1,
  text,
  time: NOON_SECONDS + id,
  type: 'comment',
  ...rest,
});

export interface HackerNewsServer {
  readonly url: string;
  /** Paths that were asked for, in their order. */
  readonly asked: readonly (string | undefined)[];
  /** Puts an item, under the number after the newest where it is new. */
  put(id: number, item: unknown): void;
  /** Items that are said to have changed. */
  change(...ids: readonly number[]): void;
  /** Answers the next requests of a path otherwise, one each. */
  answer(path: string, ...answers: readonly RequestListener[]): void;
}

/** `maxitem.json`, `updates.json` and `item/N.json`, as their documentation describes them. */
export async function hackerNewsServer(items: readonly unknown[] = []): Promise<HackerNewsServer> {
  const byNumber = new Map(items.map((item, i) => [i + 1, item]));
  const others = new Map<string, RequestListener[]>();
  let changed: readonly number[] = [];
  const asked: (string | undefined)[] = [];
  const { url } = await httpServer((request, response) => {
    asked.push(request.url);
    const other = others.get(request.url ?? '')?.shift();
    if (other !== undefined) return other(request, response);
    const number = Number(/^\/v0\/item\/(\d+)\.json$/.exec(request.url ?? '')?.[1]);
    const body =
      request.url === '/v0/maxitem.json'
        ? byNumber.size
        : request.url === '/v0/updates.json'
          ? { items: changed, profiles: ['thefox'] }
          : (byNumber.get(number) ?? null);
    return status(200, { 'content-type': 'application/json' }, JSON.stringify(body))(request, response);
  });
  return {
    url: `${new URL(url).origin}/v0`,
    asked,
    put: (id, item) => void byNumber.set(id, item),
    change(...ids) {
      changed = ids;
    },
    answer: (path, ...answers) => void others.set(`/v0/${path}.json`, [...answers]),
  };
}
