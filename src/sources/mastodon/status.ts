import { z } from 'zod';
import { type EpochMillis, epochMillis, type PostId, postId } from '../../contracts/ids.js';
import type { Post } from '../../contracts/post.js';
import { textOfHtml } from '../html-text.js';
import { pastTime } from '../past-time.js';

export const MASTODON = 'mastodon';

const text = z.string().nullish().catch(undefined);
const count = z.number().nonnegative().catch(0);

/** What of a Status (docs.joinmastodon.org/entities/Status) is read; what is not there may be that of another server. */
export const statusSchema = z.object({
  /** On the server that was asked. */
  id: z.string().regex(/^[\w-]{1,64}$/),
  /** Everywhere. */
  uri: z.string().min(1),
  url: text,
  created_at: text,
  edited_at: text,
  visibility: z.string(),
  language: text,
  /** HTML. */
  content: z.string(),
  /** The content warning. */
  spoiler_text: text,
  account: z.object({ acct: z.string() }),
  in_reply_to_id: text,
  reblog: z.unknown().optional(),
  reblogs_count: count,
  favourites_count: count,
  replies_count: count,
});
export type Status = z.infer<typeof statusSchema>;

/** As servers of Mastodon name their posts; those of others have addresses of other forms. */
const OWN_URI = /^https:\/\/([^/]+)\/(?:ap\/)?users\/[^/]+\/statuses\/(\d+)$/;

/**
 * The identity of a post, whichever server tells of it: that of its home, by its number there.
 *
 * @param server host that was asked
 */
export function idOnServer(server: string, number: string): PostId {
  return postId(`${MASTODON}:${server}/${number}`);
}

export function idOfUri(uri: string): PostId {
  const [, home, number] = OWN_URI.exec(uri) ?? [];
  return home !== undefined && number !== undefined
    ? idOnServer(home, number)
    : postId(`${MASTODON}:${uri.slice(0, 512)}`);
}

/** Whether it is a post of its own, and was meant for all. */
export function isPublic({ visibility, reblog }: Status): boolean {
  return (visibility === 'public' || visibility === 'unlisted') && (reblog ?? undefined) === undefined;
}

/**
 * A status as a post; its text may be empty.
 *
 * @param server host that was asked: accounts of its own are told without it
 * @param replyTo the post that it answers
 */
export function postOf(
  status: Status,
  server: string,
  seenAt: EpochMillis,
  replyTo: PostId | undefined,
): Post {
  const { account, language } = status;
  const createdAt = pastTime(status.created_at ?? undefined, seenAt) ?? seenAt;
  const isEdited = !Number.isNaN(Date.parse(status.edited_at ?? ''));
  // Its clock may be ahead: an edit is one all the same.
  const editedAt = isEdited ? (pastTime(status.edited_at ?? undefined, seenAt) ?? seenAt) : createdAt;
  const parts = [status.spoiler_text?.trim() ?? '', textOfHtml(status.content)];
  return {
    id: idOfUri(status.uri),
    source: MASTODON,
    text: parts.filter((part) => part !== '').join('\n'),
    author: account.acct.includes('@') ? account.acct : `${account.acct}@${server}`,
    createdAt,
    updatedAt: epochMillis(Math.max(editedAt, createdAt)),
    ...(language && { language }),
    url: status.url ?? status.uri,
    ...(replyTo !== undefined && { replyTo }),
    reach: status.reblogs_count + status.favourites_count + status.replies_count,
  };
}
