import { extname } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { messageOf } from '../contracts/errors.js';
import { invalid, readBytes } from './read-file.js';

export interface Table {
  /** As the header has them, without spaces around them. */
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  /** Line of the file that the row begins on, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

const SIGNATURES: readonly (readonly [start: Buffer, what: string])[] = [
  [Buffer.from('PK\x03\x04', 'latin1'), 'a workbook or another zip archive'],
  [Buffer.from([0xd0, 0xcf, 0x11, 0xe0]), 'an old workbook'],
  [Buffer.from([0x1f, 0x8b]), 'compressed with gzip'],
  [Buffer.from('PAR1', 'latin1'), 'a Parquet file'],
  [Buffer.from([0xff, 0xfe]), 'in UTF-16'],
  [Buffer.from([0xfe, 0xff]), 'in UTF-16'],
];

/** Rows of a CSV file with the line that each ends on. */
const csvRows = z.array(z.object({ info: z.object({ lines: z.number() }), record: z.array(z.string()) }));

/**
 * Reads a table with a header: separated by commas, with quotes, where its name ends in `.csv`, by tabs elsewhere.
 *
 * @throws SentifluxError SF_TRAIN_DATA_INVALID where the file cannot be read, is no text in UTF-8, or has no row
 */
export async function readTable(file: string): Promise<Table> {
  return parseTable(await readBytes(file), file);
}

export function parseTable(bytes: Buffer, file: string): Table {
  const content = textOf(bytes, file);
  if (content.trim() === '') throw invalid(`${file} is empty`, 'Give it a header and rows.');
  const [header, ...rows] = extname(file).toLowerCase() === '.csv' ? csv(content, file) : tsv(content);
  if (header === undefined || rows.length === 0) {
    throw invalid(`${file} has a header and no rows`, 'Add the posts below it.');
  }
  return { columns: header.cells.map((cell) => cell.trim()), rows };
}

function textOf(bytes: Buffer, file: string): string {
  const save = 'Save it as text: TSV or CSV in UTF-8.';
  const signature = SIGNATURES.find(([start]) => bytes.subarray(0, start.length).equals(start));
  if (signature !== undefined) throw invalid(`${file} is ${signature[1]}`, save);
  if (bytes.includes(0)) throw invalid(`${file} is a binary file`, save);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid(`${file} is not UTF-8: see line ${firstLineNotUtf8(bytes)}`, save);
  }
}

function firstLineNotUtf8(bytes: Buffer): number {
  const replaced = bytes.toString('utf8').split('\n');
  let line = 0;
  let start = 0;
  for (const text of replaced) {
    line += 1;
    const end = bytes.indexOf(0x0a, start);
    const own = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (!Buffer.from(text, 'utf8').equals(own)) return line;
    start = end + 1;
  }
  return line;
}

function tsv(content: string): readonly TableRow[] {
  return content
    .split(/\r?\n/)
    .map((text, index) => ({ line: index + 1, cells: text.split('\t') }))
    .filter(({ cells }) => cells.join('') !== '');
}

function csv(content: string, file: string): readonly TableRow[] {
  let parsed: unknown;
  try {
    parsed = parse(content, { info: true, relax_column_count: true, skip_empty_lines: true });
  } catch (cause) {
    throw invalid(`${file} is no CSV: ${messageOf(cause)}`, 'Quotes within quotes are doubled in CSV.');
  }
  return csvRows.parse(parsed).map(({ info, record }) => ({
    line: info.lines - record.join('').split('\n').length + 1,
    cells: record,
  }));
}
