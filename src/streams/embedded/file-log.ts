import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import type { TopicSpec } from '../port.js';
import type { LogStore } from './log-store.js';
import { PartitionFile } from './partition-file.js';

/** Another process, such as `sentiflux produce`, may append. */
const POLL_MILLIS = 200;

const commitsSchema = z.record(z.string(), z.number().int().nonnegative());
const topicSchema = z.object({
  name: z.string(),
  partitions: z.number().int().positive(),
  replication: z.number().int(),
  settings: z.record(z.string(), z.string()),
});

/**
 * Topics as files: `TOPIC/PARTITION.ndjson`, a record a line, whose number is its offset; and `groups/GROUP.json`,
 * how far a group has read. Records survive the process, not a crash of the machine (nothing is synced).
 * Deleted ones are blanked and keep their line. Several processes may append; one may consume.
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
    async deleteBefore(topic, number, offset) {
      await (await partitionFile(topic, number)).deleteBefore(offset);
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
