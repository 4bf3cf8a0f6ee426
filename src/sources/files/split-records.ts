const NEW_LINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;

/** Where in a row of CSV a byte is: `after` a quote that may have closed a cell, or been the first of two. */
type Cell = 'start' | 'plain' | 'quoted' | 'after';

/** A longer record is no post of anybody. */
export const MOST_RECORD_BYTES = 1_048_576;

/** A line of NDJSON, or a row of CSV, which may go over several lines. */
export interface FileRecord {
  /** Without the end of the line; `undefined` where there are too many. */
  readonly bytes: Buffer | undefined;
  /** Where it starts in the file, and where the next one does. */
  readonly start: number;
  readonly end: number;
  /** False for the last one where no end of a line follows: more of it may be written yet. */
  readonly isEnded: boolean;
}

export interface SplitOptions {
  /** Where in the file the first chunk starts. */
  readonly from: number;
  /** Whether ends of lines between quotes (RFC 4180) are part of a record. */
  readonly quoted: boolean;
  /** A longer record is given without its bytes; it ends at the next end of a line, quotes or not. */
  readonly mostBytes: number;
}

/** Cuts a file into records, those of a chunk at a time. Empty lines are none. */
export async function* splitRecords(
  chunks: AsyncIterable<Buffer>,
  { from, quoted, mostBytes }: SplitOptions,
): AsyncGenerator<readonly FileRecord[]> {
  let parts: Buffer[] = [];
  let size = 0;
  let start = from;
  let cell: Cell = 'start';

  function take(part: Buffer): void {
    size += part.length;
    if (size <= mostBytes) parts.push(part);
    else parts = [];
  }
  function finish(ending: number, isEnded: boolean): readonly FileRecord[] {
    const whole = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    const bytes = whole.at(-1) === RETURN ? whole.subarray(0, -1) : whole;
    const record = {
      bytes: size > mostBytes ? undefined : bytes,
      start,
      end: start + size + ending,
      isEnded,
    };
    start = record.end;
    parts = [];
    size = 0;
    cell = 'start';
    return record.bytes?.length === 0 ? [] : [record];
  }
  /** Where the record that is begun ends in a chunk, looked for from a place in it; -1 where it does not. */
  function endOf(chunk: Buffer, at: number): number {
    if (!quoted) return chunk.indexOf(NEW_LINE, at);
    for (let i = at; i < chunk.length; i += 1) {
      const byte = chunk[i];
      if (byte === NEW_LINE && (cell !== 'quoted' || size + i - at > mostBytes)) return i;
      cell = nextCell(cell, byte);
    }
    return -1;
  }

  for await (const chunk of chunks) {
    const records: FileRecord[] = [];
    let at = 0;
    for (let end = endOf(chunk, at); end >= 0; end = endOf(chunk, at)) {
      take(chunk.subarray(at, end));
      records.push(...finish(1, true));
      at = end + 1;
    }
    if (at < chunk.length) take(chunk.subarray(at));
    if (records.length > 0) yield records;
  }
  if (size > 0) {
    const last = finish(0, false);
    if (last.length > 0) yield last;
  }
}

/** RFC 4180: a quote opens a cell at its start only, and is doubled within one. */
function nextCell(cell: Cell, byte: number | undefined): Cell {
  if (cell === 'quoted') return byte === QUOTE ? 'after' : 'quoted';
  if (byte === COMMA) return 'start';
  return byte === QUOTE && cell !== 'plain' ? 'quoted' : 'plain';
}
