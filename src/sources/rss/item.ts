import { createHash } from 'node:crypto';
import { type EpochMillis, type PostId, postId } from '../../contracts/ids.js';
import type { Post } from '../../contracts/post.js';
import { pastTime } from '../past-time.js';

export const RSS = 'rss';
/** A longer identity is told by its hash. */
const MOST_ID_CHARACTERS = 512;

/** An item of a feed, whatever its format, as the feed has it. Texts are without HTML. */
export interface FeedItem {
  /** `guid`, `id`. */
  readonly id?: string | undefined;
  readonly url?: string | undefined;
  readonly title: string;
  /** All of it where the feed has that, else its summary. */
  readonly body: string;
  readonly author?: string | undefined;
  readonly language?: string | undefined;
  readonly published?: string | undefined;
  readonly updated?: string | undefined;
}

/** What stands in the place of an item, as JSON. */
export interface MalformedItem {
  readonly malformed: string;
}

/** What of a feed cannot be read, as a part of a sentence. */
export class FeedError extends Error {}

/** An item as a post; its text may be empty. The identity holds in one host, so that no feed can speak for another's. */
export function postOf(item: FeedItem, feed: URL, seenAt: EpochMillis): Post {
  const { title, body, author, language } = item;
  const text = body.startsWith(title) ? body : [title, body].filter((part) => part !== '').join('\n');
  const updatedAt = pastTime(item.updated, seenAt);
  const createdAt = pastTime(item.published, seenAt) ?? updatedAt ?? seenAt;
  const url = addressOf(item.url, feed);
  return {
    id: idOf(item, feed, text),
    source: RSS,
    text,
    createdAt,
    updatedAt: updatedAt !== undefined && updatedAt > createdAt ? updatedAt : createdAt,
    ...(author !== undefined && author !== '' && { author }),
    ...(language !== undefined && language !== '' && { language }),
    ...(url !== undefined && { url }),
  };
}

function idOf({ id, url }: FeedItem, feed: URL, text: string): PostId {
  const native = id || url || digest(text);
  return postId(`${RSS}:${feed.host}/${native.length > MOST_ID_CHARACTERS ? digest(native) : native}`);
}

export const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Only of pages: nobody is to be led to `javascript:`. */
function addressOf(link: string | undefined, feed: URL): string | undefined {
  if (link === undefined || link === '' || !URL.canParse(link, feed.href)) return undefined;
  const address = new URL(link, feed);
  // What stands beside the feed's has its user and password, too.
  address.username = '';
  address.password = '';
  return /^https?:$/.test(address.protocol) ? address.href : undefined;
}
