import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { type SourceCursor, sourceCursor } from '../../contracts/ids.js';
import type { Source, SourceBatch } from '../port.js';
import { columnsOf } from './csv.js';
import { eventOfRecord, type FileFormat, type RecordReader } from './record-event.js';
import { type FileRecord, MOST_RECORD_BYTES, splitRecords } from './split-records.js';

/** Files of a folder that are read. */
const EXTENSIONS: Readonly<Record<FileFormat, readonly string[]>> = {
  ndjson: ['.ndjson', '.jsonl'],
  csv: ['.csv'],
};

const placeSchema = z.object({ file: z.string(), offset: z.number().int().nonnegative() });
/** Everything before an offset of a file is read, and every file whose name sorts before it. */
type Place = Readonly<z.infer<typeof placeSchema>>;

export interface FileSourceOptions extends RecordReader {
  readonly name: string;
  /** Path of a file, or of a folder whose files are read in the order of their names. */
  readonly input: string;
  /** Goes on as the file or folder grows, looking so often; `undefined`: ends where it ends now. */
  readonly pollMs?: number;
  /** Resolves after so many milliseconds, or as soon as it is told to stop. */
  readonly wait: (millis: number, stop: AbortSignal) => Promise<void>;
}

interface PlacedBatch {
  readonly place: Place;
  readonly batch: SourceBatch;
}

/** Posts from NDJSON or CSV files. */
export function createFileSource(options: FileSourceOptions): Source {
  const { name, pollMs, wait } = options;
  return {
    name,
    async *read(after, stop) {
      let place = after === undefined ? undefined : placeOf(after);
      for (;;) {
        for await (const placed of readOnce(options, place, stop)) {
          place = placed.place;
          yield placed.batch;
        }
        if (pollMs === undefined || stop.aborted) return;
        await wait(pollMs, stop);
        if (stop.aborted) return;
        // So that the place is stored where nothing more comes.
        if (place !== undefined) yield { events: [], cursor: cursorOf(place) };
      }
    },
  };
}

/** Reads what is there and was not read before. */
async function* readOnce(
  options: FileSourceOptions,
  from: Place | undefined,
  stop: AbortSignal,
): AsyncGenerator<PlacedBatch> {
  const files = await filesOf(options, from);
  for (const [i, file] of files.entries()) {
    // More may be written to the newest one only, and only where somebody waits for it.
    const isGrowing = options.pollMs !== undefined && i === files.length - 1;
    yield* readFile(file, { offset: from?.file === file.name ? from.offset : 0, isGrowing }, options, stop);
  }
}

interface File {
  readonly name: string;
  readonly path: string;
}

async function* readFile(
  { name: file, path }: File,
  { offset, isGrowing }: { readonly offset: number; readonly isGrowing: boolean },
  options: FileSourceOptions,
  stop: AbortSignal,
): AsyncGenerator<PlacedBatch> {
  const { size } = await stat(path).catch((error: unknown) => fail(path, error));
  // Shorter than it was: another file has taken its name.
  let gap = size < offset ? { from: `${file}:${offset}`, to: `${file}:0` } : undefined;
  const start = gap === undefined ? offset : 0;
  if (start === size) return;
  const isWhole = ({ isEnded }: FileRecord): boolean => isEnded || !isGrowing;
  const quoted = options.format === 'csv';
  let columns: readonly string[] | undefined;
  if (quoted) {
    const header = await firstRecord(recordsFrom(path, 0, quoted));
    if (header === undefined || !isWhole(header)) return;
    columns = columnsOf(header.bytes ?? Buffer.alloc(0), path);
  }
  for await (const read of recordsFrom(path, start, quoted)) {
    if (stop.aborted) return;
    const records = read.filter(isWhole);
    const last = records.at(-1);
    if (last === undefined) return;
    const place = { file, offset: last.end };
    const events = records
      // The first one of a CSV file is its header.
      .filter((record) => columns === undefined || record.start > 0)
      .map((record) => eventOfRecord(record, file, columns, options));
    yield { place, batch: { events, cursor: cursorOf(place), ...(gap && { gap }) } };
    gap = undefined;
  }
}

async function* recordsFrom(
  path: string,
  from: number,
  quoted: boolean,
): AsyncGenerator<readonly FileRecord[]> {
  // Without an encoding it gives buffers.
  const chunks = createReadStream(path, { start: from }) as AsyncIterable<Buffer>;
  try {
    yield* splitRecords(chunks, { from, quoted, mostBytes: MOST_RECORD_BYTES });
  } catch (error) {
    fail(path, error);
  }
}

async function firstRecord(records: AsyncGenerator<readonly FileRecord[]>): Promise<FileRecord | undefined> {
  for await (const [first] of records) return first;
  return undefined;
}

/** The file, or those of the folder that are not wholly read: from the one of the place on, by their names. */
async function filesOf(
  { input, format }: Pick<FileSourceOptions, 'input' | 'format'>,
  from: Place | undefined,
): Promise<readonly File[]> {
  const found = await stat(input).catch((error: unknown) => fail(input, error));
  if (!found.isDirectory()) {
    const name = basename(input);
    if (from === undefined || from.file === name) return [{ name, path: input }];
    throw new SentifluxError(
      'SF_SOURCE_CURSOR_INVALID',
      `the cursor that is stored is one of ${from.file}, not of ${name}.`,
      { hint: 'Give another --name.' },
    );
  }
  const names = await readdir(input).catch((error: unknown) => fail(input, error));
  return names
    .filter((name) => EXTENSIONS[format].includes(extname(name).toLowerCase()))
    .filter((name) => from === undefined || name >= from.file)
    .sort()
    .map((name) => ({ name, path: join(input, name) }));
}

/** @throws SentifluxError SF_SOURCE_CURSOR_INVALID */
function placeOf(cursor: SourceCursor): Place {
  try {
    return placeSchema.parse(JSON.parse(cursor));
  } catch (cause) {
    throw new SentifluxError('SF_SOURCE_CURSOR_INVALID', `${cursor} is no place in a file.`, {
      hint: 'Another source may have stored it under this name: give another --name.',
      cause,
    });
  }
}

function cursorOf(place: Place): SourceCursor {
  return sourceCursor(JSON.stringify(place));
}

function fail(path: string, cause: unknown): never {
  if (cause instanceof SentifluxError) throw cause;
  throw new SentifluxError('SF_INPUT_UNREADABLE', `cannot read ${path}: ${messageOf(cause)}.`, {
    hint: 'Check the path and the rights.',
    cause,
  });
}
