import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type EpochMillis, epochMillis, type PostId, postId } from '../../contracts/ids.js';
import type { Post } from '../../contracts/post.js';
import { textOfHtml } from '../html-text.js';
import type { ListedItem } from '../listing/listed-posts.js';
import { pastTime } from '../past-time.js';

export const DISCOURSE = 'discourse';
/** Of `actions_summary`. */
const LIKE = 2;

const count = z.number().nonnegative().catch(0);

/** What of a post (docs.discourse.org, latest posts) is read. */
const postSchema = z.object({
  id: z.number().int().positive(),
  username: z.string(),
  created_at: z.string(),
  updated_at: z.string().optional().catch(undefined),
  /** HTML. */
  cooked: z.string(),
  /** The first of its topic is 1. */
  post_number: z.number().int().positive(),
  topic_id: z.number().int().positive(),
  topic_title: z.string().default('').catch(''),
  /** Of how many edits there are, from 1 on. */
  version: z.number().catch(1),
  reply_count: count,
  actions_summary: z
    .array(z.object({ id: z.number(), count }))
    .default([])
    .catch([]),
  /** By its author, until it is removed a day later. */
  user_deleted: z.boolean().catch(false),
  /** By moderators or flags. */
  hidden: z.boolean().catch(false),
});

/**
 * What stands in the listing.
 *
 * @param forum its address, without a slash at its end
 */
export function itemOf(listed: unknown, forum: string, seenAt: EpochMillis): ListedItem {
  const parsed = postSchema.safeParse(listed);
  const { host } = new URL(forum);
  if (!parsed.success) {
    const digest = createHash('sha256').update(JSON.stringify(listed)).digest('base64url');
    return { number: undefined, id: idOf(host, digest), post: 'malformed' };
  }
  const { id: number, user_deleted: isDeleted, hidden: isHidden } = parsed.data;
  const id = idOf(host, number);
  return { number, id, post: isDeleted || isHidden ? 'deleted' : postOf(parsed.data, id, forum, seenAt) };
}

function postOf(post: z.infer<typeof postSchema>, id: PostId, forum: string, seenAt: EpochMillis): Post {
  const { host } = new URL(forum);
  const createdAt = pastTime(post.created_at, seenAt) ?? seenAt;
  const editedAt = post.version > 1 ? (pastTime(post.updated_at, seenAt) ?? createdAt) : createdAt;
  const title = post.post_number === 1 ? post.topic_title : '';
  const likes = post.actions_summary.find((action) => action.id === LIKE)?.count ?? 0;
  return {
    id,
    source: DISCOURSE,
    text: [title, textOfHtml(post.cooked)].filter((part) => part !== '').join('\n'),
    author: `${post.username}@${host}`,
    createdAt,
    updatedAt: epochMillis(Math.max(editedAt, createdAt)),
    url: `${forum}/t/${post.topic_id}/${post.post_number}`,
    reach: likes + post.reply_count,
  };
}

function idOf(host: string, number: number | string): PostId {
  return postId(`${DISCOURSE}:${host}/${number}`);
}
