import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { parse } from 'csv-parse';
import type { RejectionCode } from '../contracts/errors.js';
import { errorOf, messageOf, SentifluxError } from '../contracts/errors.js';

export const FORMATS = ['ndjson', 'csv', 'tsv', 'text'] as const;
export type Format = (typeof FORMATS)[number];

/** One record of an input file: its text, or why it has none. */
export type InputRecord = {
  /** From 1; the header of a CSV or TSV file is not counted. */
  readonly line: number;
  readonly id?: string;
} & (
  | { readonly kind: 'text'; readonly text: string; readonly language?: string; readonly label?: string }
  | { readonly kind: 'unreadable'; readonly code: RejectionCode; readonly message: string }
);

export interface ReadOptions {
  /** A path, or `-` for standard input. */
  readonly input: string;
  /** Told from the file's name or, failing that, from its first character where left out. */
  readonly format?: Format | undefined;
  /** Column, or path such as `post.body`, of the text. */
  readonly textField: string;
}

/** Longest line that is kept; the rest of a longer one is read and thrown away. */
const MAX_LINE_BYTES = 8 * 1_048_576;

/**
 * The records of a file or of standard input, one at a time: memory does not grow with the file.
 *
 * @throws SentifluxError SF_INPUT_UNREADABLE
 */
export async function* readRecords(options: ReadOptions): AsyncGenerator<InputRecord> {
  const { input, textField } = options;
  const chunks = (input === '-' ? process.stdin : createReadStream(input)) as AsyncIterable<Buffer>; // Neither has an encoding set, so both give buffers.
  try {
    const [head, stream] = await peek(chunks);
    const format = options.format ?? formatOf(input, head);
    if (format === 'csv') yield* readCsv(stream, textField);
    else if (format === 'tsv') yield* readTsv(lines(stream), textField);
    else if (format === 'ndjson') yield* readNdjson(lines(stream), textField);
    else yield* readText(lines(stream));
  } catch (cause) {
    if (cause instanceof SentifluxError) throw cause;
    throw new SentifluxError('SF_INPUT_UNREADABLE', `cannot read ${nameOf(input)}: ${messageOf(cause)}.`, {
      hint: 'Check the path and --format.',
      cause,
    });
  }
}

function nameOf(input: string): string {
  return input === '-' ? 'standard input' : input;
}

function formatOf(input: string, head: Buffer): Format {
  const byExtension: Record<string, Format> = {
    '.ndjson': 'ndjson',
    '.jsonl': 'ndjson',
    '.csv': 'csv',
    '.tsv': 'tsv',
    '.txt': 'text',
  };
  return (
    byExtension[extname(input).toLowerCase()] ??
    (head.toString('latin1').trimStart().startsWith('{') ? 'ndjson' : 'text')
  );
}

async function peek(chunks: AsyncIterable<Buffer>): Promise<[Buffer, AsyncIterable<Buffer>]> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head: Buffer = first.done === true ? Buffer.alloc(0) : withoutByteOrderMark(first.value);
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  }
  return [head, all()];
}

function withoutByteOrderMark(chunk: Buffer): Buffer {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
}

/** Lines without their ends (`\n` or `\r\n`); a line end at the end of the file begins no further line. */
export async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  const take = (part: Buffer): void => {
    if (size < MAX_LINE_BYTES) parts.push(part);
    size += part.length;
  };
  const line = (): Buffer => {
    const whole = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    parts = [];
    size = 0;
    return whole.at(-1) === 0x0d ? whole.subarray(0, -1) : whole;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      take(chunk.subarray(start, end));
      yield line();
      start = end + 1;
    }
    if (start < chunk.length) take(chunk.subarray(start));
  }
  if (size > 0) yield line();
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const NOT_UTF8 = { kind: 'unreadable', code: 'SF_POST_NOT_UTF8', message: 'the line is not UTF-8' } as const;

async function* readText(rows: AsyncIterable<Buffer>): AsyncGenerator<InputRecord> {
  let line = 0;
  for await (const row of rows) {
    line += 1;
    const text = decode(row);
    yield text === undefined ? { line, ...NOT_UTF8 } : { line, kind: 'text', text };
  }
}

