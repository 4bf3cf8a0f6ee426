import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { epochMillis } from '../../contracts/ids.js';
import type { TopicSpec } from '../port.js';
import type { LogRange, LogRecord, LogStore } from './log-store.js';

/** Another process, such as `sentiflux produce`, may append. */
const POLL_MILLIS = 200;
const READ_BYTES = 1 << 20;
const NEW_LINE = 0x0a;

/** Bytes as text where they are UTF-8, else as base64 behind a key of its own. */
const bytes = z.union([z.string(), z.null(), z.strictObject({ base64: z.base64() })]);
const lineSchema = z.object({
  timestamp: z.number().int(),
  key: bytes,
  value: bytes,
  headers: z.record(z.string(), bytes).optional(),
});
const commitsSchema = z.record(z.string(), z.number().int().nonnegative());
const topicSchema = z.object({
  name: z.string(),
  partitions: z.number().int().positive(),
  replication: z.number().int(),
  settings: z.record(z.string(), z.string()),
});

/**
 * Topics as files: `TOPIC/PARTITION.ndjson`, a record a line, whose number is its offset; and `groups/GROUP.json`,
 * how far a group has read. Records survive the process, not a crash of the machine (nothing is synced); nothing
 * is ever removed. Several processes may append; one may consume.
 *
 * @throws SentifluxError SF_STREAM_UNREACHABLE where the directory cannot be used
 */
export async function openFileLog(directory: string): Promise<LogStore> {
  const topics = new Map<string, TopicSpec>();
  const partitions = new Map<string, Promise<PartitionFile>>();
  const commits = new Map<string, Record<string, number>>();
  const writes = new Map<string, Promise<void>>();
  try {
    mkdirSync(join(directory, 'groups'), { recursive: true });
    for (const entry of readdirSync(directory)) loadTopic(entry);
  } catch (cause) {
    throw new SentifluxError(
      'SF_STREAM_UNREACHABLE',
      `cannot use the folder ${directory}: ${messageOf(cause)}.`,
      {
        hint: 'Check streams.file.directory.',
        cause,
      },
    );
  }

  function loadTopic(name: string): TopicSpec | undefined {
    const file = join(directory, name, 'topic.json');
    if (!existsSync(file)) return undefined;
    const spec = topicSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    topics.set(spec.name, spec);
    return spec;
  }

  /** The topic, also where another process has made it since. */
  const describe = (topic: string): TopicSpec | undefined => topics.get(topic) ?? loadTopic(folderOf(topic));

  function partitionFile(topic: string, number: number): Promise<PartitionFile> {
    const path = join(directory, folderOf(topic), `${number}.ndjson`);
    const opened = partitions.get(path) ?? PartitionFile.open(path);
    partitions.set(path, opened);
    return opened;
  }

  function commitsOf(group: string): Record<string, number> {
    const known = commits.get(group);
    if (known !== undefined) return known;
    const file = join(directory, 'groups', `${folderOf(group)}.json`);
    const read = existsSync(file) ? commitsSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
    commits.set(group, read);
    return read;
  }

  return {
    async create(spec) {
      if (describe(spec.name) !== undefined) return false;
      const folder = join(directory, folderOf(spec.name));
      await mkdir(folder, { recursive: true });
      await writeWhole(join(folder, 'topic.json'), JSON.stringify(spec));
      topics.set(spec.name, spec);
      return true;
    },
    describe,
    async append(topic, number, records) {
      await (await partitionFile(topic, number)).append(records);
    },
    async read(topic, number, from, most) {
      return (await partitionFile(topic, number)).read(from, most);
    },
    async range(topic, number) {
      return (await partitionFile(topic, number)).range();
    },
    committed: (group, topic, number) => commitsOf(group)[`${topic}/${number}`],
    async commit(group, topic, number, offset) {
      const offsets = commitsOf(group);
      offsets[`${topic}/${number}`] = offset;
      // One write at a time, and each writes what stands then.
      const before = writes.get(group) ?? Promise.resolve();
      const file = join(directory, 'groups', `${folderOf(group)}.json`);
      const write = before.catch(() => {}).then(() => writeWhole(file, JSON.stringify(offsets)));
      writes.set(group, write);
      await write;
    },
    pollMillis: POLL_MILLIS,
    async close() {
      await Promise.allSettled(writes.values());
      for (const opened of partitions.values()) await (await opened).close();
    },
  };
}

/** A name that any file system takes, one to one. */
function folderOf(name: string): string {
  return encodeURIComponent(name).replaceAll('*', '%2A');
}

async function writeWhole(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
}

/** The file of one partition, with the place of each line. */
class PartitionFile {
  readonly #path: string;
  readonly #file: FileHandle;
  /** Where each whole line starts, and where the last one ends. */
  readonly #lines: number[] = [0];
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

  async range(): Promise<LogRange> {
    await this.#scan();
    return { start: 0, end: this.#lines.length - 1 };
  }

  async read(from: number, most: number): Promise<readonly LogRecord[]> {
    if (from >= this.#lines.length - 1) await this.#scan();
    const last = Math.min(from + most, this.#lines.length - 1);
    const start = this.#lines[from];
    const end = this.#lines[last];
    if (start === undefined || end === undefined || end <= start) return [];
    const buffer = Buffer.alloc(end - start);
    await this.#file.read(buffer, 0, buffer.length, start);
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
