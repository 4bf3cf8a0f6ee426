import { type SourceCursor, sourceCursor } from '../../src/contracts/ids.js';
import type { Source, SourceBatch, SourceEvent } from '../../src/sources/port.js';

/** Reads batches until a condition holds, then stops; what the source throws comes out. */
export async function readUntil(
  source: Source,
  isDone: (batches: readonly SourceBatch[]) => boolean,
  after?: string,
): Promise<readonly SourceBatch[]> {
  const stop = new AbortController();
  const batches: SourceBatch[] = [];
  const cursor: SourceCursor | undefined = after === undefined ? undefined : sourceCursor(after);
  for await (const batch of source.read(cursor, stop.signal)) {
    batches.push(batch);
    if (isDone(batches)) stop.abort();
  }
  return batches;
}

export const eventsOf = (batches: readonly SourceBatch[]): readonly SourceEvent[] =>
  batches.flatMap(({ events }) => events);

/** Texts of posts and edits, ids of deletions, codes of what is unusable. */
export const told = (batches: readonly SourceBatch[]): readonly string[] =>
  eventsOf(batches).map((event) => {
    switch (event.kind) {
      case 'deletion':
        return `- ${event.id}`;
      case 'unusable':
        return event.code;
      default:
        return event.post.text;
    }
  });

/** Reads all that a source has. */
export const readAll = (source: Source, after?: string): Promise<readonly SourceBatch[]> =>
  readUntil(source, () => false, after);

/** Whether so many batches have come. */
export const rounds = (n: number) => (batches: readonly SourceBatch[]) => batches.length >= n;

/** What parts of a source said of their failures. */
export const problems = (batches: readonly SourceBatch[]) => batches.flatMap(({ problem }) => problem ?? []);
