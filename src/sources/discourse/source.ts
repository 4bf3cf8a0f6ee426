import { z } from 'zod';
import { epochMillis } from '../../contracts/ids.js';
import type { AskOptions } from '../ask.js';
import { type CombineOptions, combineSources } from '../combine.js';
import { fetchJson } from '../fetch-json.js';
import { createListingSource, type ListingOptions } from '../listing/source.js';
import type { Source } from '../port.js';
import { DISCOURSE, itemOf } from './post.js';

const TIMEOUT_MILLIS = 30_000;
/** Fifty long posts, each as it was written and as HTML. */
const MOST_BYTES = 16_777_216;
/** Of fifty posts. */
const MOST_PAGES = 20;

const latestSchema = z.object({ latest_posts: z.array(z.unknown()) });

export interface DiscourseOptions
  extends Pick<CombineOptions, 'createBackoff'>,
    Pick<ListingOptions, 'pollMs' | 'random' | 'wait'>,
    Pick<AskOptions, 'userAgent' | 'now' | 'allowPrivate' | 'lookup'> {
  readonly name?: string;
  /** Addresses of forums. */
  readonly forums: readonly string[];
}

/** The latest posts of forums that run Discourse. */
export function createDiscourseSource(options: DiscourseOptions): Source {
  const { name = DISCOURSE } = options;
  const forums = new Set(options.forums.map((forum) => forum.replace(/\/+$/, '')));
  const parts = [...forums].map((forum) => createForumSource(forum, options));
  return combineSources({ ...options, name, parts });
}

/** The cursor is the number of the newest post. */
function createForumSource(forum: string, options: DiscourseOptions): Source {
  // Without a user and a password that may be in the address.
  const { protocol, host, pathname } = new URL(forum);
  const place = `${host}${pathname.replace(/\/$/, '')}`;
  return createListingSource({
    ...options,
    name: place,
    mostPages: MOST_PAGES,
    async page(from, stop) {
      const url = new URL(`${forum}/posts.json`);
      if (from !== undefined) url.searchParams.set('before', from);
      const connection = { ...options, timeoutMs: TIMEOUT_MILLIS, maxBytes: MOST_BYTES, stop };
      const { value } = await fetchJson({ url: url.href }, latestSchema, connection);
      const items = value.latest_posts.map((post) =>
        itemOf(post, `${protocol}//${place}`, epochMillis(options.now())),
      );
      // `before` is one of the page that it asks for.
      const lowest = Math.min(...items.flatMap(({ number }) => number ?? []));
      return { items, next: Number.isFinite(lowest) ? String(lowest) : undefined };
    },
  });
}
