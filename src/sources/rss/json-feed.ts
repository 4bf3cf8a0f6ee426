import { z } from 'zod';
import { textOfHtml } from '../html-text.js';
import { jsonOf } from '../json.js';
import { FeedError, type FeedItem, type MalformedItem } from './item.js';

const text = z.string().optional().catch(undefined);

const feedSchema = z.object({
  version: z.string().regex(/^https?:\/\/jsonfeed\.org\/version\/1/),
  language: text,
  items: z.array(z.unknown()),
});

const author = z.object({ name: text }).optional().catch(undefined);

/** All but the identity may be missing, or be something else. */
const itemSchema = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  url: text,
  external_url: text,
  title: text,
  content_text: text,
  content_html: text,
  summary: text,
  date_published: text,
  date_modified: text,
  authors: z.array(author).optional().catch(undefined),
  /** Of version 1. */
  author,
  language: text,
});

/**
 * The first items of JSON Feed 1 and 1.1 (jsonfeed.org).
 *
 * @throws FeedError for what is no feed
 */
export function readJsonFeed(json: string, mostItems: number): readonly (FeedItem | MalformedItem)[] {
  const feed = feedSchema.safeParse(jsonOf(json));
  if (!feed.success) throw new FeedError('it is JSON, and no JSON Feed');
  return feed.data.items.slice(0, mostItems).map((item) => {
    const parsed = itemSchema.safeParse(item);
    return parsed.success ? itemOf(parsed.data, feed.data.language) : { malformed: JSON.stringify(item) };
  });
}

function itemOf(item: z.infer<typeof itemSchema>, language: string | undefined): FeedItem {
  const { content_text: plain, content_html: html, summary, authors = [] } = item;
  const { date_published: published, date_modified: updated } = item;
  return {
    id: item.id,
    url: item.url ?? item.external_url,
    title: item.title?.trim() ?? '',
    body: plain?.trim() ?? textOfHtml(html ?? summary ?? ''),
    author: authors[0]?.name ?? item.author?.name,
    language: item.language ?? language,
    published,
    updated,
  };
}
