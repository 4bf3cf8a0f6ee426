import { epochMillis, postId } from '../../contracts/ids.js';
import type { AskOptions } from '../ask.js';
import { type CombineOptions, combineSources } from '../combine.js';
import { jittered } from '../jitter.js';
import { type Source, type SourceBatch, type SourceEvent, SourceUnreachable } from '../port.js';
import { type FetchedFeed, fetchFeed } from './fetch-feed.js';
import { digest, FeedError, postOf, RSS } from './item.js';
import { readFeed } from './read-feed.js';
import { cursorOf, type FeedState, SeenItems, stateOf } from './state.js';

const TIMEOUT_MILLIS = 30_000;

export interface RssOptions
  extends Pick<CombineOptions, 'createBackoff' | 'wait'>,
    Pick<AskOptions, 'userAgent' | 'now' | 'allowPrivate' | 'lookup'> {
  readonly name?: string;
  /** Addresses of feeds. */
  readonly feeds: readonly string[];
  /** How long between two questions to one feed. */
  readonly pollMs: number;
  /** From 0 up to 1, as `Math.random` gives it. */
  readonly random: () => number;
}

/** News and blogs as RSS, Atom and JSON Feed. */
export function createRssSource(options: RssOptions): Source {
  const { name = RSS, feeds } = options;
  const parts = [...new Set(feeds)].map((feed) => createFeedSource(new URL(feed), options));
  return combineSources({ ...options, name, parts });
}

/** One feed. Its cursor is what it had when it was last read; without one all that it has is news. */
function createFeedSource(url: URL, options: RssOptions): Source {
  const { pollMs, random, now, wait } = options;
  const name = nameOf(url);
  return {
    name,
    async *read(after, stop) {
      let state = after === undefined ? undefined : stateOf(after, name);
      while (!stop.aborted) {
        const fetched = await fetchFeed(url, state ?? {}, { ...options, timeoutMs: TIMEOUT_MILLIS, stop });
        if (fetched !== undefined) {
          const read = readNews(fetched, url, state, options);
          state = read.state;
          yield { ...read.batch, cursor: cursorOf(state) };
        } else if (state !== undefined) {
          state = { ...state, at: now() };
          yield { events: [], cursor: cursorOf(state) };
        }
        await wait(jittered(pollMs, random), stop);
      }
    },
  };
}

/** Its address, but what may be a secret in it. */
function nameOf({ host, pathname, href, search, username }: URL): string {
  return search + username === '' ? host + pathname : `${host}${pathname}#${digest(href).slice(0, 8)}`;
}

function readNews(
  { body, contentType, etag, modified }: FetchedFeed,
  url: URL,
  before: FeedState | undefined,
  { now, pollMs }: RssOptions,
): { readonly batch: SourceBatch; readonly state: FeedState } {
  const at = now();
  const seen = new SeenItems(before?.seen ?? []);
  const events: SourceEvent[] = [];
  let known = 0;
  // The newest come first in feeds; they are to be told last.
  for (const item of itemsOf(body, contentType, url, pollMs).toReversed()) {
    if ('malformed' in item) {
      const isNew = seen.see({ id: postId(item.malformed), text: '' }) === 'new';
      const message = `an item of ${url.host} is none of JSON Feed`;
      if (isNew) events.push({ kind: 'unusable', code: 'SF_SOURCE_MALFORMED', message });
      continue;
    }
    const post = postOf(item, url, epochMillis(at));
    const novelty = seen.see(post);
    if (novelty !== 'new') known += 1;
    if (novelty === 'known') continue;
    if (post.text === '') {
      events.push({ kind: 'unusable', code: 'SF_POST_NO_TEXT', message: `${post.id} has no text` });
    } else if (novelty === 'edited') {
      // Few feeds tell when, and fewer tell it right.
      events.push({ kind: 'edit', post: { ...post, updatedAt: epochMillis(at) } });
    } else {
      events.push({ kind: 'post', post });
    }
  }
  const inOrder = events.toSorted((a, b) => timeOf(a) - timeOf(b));
  const hadItems = before !== undefined && before.seen.length > 0;
  const gap = hadItems && known === 0 && events.length > 0 ? gapSince(before.at, at) : undefined;
  return {
    batch: { events: inOrder, ...(gap && { gap }) },
    state: { at, seen: [...seen.marks()], ...(etag && { etag }), ...(modified && { modified }) },
  };
}

function itemsOf(body: Buffer, contentType: string | undefined, url: URL, pollMs: number) {
  try {
    return readFeed(body, contentType);
  } catch (cause) {
    if (!(cause instanceof FeedError)) throw cause;
    // It will not be another one a second later.
    const options = { afterMs: pollMs, cause };
    throw new SourceUnreachable(`${url.host} gave no feed that can be read: ${cause.message}.`, options);
  }
}

const timeOf = (event: SourceEvent): number =>
  event.kind === 'post' || event.kind === 'edit' ? event.post.updatedAt : 0;

const gapSince = (from: number, to: number) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});
