import { z } from 'zod';
import { SentifluxError } from '../contracts/errors.js';
import { type SourceCursor, sourceCursor } from '../contracts/ids.js';
import { invalidCursor } from './invalid-cursor.js';
import { jsonOf } from './json.js';
import { merge } from './merge.js';
import { type Source, type SourceBatch, SourceUnreachable } from './port.js';

/** What was refused may have been mended by then. */
const REFUSED_PAUSE_MILLIS = 3_600_000;

const cursorsSchema = z.record(z.string(), z.string().transform(sourceCursor));

export interface CombineOptions {
  readonly name: string;
  /** Each has a name of its own, under which its cursor is in the common one. */
  readonly parts: readonly Source[];
  /** Waits that grow while something fails. */
  readonly createBackoff: () => { next(atLeastMs?: number): number; reset(): void };
  /** Resolves after so many milliseconds, or as soon as it is told to stop. */
  readonly wait: (millis: number, stop: AbortSignal) => Promise<void>;
}

/**
 * Several sources as one, such as the feeds of a list. One that cannot be read is a problem of a batch, and tried again,
 * while the others go on; where each of them is refused, so is the whole. The cursor holds those of the parts.
 */
export function combineSources(options: CombineOptions): Source {
  const { name, parts } = options;
  return {
    name,
    async *read(after, stop) {
      const cursors = new Map(after === undefined ? [] : cursorsOf(after, options));
      const ended = new AbortController();
      const ends = AbortSignal.any([stop, ended.signal]);
      const refused = new Set<Source>();
      const readings = parts.map((part) => readOn(part, cursors.get(part.name), refused, options, ends));
      try {
        for await (const { part, batch } of merge(readings)) {
          if (batch.cursor !== undefined) cursors.set(part.name, batch.cursor);
          const cursor = sourceCursor(JSON.stringify(Object.fromEntries(cursors)));
          yield { ...batch, ...(cursors.size > 0 && { cursor }) };
        }
      } finally {
        // Whoever reads no longer waits for none of them.
        ended.abort();
        await Promise.allSettled(readings.map((reading) => reading.return(undefined)));
      }
    },
  };
}

interface PartBatch {
  readonly part: Source;
  readonly batch: SourceBatch;
}

async function* readOn(
  part: Source,
  after: SourceCursor | undefined,
  refused: Set<Source>,
  { parts, createBackoff, wait }: CombineOptions,
  stop: AbortSignal,
): AsyncGenerator<PartBatch> {
  const backoff = createBackoff();
  let position = after;
  while (!stop.aborted) {
    try {
      for await (const batch of part.read(position, stop)) {
        backoff.reset();
        refused.delete(part);
        position = batch.cursor ?? position;
        yield { part, batch };
      }
      return;
    } catch (error) {
      if (stop.aborted) return;
      const isRefusal = error instanceof SentifluxError && error.code === 'SF_SOURCE_REFUSED';
      if (isRefusal) refused.add(part);
      const mayPass = error instanceof SourceUnreachable || (isRefusal && refused.size < parts.length);
      if (!mayPass) throw error;
      yield { part, batch: { events: [], problem: error } };
      const pause = error instanceof SourceUnreachable ? backoff.next(error.afterMs) : REFUSED_PAUSE_MILLIS;
      await wait(pause, stop);
    }
  }
}

/** Those of parts that are no longer there are left out. */
function cursorsOf(
  cursor: SourceCursor,
  { name, parts }: CombineOptions,
): ReadonlyArray<readonly [part: string, cursor: SourceCursor]> {
  const parsed = cursorsSchema.safeParse(jsonOf(cursor));
  if (!parsed.success) throw invalidCursor(cursor, name);
  const names = new Set(parts.map((part) => part.name));
  return Object.entries(parsed.data).filter(([part]) => names.has(part));
}