async function* readNdjson(rows: AsyncIterable<Buffer>, textField: string): AsyncGenerator<InputRecord> {
  let line = 0;
  for await (const row of rows) {
    line += 1;
    const json = decode(row);
    if (json === undefined) {
      yield { line, ...NOT_UTF8 };
      continue;
    }
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch (error) {
      yield { line, kind: 'unreadable', code: 'SF_POST_NOT_JSON', message: messageOf(error) };
      continue;
    }
    if (!isObject(value)) {
      yield { line, kind: 'unreadable', code: 'SF_POST_NOT_JSON', message: 'the line holds no JSON object' };
      continue;
    }
    yield { line, ...fieldsOf(value, textField) };
  }
}

async function* readTsv(rows: AsyncIterable<Buffer>, textField: string): AsyncGenerator<InputRecord> {
  let columns: readonly string[] | undefined;
  let line = 0;
  for await (const row of rows) {
    const cells = decode(row)?.split('\t');
    if (columns === undefined) {
      columns = checkedHeader(cells ?? [], textField);
      continue;
    }
    line += 1;
    yield cells === undefined
      ? { line, ...NOT_UTF8 }
      : { line, ...fieldsOf(rowObject(columns, cells), textField) };
  }
}

async function* readCsv(chunks: AsyncIterable<Buffer>, textField: string): AsyncGenerator<InputRecord> {
  // Cells as bytes, so that one bad cell spoils one record and not the file.
  const parser = parse({ encoding: null, relax_column_count: true, skip_empty_lines: true });
  const feeding = (async () => {
    for await (const chunk of chunks) {
      if (!parser.write(chunk)) await new Promise((resolve) => parser.once('drain', resolve));
    }
    parser.end();
  })();
  feeding.catch((error: unknown) => parser.destroy(errorOf(error)));
  let columns: readonly string[] | undefined;
  let line = 0;
  for await (const record of parser as AsyncIterable<readonly Buffer[]>) {
    // What `encoding: null` gives.
    const cells = record.map(decode);
    if (columns === undefined) {
      columns = checkedHeader(
        cells.map((cell) => cell ?? ''),
        textField,
      );
      continue;
    }
    line += 1;
    const row = cells.includes(undefined) ? undefined : rowObject(columns, cells);
    yield row === undefined ? { line, ...NOT_UTF8 } : { line, ...fieldsOf(row, textField) };
  }
}

function checkedHeader(cells: readonly string[], textField: string): readonly string[] {
  const columns = cells.map((cell) => cell.trim());
  if (!columns.includes(textField)) {
    throw new SentifluxError(
      'SF_INPUT_UNREADABLE',
      `the header has no column "${textField}", only ${JSON.stringify(columns)}.`,
      { hint: 'Name the column of the text with --text-field.' },
    );
  }
  return columns;
}

type Fields = { readonly id?: string } & (
  | { readonly kind: 'text'; readonly text: string; readonly language?: string; readonly label?: string }
  | { readonly kind: 'unreadable'; readonly code: RejectionCode; readonly message: string }
);

function fieldsOf(object: Record<string, unknown>, textField: string): Fields {
  const { id, language, label } = object;
  const identity = typeof id === 'string' || typeof id === 'number' ? { id: String(id) } : {};
  const text = Object.hasOwn(object, textField) ? object[textField] : valueAtPath(object, textField);
  if (typeof text !== 'string') {
    return {
      ...identity,
      kind: 'unreadable',
      code: 'SF_POST_NO_TEXT',
      message: `there is no text in "${textField}"`,
    };
  }
  return {
    ...identity,
    kind: 'text',
    text,
    ...(typeof language === 'string' && { language }),
    ...(typeof label === 'string' && { label }),
  };
}

function valueAtPath(object: Record<string, unknown>, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (node, key) => (isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined),
      object,
    );
}

function rowObject(
  columns: readonly string[],
  cells: readonly (string | undefined)[],
): Record<string, unknown> {
  return Object.fromEntries(columns.map((column, i) => [column, cells[i]]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
