import type { RequestListener, ServerResponse } from 'node:http';
import { status as answerOf, httpServer, type Received } from '../alerting/http-server.js';

export const NOON = Date.UTC(2026, 10, 28, 12);

/** Numbers of Mastodon hold the time at which a post was made. */
export const numberAt = (seconds: number): string => String((BigInt(NOON + seconds * 1_000) << 16n) + 7n);

/** A Status, as the documentation shows one, some seconds after noon; without `host` of the server that tells it. */
export const status = (seconds: number, content: string, rest: object = {}) => ({
  id: numberAt(seconds),
  created_at: new Date(NOON + seconds * 1_000).toISOString(),
  in_reply_to_id: null,
  in_reply_to_account_id: null,
  sensitive: false,
  spoiler_text: '',
  visibility: 'public',
  language: 'en',
  uri: `https://home.example/users/ann/statuses/${numberAt(seconds)}`,
  url: `https://home.example/@ann/${numberAt(seconds)}`,
  replies_count: 1,
  reblogs_count: 2,
  favourites_count: 4,
  edited_at: null,
  content: `<p>${content}</p>`,
  reblog: null,
  account: { id: '23634', username: 'ann', acct: 'ann@home.example', bot: false },
  media_attachments: [],
  mentions: [],
  tags: [],
  ...rest,
});
export type TestStatus = ReturnType<typeof status>;

export interface MastodonServer {
  readonly url: string;
  readonly host: string;
  readonly received: readonly Received[];
  /** Streams that were opened until now. */
  readonly opened: () => number;
  /** Puts a status into the timelines, and tells it on all streams. */
  post(...statuses: readonly TestStatus[]): void;
  /** Puts a status into the timelines only, as while a stream was away. */
  keep(...statuses: readonly TestStatus[]): void;
  /** Tells something on all streams. */
  emit(event: string, data: unknown): void;
  /** Bytes on all streams. */
  write(bytes: string | Buffer): void;
  /** Breaks all streams off. */
  cut(): void;
  /** Answers the next requests of a path otherwise, one each. */
  answer(path: string, ...answers: readonly RequestListener[]): void;
}

/** `/api/v1/streaming/…` as server-sent events, `/api/v1/timelines/…` by `min_id`, and `/api/v2/instance`. */
export async function mastodonServer(): Promise<MastodonServer> {
  const kept: TestStatus[] = [];
  const streams = new Set<ServerResponse>();
  const others = new Map<string, RequestListener[]>();
  let opened = 0;
  const { url, received } = await httpServer((request, response) => {
    const address = new URL(request.url ?? '', url);
    const { pathname, searchParams } = address;
    const other = others.get(pathname)?.shift();
    if (other !== undefined) return other(request, response);
    if (pathname === '/api/v2/instance') {
      const streaming = origin.replace(/^http/, 'ws');
      return answerOf(200, {}, JSON.stringify({ configuration: { urls: { streaming } } }))(request, response);
    }
    if (pathname.startsWith('/api/v1/streaming/')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':)\n');
      streams.add(response);
      opened += 1;
      response.on('close', () => streams.delete(response));
      return;
    }
    if (!pathname.startsWith('/api/v1/timelines/')) return answerOf(404)(request, response);
    const from = BigInt(searchParams.get('min_id') ?? 0);
    const page = kept
      .filter(({ id }) => BigInt(id) > from)
      .sort((a, b) => Number(BigInt(a.id) - BigInt(b.id)))
      .slice(0, Number(searchParams.get('limit')));
    return answerOf(200, {}, JSON.stringify(page.reverse()))(request, response);
  });
  const { origin, host } = new URL(url);
  const write = (bytes: string | Buffer): void => {
    for (const stream of streams) stream.write(bytes);
  };
  const emit = (event: string, data: unknown): void =>
    write(`event: ${event}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  const keep = (...statuses: readonly TestStatus[]): void => void kept.push(...statuses);
  return {
    url: origin,
    host,
    received,
    opened: () => opened,
    post(...statuses) {
      keep(...statuses);
      for (const told of statuses) emit('update', told);
    },
    keep,
    emit,
    write,
    cut() {
      for (const stream of streams) stream.destroy();
    },
    answer: (path, ...answers) => void others.set(path, [...answers]),
  };
}
