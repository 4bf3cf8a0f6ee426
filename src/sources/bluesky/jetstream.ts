import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { epochMillis, type PostId, postId } from '../../contracts/ids.js';
import type { Post } from '../../contracts/post.js';
import { jsonOf } from '../json.js';
import { pastTime } from '../past-time.js';
import type { SourceEvent } from '../port.js';

/** Collection of the posts (atproto's lexicon). */
export const POSTS = 'app.bsky.feed.post';
export const BLUESKY = 'bluesky';

const POST_URI = /^at:\/\/([^/]+)\/app\.bsky\.feed\.post\/([^/]+)$/;

/**
 * An event of Jetstream's `/subscribe`, as its documentation describes it: `commit` where a repository changed;
 * `identity` and `account` come too, whatever is asked for.
 */
const eventSchema = z.object({
  did: z.string(),
  /** When the server saw it, in microseconds: the cursor. */
  time_us: z.number().int().positive(),
  kind: z.string(),
  commit: z
    .object({
      rev: z.string(),
      operation: z.string(),
      collection: z.string(),
      rkey: z.string(),
      record: z.unknown().optional(),
    })
    .optional(),
});

/** What of a post is read (lexicon app.bsky.feed.post). All but the text is left out where it is not as it should be. */
const postSchema = z.object({
  text: z.string(),
  createdAt: z.string().optional().catch(undefined),
  langs: z.array(z.string()).optional().catch(undefined),
  reply: z
    .object({ parent: z.object({ uri: z.string() }) })
    .optional()
    .catch(undefined),
});

/** A message of the stream. Only some tell of posts; all of them move the cursor. */
export interface JetstreamMessage {
  /** Microseconds since the epoch; `undefined` where the message could not be read. */
  readonly timeUs?: number;
  readonly event?: SourceEvent;
  /** The commit that changed a post: the same however often, and by whichever server, it is told. */
  readonly commit?: string;
}

/** Maps one message. Never throws: what cannot be read is an event too. */
export function messageOfFrame(frame: Buffer): JetstreamMessage {
  const parsed = eventSchema.safeParse(isUtf8(frame) ? jsonOf(frame.toString('utf8')) : undefined);
  if (!parsed.success) {
    const start = frame.subarray(0, 80).toString('latin1');
    return {
      event: { kind: 'unusable', code: 'SF_SOURCE_MALFORMED', message: `no event of Jetstream: ${start}` },
    };
  }
  const { did, time_us: timeUs, commit } = parsed.data;
  if (commit === undefined || commit.collection !== POSTS) return { timeUs };
  const id = idOf(did, commit.rkey);
  const event = eventOf(commit.operation, commit.record, { id, did, rkey: commit.rkey, timeUs });
  return event === undefined ? { timeUs } : { timeUs, event, commit: `${id}/${commit.rev}` };
}

interface Place {
  readonly id: PostId;
  readonly did: string;
  readonly rkey: string;
  readonly timeUs: number;
}

function eventOf(operation: string, record: unknown, place: Place): SourceEvent | undefined {
  if (operation === 'delete') return { kind: 'deletion', id: place.id };
  const isEdit = operation === 'update';
  if (!isEdit && operation !== 'create') return undefined;
  const parsed = postSchema.safeParse(record);
  if (!parsed.success) {
    return { kind: 'unusable', code: 'SF_SOURCE_MALFORMED', message: `${place.id} is no ${POSTS}` };
  }
  if (parsed.data.text.trim() === '') {
    // What it said before is no longer said.
    if (isEdit) return { kind: 'deletion', id: place.id };
    return { kind: 'unusable', code: 'SF_POST_NO_TEXT', message: `${place.id} has no text` };
  }
  return { kind: isEdit ? 'edit' : 'post', post: postOf(parsed.data, isEdit, place) };
}

function postOf(record: z.infer<typeof postSchema>, isEdit: boolean, place: Place): Post {
  const seenAt = epochMillis(Math.floor(place.timeUs / 1000));
  const createdAt = pastTime(record.createdAt, seenAt) ?? seenAt;
  const [language, ...others] = record.langs ?? [];
  const [, did, rkey] = POST_URI.exec(record.reply?.parent.uri ?? '') ?? [];
  return {
    id: place.id,
    source: BLUESKY,
    text: record.text,
    author: place.did,
    createdAt,
    updatedAt: isEdit ? seenAt : createdAt,
    // Of several languages none is said to be that of the text.
    ...(language !== undefined && others.length === 0 && { language }),
    url: `https://bsky.app/profile/${place.did}/post/${place.rkey}`,
    ...(did !== undefined && rkey !== undefined && { replyTo: idOf(did, rkey) }),
  };
}

function idOf(did: string, rkey: string): PostId {
  return postId(`${BLUESKY}:${did}/${rkey}`);
}
