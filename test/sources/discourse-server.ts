import type { RequestListener } from 'node:http';
import { httpServer, type Received, status } from '../alerting/http-server.js';

export const NOON = Date.UTC(2026, 10, 28, 12);
const PAGE = 50;

/** A post as `/posts.json` has it, by its number, that many seconds after noon. */
export const post = (id: number, text: string, rest: object = {}) => ({
  id,
  name: 'Ann Lee',
  username: 'ann',
  created_at: new Date(NOON + id * 1_000).toISOString(),
  updated_at: new Date(NOON + id * 1_000).toISOString(),
  cooked: `<p>${text}</p>`,
  raw: text,
  post_number: 2,
  post_type: 1,
  reply_count: 1,
  reply_to_post_number: null,
  reads: 9,
  score: 21.8,
  topic_id: 77,
  topic_slug: 'lost-bags',
  topic_title: 'Lost bags',
  version: 1,
  actions_summary: [{ id: 2, count: 3 }],
  hidden: false,
  user_deleted: false,
  ...rest,
});

export interface DiscourseServer {
  readonly url: string;
  readonly host: string;
  readonly received: readonly Received[];
  put(...posts: ReadonlyArray<ReturnType<typeof post>>): void;
  remove(...ids: readonly number[]): void;
  /** Answers the next requests otherwise, one each. */
  answer(...answers: readonly RequestListener[]): void;
}

/** `/posts.json?before=N`: fifty posts up to a number, the newest first. */
export async function discourseServer(
  ...posts: ReadonlyArray<{ readonly id: number; readonly cooked: unknown }>
): Promise<DiscourseServer> {
  const byId = new Map(posts.map((listed) => [listed.id, listed]));
  const others: RequestListener[] = [];
  const { url, received } = await httpServer((request, response) => {
    const other = others.shift();
    if (other !== undefined) return other(request, response);
    const { pathname, searchParams } = new URL(request.url ?? '', url);
    if (pathname !== '/forum/posts.json') return status(404)(request, response);
    const before = Number(searchParams.get('before') ?? Number.MAX_SAFE_INTEGER);
    const page = [...byId.values()]
      .filter(({ id }) => id <= before)
      .sort((a, b) => b.id - a.id)
      .slice(0, PAGE);
    return status(200, {}, JSON.stringify({ latest_posts: page }))(request, response);
  });
  const { origin, host } = new URL(url);
  return {
    url: `${origin}/forum/`,
    host,
    received,
    put: (...put) => put.forEach((listed) => void byId.set(listed.id, listed)),
    remove: (...ids) => ids.forEach((id) => void byId.delete(id)),
    answer: (...answers) => void others.push(...answers),
  };
}
