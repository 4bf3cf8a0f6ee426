import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { SentifluxError } from '../../contracts/errors.js';
import { epochMillis } from '../../contracts/ids.js';
import type { OffsetRange } from '../port.js';
import type { LogRecord } from './log-store.js';

const READ_BYTES = 1 << 20;
const NEW_LINE = 0x0a;
/** What deleted records are overwritten with; a record begins with a brace. */
const BLANK = 0x20;

/** Bytes as text where they are UTF-8, else as base64 behind a key of its own. */
const bytes = z.union([z.string(), z.null(), z.strictObject({ base64: z.base64() })]);
const lineSchema = z.object({
  timestamp: z.number().int(),
  key: bytes,
  value: bytes,
  headers: z.record(z.string(), bytes).optional(),
});

/**
 * The file of one partition, with the place of each line. Lines stay where they are: other processes know their
 * places, and their numbers are offsets. So deleted records are overwritten with blanks; they are a prefix, since
 * only what is before an offset is deleted.
 */
export class PartitionFile {
  readonly #path: string;
  readonly #file: FileHandle;
  /** Where each whole line starts, and where the last one ends. */
  readonly #lines: number[] = [0];
  /** The first line that was not blank when it was last looked at. */
  #start = 0;
  #appending: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async open(path: string): Promise<PartitionFile> {
    const partition = new PartitionFile(path, await open(path, 'a+'));
    await partition.#scan();
    return partition;
  }

  append(records: readonly LogRecord[]): Promise<void> {
    this.#appending = this.#appending
      .catch(() => {})
      .then(async () => {
        await this.#dropHalfLine();
        // One call, so that another process finds all of it or nothing, and takes nothing for half a line.
        await this.#file.write(records.map((record) => `${lineOf(record)}\n`).join(''));
      });
    return this.#appending;
  }

  async range(): Promise<OffsetRange> {
    await this.#scan();
    const end = this.#lines.length - 1;
    this.#start = await this.#firstRecord(this.#start, end);
    return { start: this.#start, end };
  }

  async deleteBefore(offset: number): Promise<void> {
    const { start } = await this.range();
    // A handle of its own: what is written to one that appends goes to the end.
    const file = await open(this.#path, 'r+');
    try {
      for (let line = start; line < offset; line += 1) {
        const [from = 0, to = from] = this.#lines.slice(line, line + 2);
        await file.write(Buffer.alloc(to - from - 1, BLANK), 0, to - from - 1, from);
      }
    } finally {
      await file.close();
    }
  }

  async read(from: number, most: number): Promise<readonly LogRecord[]> {
    if (from >= this.#lines.length - 1) await this.#scan();
    const last = Math.min(from + most, this.#lines.length - 1);
    const start = this.#lines[from];
    const end = this.#lines[last];
    if (start === undefined || end === undefined || end <= start) return [];
    const buffer = Buffer.alloc(end - start);
    await this.#file.read(buffer, 0, buffer.length, start);
    // Deleted since the caller asked for the range, which now begins later.
    if (buffer[0] === BLANK) return [];
    const lines = buffer.toString('utf8').trimEnd().split('\n');
    return lines.map((line, i) => {
      try {
        return recordOf(line);
      } catch (cause) {
        throw new SentifluxError(
          'SF_INPUT_UNREADABLE',
          `line ${from + i + 1} of ${this.#path} is not a record.`,
          { hint: 'Mend the line, but keep it: line numbers are offsets.', cause },
        );
      }
    });
  }

  async close(): Promise<void> {
    await this.#appending.catch(() => {});
    await this.#file.close();
  }

  /** The first line from `start` on that is not blank. Mostly that is `start`; else it is searched by halves. */
  async #firstRecord(start: number, end: number): Promise<number> {
    if (start >= end || !(await this.#isBlank(start))) return start;
    let [blank, past] = [start, end];
    while (past - blank > 1) {
      const middle = Math.floor((blank + past) / 2);
      if (await this.#isBlank(middle)) blank = middle;
      else past = middle;
    }
    return past;
  }

  async #isBlank(line: number): Promise<boolean> {
    const { buffer } = await this.#file.read(Buffer.alloc(1), 0, 1, this.#lines[line] ?? 0);
    return buffer[0] === BLANK;
  }

  /** Finds the lines that have come since the last look. */
  async #scan(): Promise<void> {
    const buffer = Buffer.alloc(READ_BYTES);
    let at = this.#lines.at(-1) ?? 0;
    for (;;) {
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      // Another scan may have been faster while this one read.
      const known = this.#lines.at(-1) ?? 0;
      const chunk = buffer.subarray(0, bytesRead);
      for (let end = chunk.indexOf(NEW_LINE); end >= 0; end = chunk.indexOf(NEW_LINE, end + 1)) {
        if (at + end + 1 > known) this.#lines.push(at + end + 1);
      }
      at += bytesRead;
    }
  }

  /** A crash while writing leaves the beginning of a line, which was never acknowledged. */
  async #dropHalfLine(): Promise<void> {
    const { size } = await this.#file.stat();
    await this.#scan();
    const whole = this.#lines.at(-1) ?? 0;
    if (size > whole) await this.#file.truncate(whole);
  }
}

type Bytes = z.infer<typeof bytes>;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(value: Uint8Array | null): Bytes {
  if (value === null) return null;
  try {
    return utf8.decode(value);
  } catch {
    return { base64: Buffer.from(value).toString('base64') };
  }
}

function bytesOf(value: Bytes): Uint8Array | null {
  if (value === null) return null;
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.base64, 'base64');
}

function lineOf({ timestamp, key, value, headers }: LogRecord): string {
  return JSON.stringify({
    timestamp,
    key: textOf(key),
    value: textOf(value),
    headers:
      headers && Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, textOf(header)])),
  });
}

function recordOf(line: string): LogRecord {
  const { timestamp, key, value, headers } = lineSchema.parse(JSON.parse(line));
  return {
    timestamp: epochMillis(timestamp),
    key: bytesOf(key),
    value: bytesOf(value),
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, header]) => [name, bytesOf(header) ?? new Uint8Array()]),
      ),
    }),
  };
}
