import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type EpochMillis, epochMillis, type PostId, postId } from '../../contracts/ids.js';
import type { Post } from '../../contracts/post.js';
import { textOfHtml } from '../html-text.js';
import type { ListedItem } from '../listing/listed-posts.js';

export const REDDIT = 'reddit';

/** `t1_…` is a comment, `t3_…` a post; the rest a number to the base 36. */
const FULLNAME = /^(t[13])_([0-9a-z]{1,10})$/;
/** What stands in the place of what its author, or moderators, took away. */
const TAKEN_AWAY: ReadonlySet<string> = new Set(['[deleted]', '[removed]']);

const text = z.string().nullish().catch(undefined);

/** What of a post (link) or a comment is read; each has some of it. */
const thingSchema = z.object({
  data: z.object({
    name: z.string().regex(FULLNAME),
    author: text,
    /** Seconds since the epoch. */
    created_utc: z.number().nonnegative(),
    /** `false`, or when; `true` of very old ones. */
    edited: z.union([z.boolean(), z.number().nonnegative()]).catch(false),
    permalink: z.string(),
    score: z.number().catch(0),
    num_comments: z.number().nonnegative().catch(0),
    title: text,
    selftext: text,
    /** HTML of the Markdown. */
    selftext_html: text,
    /** Who took it away. */
    removed_by_category: text,
    body: text,
    body_html: text,
    parent_id: text,
  }),
});
type Thing = z.infer<typeof thingSchema>['data'];

/** What stands in a listing of posts or comments. */
export function itemOf(listed: unknown, seenAt: EpochMillis): ListedItem {
  const parsed = thingSchema.safeParse(listed);
  if (!parsed.success) {
    const digest = createHash('sha256').update(JSON.stringify(listed)).digest('base64url');
    return { number: undefined, id: idOf(digest), post: 'malformed' };
  }
  const thing = parsed.data.data;
  const id = idOf(thing.name);
  return {
    number: Number.parseInt(thing.name.slice(3), 36),
    id,
    post: isTakenAway(thing) ? 'deleted' : postOf(thing, id, seenAt),
  };
}

function isTakenAway({ removed_by_category: by, selftext, body }: Thing): boolean {
  return Boolean(by) || TAKEN_AWAY.has(selftext ?? '') || TAKEN_AWAY.has(body ?? '');
}

function postOf(thing: Thing, id: PostId, seenAt: EpochMillis): Post {
  const { author, edited, title, score, num_comments: comments, parent_id: parent } = thing;
  const html = thing.selftext_html ?? thing.body_html;
  const content = html ? textOfHtml(html) : (thing.selftext ?? thing.body ?? '').trim();
  const createdAt = pastSeconds(thing.created_utc, seenAt);
  const editedAt = typeof edited === 'number' ? pastSeconds(edited, seenAt) : createdAt;
  return {
    id,
    source: REDDIT,
    text: [title?.trim() ?? '', content].filter((part) => part !== '').join('\n'),
    ...(author && !TAKEN_AWAY.has(author) && { author }),
    createdAt,
    updatedAt: epochMillis(Math.max(editedAt, createdAt)),
    url: `https://www.reddit.com${thing.permalink}`,
    ...(parent && FULLNAME.test(parent) && { replyTo: idOf(parent) }),
    reach: Math.max(score, 0) + comments,
  };
}

function pastSeconds(seconds: number, seenAt: EpochMillis): EpochMillis {
  return epochMillis(Math.min(Math.round(seconds * 1_000), seenAt));
}

function idOf(name: string): PostId {
  return postId(`${REDDIT}:${name}`);
}
