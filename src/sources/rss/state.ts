import { z } from 'zod';
import { type SourceCursor, sourceCursor } from '../../contracts/ids.js';
import type { Post } from '../../contracts/post.js';
import { invalidCursor } from '../invalid-cursor.js';
import { jsonOf } from '../json.js';
import { digest } from './item.js';
import { MOST_ITEMS } from './read-feed.js';

const HASH_CHARACTERS = 8;

const stateSchema = z.object({
  etag: z.string().optional(),
  modified: z.string().optional(),
  /** Milliseconds since the epoch at which it was read. */
  at: z.number().int().nonnegative(),
  /** Of the items that it had, their identities and texts: a hash of 48 bits each. */
  seen: z.array(z.string().length(2 * HASH_CHARACTERS)).max(MOST_ITEMS),
});

/** What is known of a feed since it was last read: its cursor. */
export type FeedState = Readonly<z.infer<typeof stateSchema>>;

export type Novelty = 'new' | 'edited' | 'known';

export const cursorOf = (state: FeedState): SourceCursor => sourceCursor(JSON.stringify(state));

/** @throws SentifluxError SF_SOURCE_CURSOR_INVALID */
export function stateOf(cursor: SourceCursor, feed: string): FeedState {
  const parsed = stateSchema.safeParse(jsonOf(cursor));
  if (!parsed.success) throw invalidCursor(cursor, feed);
  return parsed.data;
}

/** The items that a feed had, from the newest reading on. */
export class SeenItems {
  readonly #textById: Map<string, string>;
  readonly #now = new Map<string, string>();

  constructor(marks: readonly string[]) {
    this.#textById = new Map(
      marks.map((mark) => [mark.slice(0, HASH_CHARACTERS), mark.slice(HASH_CHARACTERS)]),
    );
  }

  /** What a post is to those that were seen; it is one of them from now on. */
  see({ id, text }: Pick<Post, 'id' | 'text'>): Novelty {
    const key = hash(id);
    const mark = hash(text);
    const before = this.#now.get(key) ?? this.#textById.get(key);
    this.#now.set(key, mark);
    if (before === undefined) return 'new';
    return before === mark ? 'known' : 'edited';
  }

  /** For the next reading: a feed may leave out an item for once. */
  marks(): readonly string[] {
    const all = new Map([...this.#now, ...this.#missing()]);
    return [...all].slice(0, MOST_ITEMS).map((mark) => mark.join(''));
  }

  #missing(): readonly (readonly [string, string])[] {
    return [...this.#textById].filter(([key]) => !this.#now.has(key));
  }
}

const hash = (text: string): string => digest(text).slice(0, HASH_CHARACTERS);
