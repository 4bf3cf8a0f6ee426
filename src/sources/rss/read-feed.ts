import { FeedError, type FeedItem, type MalformedItem } from './item.js';
import { readJsonFeed } from './json-feed.js';
import { readXmlFeed } from './xml-feed.js';

/** A larger feed has only its first items read; they are the newest in nearly all feeds. */
export const MOST_ITEMS = 300;

/**
 * The first items of a feed, in its order.
 *
 * @param contentType which may name the encoding, as may the document itself
 * @throws FeedError
 */
export function readFeed(
  body: Buffer,
  contentType: string | undefined,
): readonly (FeedItem | MalformedItem)[] {
  const text = decode(body, contentType);
  const read = text.trimStart().startsWith('{') ? readJsonFeed : readXmlFeed;
  return read(text, MOST_ITEMS);
}

/** A byte order mark counts most, then the header, then the document (RFC 7303, 3.2). */
function decode(body: Buffer, contentType: string | undefined): string {
  const named =
    /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType ?? '')?.[1] ??
    /^\s*<\?xml\b[^>]*?encoding\s*=\s*["']([\w.:-]+)/.exec(body.toString('latin1', 0, 200))?.[1];
  const encoding = markedEncoding(body) ?? named ?? 'utf-8';
  try {
    return new TextDecoder(encoding).decode(body);
  } catch {
    throw new FeedError(`its encoding is ${encoding.slice(0, 40)}, which is unknown`);
  }
}

function markedEncoding(body: Buffer): string | undefined {
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 'utf-8' : undefined;
}
