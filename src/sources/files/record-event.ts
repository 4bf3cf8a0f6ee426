import type { DecodedRecord } from '../../contracts/post.js';
import type { SourceEvent } from '../port.js';
import { rowOf } from './csv.js';
import type { FileRecord } from './split-records.js';

export const FILE_FORMATS = ['ndjson', 'csv'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** How lines become posts. */
export interface RecordReader {
  readonly format: FileFormat;
  /**
   * What a message is, as the topic of posts would have it.
   *
   * @param message JSON
   * @param place an id for what has none of its own; `undefined` where the same place cannot be found again
   */
  readonly decode: (message: Uint8Array, place: string | undefined) => DecodedRecord;
  /** Columns of CSV that hold numbers. */
  readonly numbers: ReadonlySet<string>;
}

/**
 * @param file its name, or `undefined` for standard input
 * @param columns of CSV
 */
export function eventOfRecord(
  { bytes, start }: FileRecord,
  file: string | undefined,
  columns: readonly string[] | undefined,
  { decode, numbers, format }: RecordReader,
): SourceEvent {
  const where = `${file ?? 'standard input'} at byte ${start}`;
  if (bytes === undefined)
    return { kind: 'unusable', code: 'SF_POST_TOO_LARGE', message: `${where}: the record is too long` };
  const row = columns === undefined ? undefined : rowOf(bytes, columns);
  if (row?.kind === 'unusable') return { ...row, message: `${where}: ${row.message}` };
  const message = row === undefined ? bytes : jsonOf(row.cells, numbers);
  const decoded = decode(message, file === undefined ? undefined : `${format}:${file}:${start}`);
  if (decoded.kind !== 'rejected') return decoded;
  return { kind: 'unusable', code: decoded.code, message: `${where}: ${decoded.message}` };
}

function jsonOf(cells: Readonly<Record<string, string>>, numbers: ReadonlySet<string>): Uint8Array {
  const message = Object.entries(cells).map(([name, cell]) => [
    name,
    numbers.has(name) ? Number(cell) : cell,
  ]);
  return Buffer.from(JSON.stringify(Object.fromEntries(message)));
}
