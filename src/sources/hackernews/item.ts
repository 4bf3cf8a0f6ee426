import { z } from 'zod';
import { type EpochMillis, epochMillis, type PostId, postId } from '../../contracts/ids.js';
import type { Post } from '../../contracts/post.js';
import { textOfHtml } from '../html-text.js';
import type { SourceEvent } from '../port.js';

export const HACKERNEWS = 'hackernews';

/** An item as the documentation of the interface describes it; deleted ones lack most. */
const itemSchema = z.object({
  id: z.number().int().positive(),
  type: z.string(),
  deleted: z.boolean().default(false),
  /** Hidden by moderators or by votes. */
  dead: z.boolean().default(false),
  by: z.string().optional(),
  /** Seconds since the epoch. */
  time: z.number().int().nonnegative(),
  /** HTML. */
  text: z.string().default(''),
  title: z.string().default(''),
  parent: z.number().int().optional(),
  score: z.number().nonnegative().optional(),
});

/** Options of a poll are no posts. */
const POSTS: ReadonlySet<string> = new Set(['story', 'comment', 'job', 'poll']);

/** What an item is; `undefined` for one that tells of no post. Never throws. */
export function eventOfItem(id: number, item: unknown): SourceEvent | undefined {
  const parsed = itemSchema.safeParse(item);
  if (!parsed.success) {
    return { kind: 'unusable', code: 'SF_SOURCE_MALFORMED', message: `item ${id} is none of Hacker News` };
  }
  const { type, deleted, dead } = parsed.data;
  if (!POSTS.has(type)) return undefined;
  if (deleted || dead) return { kind: 'deletion', id: idOf(id) };
  const post = postOf(parsed.data);
  if (post.text !== '') return { kind: 'post', post };
  return { kind: 'unusable', code: 'SF_POST_NO_TEXT', message: `${post.id} has no text` };
}

/** A post as it was read again, changed at some time since. */
export function editOf(post: Post, seenAt: EpochMillis): SourceEvent {
  return { kind: 'edit', post: { ...post, updatedAt: epochMillis(Math.max(seenAt, post.createdAt)) } };
}

function postOf({ id, by, time, text, title, parent, score }: z.infer<typeof itemSchema>): Post {
  const createdAt = epochMillis(time * 1_000);
  return {
    id: idOf(id),
    source: HACKERNEWS,
    text: [textOfHtml(title), textOfHtml(text)].filter((part) => part !== '').join('\n'),
    createdAt,
    updatedAt: createdAt,
    url: `https://news.ycombinator.com/item?id=${id}`,
    ...(by !== undefined && { author: by }),
    ...(parent !== undefined && { replyTo: idOf(parent) }),
    ...(score !== undefined && { reach: score }),
  };
}

function idOf(id: number): PostId {
  return postId(`${HACKERNEWS}:${id}`);
}
