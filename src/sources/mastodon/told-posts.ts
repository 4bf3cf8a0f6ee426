import type { EpochMillis, PostId } from '../../contracts/ids.js';
import type { SourceEvent } from '../port.js';
import { Recent } from '../recent.js';
import { idOfUri, idOnServer, isPublic, postOf, type Status } from './status.js';

/** Some hours of a large server. */
const MOST_POSTS = 50_000;
/** Of a post that was deleted no version is new. */
const DELETED = Number.POSITIVE_INFINITY;

/**
 * The posts that were told last, over all servers and timelines: the same post comes by several of them, and again after
 * a break.
 */
export class ToldPosts {
  /** By server and number there: deletions name no more. */
  readonly #ids = new Recent<string, PostId>(MOST_POSTS);
  readonly #versions = new Recent<PostId, number>(MOST_POSTS);

  /** What a status tells: nothing where it was told, or is not meant for all. */
  tell(kind: 'post' | 'edit', status: Status, server: string, seenAt: EpochMillis): readonly SourceEvent[] {
    if (!isPublic(status)) return [];
    const id = idOfUri(status.uri);
    this.#ids.set(`${server}/${status.id}`, id);
    const post = postOf(status, server, seenAt, this.#answered(status, server));
    // An update without a newer time is none of the text: a preview was fetched, or a vote was cast.
    if (post.updatedAt <= (this.#versions.get(id) ?? -1)) return [];
    this.#versions.set(id, post.updatedAt);
    if (post.text !== '') return [{ kind, post }];
    // What it said before is no longer said.
    if (kind === 'edit') return [{ kind: 'deletion', id }];
    return [{ kind: 'unusable', code: 'SF_POST_NO_TEXT', message: `${id} has no text` }];
  }

  /**
   * The deletion of what had a number on a server. Of a post that was not read, or long ago, only the number is known:
   * then it is taken for one of the server's own.
   */
  delete(number: string, server: string): readonly SourceEvent[] {
    const id = this.#ids.get(`${server}/${number}`) ?? idOnServer(server, number);
    if (this.#versions.get(id) === DELETED) return [];
    this.#versions.set(id, DELETED);
    return [{ kind: 'deletion', id }];
  }

  #answered({ in_reply_to_id: number }: Status, server: string): PostId | undefined {
    return number ? (this.#ids.get(`${server}/${number}`) ?? idOnServer(server, number)) : undefined;
  }
}
