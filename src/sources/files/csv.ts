import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import { SentifluxError } from '../../contracts/errors.js';

/** Cells by the names of their columns, without those that are empty; or why there are none. */
export type CsvRow =
  | { readonly kind: 'row'; readonly cells: Readonly<Record<string, string>> }
  | {
      readonly kind: 'unusable';
      readonly code: 'SF_POST_NOT_UTF8' | 'SF_SOURCE_MALFORMED';
      readonly message: string;
    };

/** The names in the first row of a file. */
export function columnsOf(header: Buffer, file: string): readonly string[] {
  const cells = isUtf8(header) ? cellsOf(withoutByteOrderMark(header)) : undefined;
  if (cells !== undefined) return cells.map((cell) => cell.trim());
  throw new SentifluxError('SF_INPUT_UNREADABLE', `the first row of ${file} names no columns.`, {
    hint: 'A CSV file begins with a row of names, in UTF-8.',
  });
}

/** Reads one row. A row with too few cells lacks the last ones; those beyond the columns are passed over. */
export function rowOf(bytes: Buffer, columns: readonly string[]): CsvRow {
  if (!isUtf8(bytes)) return { kind: 'unusable', code: 'SF_POST_NOT_UTF8', message: 'the row is not UTF-8' };
  const cells = cellsOf(bytes);
  if (cells === undefined)
    return { kind: 'unusable', code: 'SF_SOURCE_MALFORMED', message: 'the row is not CSV (RFC 4180)' };
  const named = columns.flatMap((column, i) => {
    const cell = cells[i];
    return cell === undefined || cell === '' ? [] : [[column, cell] as const];
  });
  return { kind: 'row', cells: Object.fromEntries(named) };
}

function cellsOf(bytes: Buffer): readonly string[] | undefined {
  try {
    const [cells]: unknown[][] = parse(bytes, { relax_column_count: true });
    return cells?.map(String);
  } catch {
    return undefined;
  }
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
