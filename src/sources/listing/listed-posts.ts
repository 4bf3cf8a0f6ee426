import type { EpochMillis, PostId } from '../../contracts/ids.js';
import type { Post } from '../../contracts/post.js';
import type { SourceEvent } from '../port.js';
import { RecentTexts } from '../recent-texts.js';

/** What stands at a place of a listing. */
export interface ListedItem {
  /** Greater for every newer item; `undefined` where it cannot be read. */
  readonly number: number | undefined;
  readonly id: PostId;
  /** `deleted`: what was there is no longer said. */
  readonly post: Post | 'deleted' | 'malformed';
}

/** Listings are made by many servers, which do not all know the same at once: an item must be missing so often. */
const TIMES_MISSING = 2;

/** The newest items of a listing as they were shown: tells what is new, edited or gone the next time. */
export class ListedPosts {
  readonly #texts = new RecentTexts();
  /** Their ids by number, and how often they have been missing. */
  #shown: ReadonlyMap<number, { readonly id: PostId; readonly missing: number }> = new Map();

  /**
   * What a reading tells.
   *
   * @param items from the oldest on, all that the listing has between the first and the last of them
   * @param last the greatest number that was told; `undefined` before the first reading, which tells nothing
   */
  tell(items: readonly ListedItem[], last: number | undefined, at: EpochMillis): readonly SourceEvent[] {
    const lowestShown = Math.min(...this.#shown.keys());
    const isNew = ({ number }: ListedItem): boolean => {
      if (last === undefined || number === undefined) return last !== undefined;
      // One that was held back, for moderators perhaps, comes late between others.
      return number > last || (number > lowestShown && !this.#shown.has(number));
    };
    const told = items.flatMap((item) => this.#eventOf(item, isNew(item), at) ?? []);
    const gone = this.#show(items).flatMap((id) => this.#deletionOf(id) ?? []);
    return last === undefined ? [] : [...told, ...gone];
  }

  #eventOf({ id, post }: ListedItem, isNew: boolean, at: EpochMillis): SourceEvent | undefined {
    if (post === 'deleted') return this.#deletionOf(id);
    if (post === 'malformed') {
      const message = `${id} is no item of its listing`;
      return this.#deletionOf(id) && { kind: 'unusable', code: 'SF_SOURCE_MALFORMED', message };
    }
    const wasDeleted = this.#texts.isDeleted(id);
    const isEdit = this.#texts.isNews(id, post.text);
    this.#texts.note(id, post.text);
    if (!isNew && !isEdit) return undefined;
    // What it said before is no longer said.
    if (post.text === '' && isEdit) return { kind: 'deletion', id };
    if (post.text === '') return { kind: 'unusable', code: 'SF_POST_NO_TEXT', message: `${id} has no text` };
    if (!isEdit) return { kind: 'post', post };
    // What is shown again was not edited, but counts again from now on.
    const isDated = !wasDeleted && post.updatedAt > post.createdAt;
    return { kind: 'edit', post: { ...post, updatedAt: isDated ? post.updatedAt : at } };
  }

  #deletionOf(id: PostId): SourceEvent | undefined {
    if (this.#texts.isDeleted(id)) return undefined;
    this.#texts.note(id, null);
    return { kind: 'deletion', id };
  }

  /** @returns what is gone for good */
  #show(items: readonly ListedItem[]): readonly PostId[] {
    const numbers = new Set(items.flatMap(({ number }) => number ?? []));
    const lowest = Math.min(...numbers);
    const missing = [...this.#shown]
      .filter(([number]) => number >= lowest && !numbers.has(number))
      .map(([number, shown]) => [number, { ...shown, missing: shown.missing + 1 }] as const);
    const there = items.flatMap(({ number, id }) =>
      number === undefined ? [] : [[number, { id, missing: 0 }] as const],
    );
    this.#shown = new Map([...missing.filter(([, shown]) => shown.missing < TIMES_MISSING), ...there]);
    return missing.flatMap(([, { id, missing: times }]) => (times < TIMES_MISSING ? [] : [id]));
  }
}
