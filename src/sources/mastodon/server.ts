import { z } from 'zod';
import { SentifluxError } from '../../contracts/errors.js';
import type { AskOptions } from '../ask.js';
import { fetchJson } from '../fetch-json.js';
import { type EventStream, openEventStream } from '../server-sent-events.js';

const TIMEOUT_MILLIS = 15_000;
/** As many as the interface gives. */
const PAGE = 40;

/** What posts are read: of all servers that one knows, or its own; with a hashtag, or all. */
export interface Timeline {
  readonly scope: 'all' | 'local';
  /** Without `#`. */
  readonly hashtag?: string;
}

export interface ServerOptions extends Pick<AskOptions, 'userAgent' | 'now' | 'allowPrivate' | 'lookup'> {
  /** Where its interface is. */
  readonly url: string;
  /** Of an application or account there, which streams need. */
  readonly token?: string | undefined;
  readonly silenceMs: number;
}

const serverSchema = z.object({ configuration: z.object({ urls: z.object({ streaming: z.url() }) }) });

/** The interface of one server of Mastodon, or of one that has the same. */
export interface Server {
  readonly host: string;
  /** What comes from now on, as events `update`, `status.update` and `delete`. */
  stream(timeline: Timeline, stop: AbortSignal): Promise<EventStream>;
  /** The first statuses after one, the newest of them first; none where there are no more. */
  after(timeline: Timeline, id: string, stop: AbortSignal): Promise<readonly unknown[]>;
}

/** Its functions throw SourceUnreachable, and SentifluxError SF_SOURCE_REFUSED. */
export function createServer({ url, token, silenceMs, ...connection }: ServerOptions): Server {
  const base = new URL(url);
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const options = (stop: AbortSignal): AskOptions => ({ ...connection, timeoutMs: TIMEOUT_MILLIS, stop });

  /** Large servers have another host for streams, and name it. */
  async function streamBase(stop: AbortSignal): Promise<URL> {
    try {
      const request = { url: new URL('/api/v2/instance', base).href, headers };
      const { value } = await fetchJson(request, serverSchema, options(stop));
      const named = new URL(value.configuration.urls.streaming.replace(/^ws/, 'http'));
      if (named.protocol === 'https:' || base.protocol === 'http:') return named;
    } catch (error) {
      // Servers of other kinds have no such thing, and one host for all.
      if (!(error instanceof SentifluxError && error.code === 'SF_SOURCE_REFUSED')) throw error;
      return base;
    }
    throw new SentifluxError('SF_SOURCE_REFUSED', `${base.host} names a stream without TLS.`, {
      hint: 'Tell its administrators.',
    });
  }

  return {
    host: base.host,
    async stream({ scope, hashtag }, stop) {
      const stream = await streamBase(stop);
      const local = scope === 'local' ? '/local' : '';
      const address = new URL(
        `/api/v1/streaming/${hashtag === undefined ? 'public' : 'hashtag'}${local}`,
        stream,
      );
      if (hashtag !== undefined) address.searchParams.set('tag', hashtag);
      const allowPrivate = connection.allowPrivate && stream.hostname === base.hostname;
      return openEventStream(
        { url: address.href, headers },
        { ...connection, allowPrivate, silenceMs, stop },
      );
    },
    async after({ scope, hashtag }, id, stop) {
      const path = hashtag === undefined ? 'public' : `tag/${encodeURIComponent(hashtag)}`;
      const address = new URL(`/api/v1/timelines/${path}`, base);
      address.searchParams.set('limit', String(PAGE));
      address.searchParams.set('min_id', id);
      if (scope === 'local') address.searchParams.set('local', 'true');
      const request = { url: address.href, headers };
      return (await fetchJson(request, z.array(z.unknown()), options(stop))).value;
    },
  };
}
