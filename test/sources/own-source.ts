import { z } from 'zod';
import { epochMillis, postId, sourceCursor } from '../../src/contracts/ids.js';
import { type Source, type SourceEvent, SourceUnreachable } from '../../src/sources/port.js';

/** What the guest book serves at /entries?after=N: entries in the order of their numbers. */
const entriesSchema = z.array(
  z.object({ number: z.number().int(), text: z.string(), by: z.string(), at: z.number() }),
);

/** A guest book that is asked every so often. Its cursor is the number of the last entry. */
export function createGuestBookSource(
  url: string,
  wait: (millis: number, stop: AbortSignal) => Promise<void>,
): Source {
  return {
    name: 'guest-book',
    async *read(after, stop) {
      let last = Number(after ?? 0);
      while (!stop.aborted) {
        const entries = await entriesAfter(`${url}/entries?after=${last}`, stop);
        last = entries.at(-1)?.number ?? last;
        yield { events: entries.map(eventOf), cursor: sourceCursor(String(last)) };
        await wait(60_000, stop);
      }
    },
  };
}

async function entriesAfter(url: string, stop: AbortSignal): Promise<z.infer<typeof entriesSchema>> {
  try {
    const response = await fetch(url, { signal: stop });
    return entriesSchema.parse(await response.json());
  } catch (cause) {
    if (stop.aborted) return [];
    // The runner waits, and asks again from the last cursor.
    throw new SourceUnreachable(`the guest book at ${url} gave no entries.`, { cause });
  }
}

function eventOf({ number, text, by, at }: z.infer<typeof entriesSchema>[number]): SourceEvent {
  const id = postId(`guest-book:${number}`);
  const createdAt = epochMillis(at);
  return {
    kind: 'post',
    post: { id, source: 'guest-book', text, author: by, createdAt, updatedAt: createdAt },
  };
}
