import { epochMillis, type SourceCursor, sourceCursor } from '../../contracts/ids.js';
import { invalidCursor } from '../invalid-cursor.js';
import { jittered } from '../jitter.js';
import type { Source, SourceGap } from '../port.js';
import { type ListedItem, ListedPosts } from './listed-posts.js';

export interface ListingPage {
  /** The newest first. */
  readonly items: readonly ListedItem[];
  /** Where the page with older ones begins, in the listing's own words; none at the end. */
  readonly next?: string | undefined;
}

export interface ListingOptions {
  readonly name: string;
  /**
   * @param from `undefined` for the newest
   * @throws SourceUnreachable, or SentifluxError SF_SOURCE_REFUSED
   */
  readonly page: (from: string | undefined, stop: AbortSignal) => Promise<ListingPage>;
  /** Of one reading. */
  readonly mostPages: number;
  /** How long between two readings. */
  readonly pollMs: number;
  /** From 0 up to 1, as `Math.random` gives it. */
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, or as soon as it is told to stop. */
  readonly wait: (millis: number, stop: AbortSignal) => Promise<void>;
}

/**
 * A listing whose newest items come first, read back to what was read before. Its cursor is the greatest number of an
 * item; without one it begins with what is new.
 */
export function createListingSource(options: ListingOptions): Source {
  const { name, pollMs, random, now, wait } = options;
  const listed = new ListedPosts();
  return {
    name,
    async *read(after, stop) {
      let last = after === undefined ? undefined : numberOf(after, name);
      while (!stop.aborted) {
        const { items, gap } = await itemsSince(last, options, stop);
        const events = listed.tell(items, last, epochMillis(now()));
        for (const { number } of items) last = Math.max(last ?? 0, number ?? 0);
        yield {
          events,
          ...(last !== undefined && { cursor: sourceCursor(String(last)) }),
          ...(gap !== undefined && { gap }),
        };
        await wait(jittered(pollMs, random), stop);
      }
    },
  };
}

/** The newest items, from the oldest on, back to one that was there before: of the first page some are. */
async function itemsSince(
  last: number | undefined,
  { name, page, mostPages }: ListingOptions,
  stop: AbortSignal,
): Promise<{ readonly items: readonly ListedItem[]; readonly gap?: SourceGap }> {
  const newestFirst = new Map<string, ListedItem>();
  let from: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const { items, next } = await page(from, stop);
    for (const item of items) newestFirst.set(item.id, item);
    const lowest = Math.min(...items.flatMap(({ number }) => number ?? []));
    const isReached = last === undefined || lowest <= last;
    const isEnd = next === undefined || next === from || items.length === 0;
    const read = { items: [...newestFirst.values()].toReversed() };
    if (isReached || isEnd) return read;
    if (pages === mostPages)
      return { ...read, gap: { from: `number ${last} of ${name}`, to: `number ${lowest}` } };
    from = next;
  }
}

/** @throws SentifluxError SF_SOURCE_CURSOR_INVALID */
function numberOf(cursor: SourceCursor, name: string): number {
  const number = Number(cursor);
  if (/^\d+$/.test(cursor) && Number.isSafeInteger(number)) return number;
  throw invalidCursor(cursor, name);
}
