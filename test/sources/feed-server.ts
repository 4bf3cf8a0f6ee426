import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { httpServer, type Received, status } from '../alerting/http-server.js';

export const NOON = Date.UTC(2026, 10, 28, 12);

export interface FeedServer {
  readonly origin: string;
  readonly received: readonly Received[];
  put(path: string, body: string | Buffer, headers?: Readonly<Record<string, string>>): void;
  /** Answers the next requests of a path otherwise, one each. */
  answer(path: string, ...answers: readonly RequestListener[]): void;
}

/** Serves feeds with an ETag, and 304 to whoever has it (RFC 9110). */
export async function feedServer(): Promise<FeedServer> {
  const feeds = new Map<string, { readonly body: string | Buffer; readonly headers: object }>();
  const others = new Map<string, RequestListener[]>();
  const { url, received } = await httpServer((request, response) => {
    const path = request.url ?? '';
    const other = others.get(path)?.shift();
    if (other !== undefined) return other(request, response);
    const feed = feeds.get(path);
    if (feed === undefined) return status(404)(request, response);
    const etag = `"${createHash('sha256').update(feed.body).digest('hex').slice(0, 16)}"`;
    if (request.headers['if-none-match'] === etag) return status(304, { etag })(request, response);
    response.writeHead(200, { 'content-type': 'application/rss+xml', etag, ...feed.headers }).end(feed.body);
  });
  return {
    origin: new URL(url).origin,
    received,
    put: (path, body, headers = {}) => void feeds.set(path, { body, headers }),
    answer: (path, ...answers) => void others.set(path, [...answers]),
  };
}

/** An item of RSS 2.0, published some seconds after noon. */
export const rssItem = (id: string, text: string, seconds = 0, rest = ''): string =>
  `<item><guid isPermaLink="false">${id}</guid><description>${text}</description>
   <pubDate>${new Date(NOON + seconds * 1_000).toUTCString()}</pubDate>${rest}</item>`;

/** RSS 2.0, its newest items first as feeds have them. */
export const rss = (...items: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
  <rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
    <title>News</title><link>https://news.example</link><language>en-gb</language>
    ${items.join('\n')}
  </channel></rss>`;
