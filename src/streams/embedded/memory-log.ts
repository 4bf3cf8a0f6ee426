import type { TopicSpec } from '../port.js';
import type { LogRecord, LogStore } from './log-store.js';

/**
 * Records of a partition that are kept; older ones go, as with a broker's retention. With posts and results of
 * half a KiB and four partitions each this bounds the memory to some 200 MiB.
 */
export const KEPT_RECORDS = 50_000;
/** Removed at a time: an array's head is not cut for every record. */
const REMOVED_AT_ONCE = 10_000;

interface Partition {
  start: number;
  records: LogRecord[];
}

/** Topics in this process: gone with it. */
export function createMemoryLog(keptRecords = KEPT_RECORDS): LogStore {
  const topics = new Map<string, { readonly spec: TopicSpec; readonly partitions: readonly Partition[] }>();
  const commits = new Map<string, number>();

  const partition = (topic: string, number: number): Partition => {
    const found = topics.get(topic)?.partitions[number];
    if (found === undefined) throw new RangeError(`there is no partition ${number} of ${topic}`);
    return found;
  };
  const commitKey = (group: string, topic: string, number: number): string =>
    JSON.stringify([group, topic, number]);

  return {
    async create(spec) {
      if (topics.has(spec.name)) return false;
      topics.set(spec.name, {
        spec,
        partitions: Array.from({ length: spec.partitions }, () => ({ start: 0, records: [] })),
      });
      return true;
    },
    describe: (topic) => topics.get(topic)?.spec,
    async append(topic, number, records) {
      const log = partition(topic, number);
      for (const record of records) log.records.push(copyOf(record));
      const excess = log.records.length - keptRecords;
      if (excess < Math.min(REMOVED_AT_ONCE, keptRecords)) return;
      log.records = log.records.slice(excess);
      log.start += excess;
    },
    async read(topic, number, from, most) {
      const { start, records } = partition(topic, number);
      return records.slice(from - start, from - start + most);
    },
    async range(topic, number) {
      const { start, records } = partition(topic, number);
      return { start, end: start + records.length };
    },
    async deleteBefore(topic, number, offset) {
      const log = partition(topic, number);
      log.records = log.records.slice(offset - log.start);
      log.start = offset;
    },
    committed: (group, topic, number) => commits.get(commitKey(group, topic, number)),
    async commit(group, topic, number, offset) {
      commits.set(commitKey(group, topic, number), offset);
    },
    pollMillis: undefined,
    async close() {},
  };
}

/** Bytes are often slices of something large that would be kept alive. */
function copyOf({ key, value, ...rest }: LogRecord): LogRecord {
  return { ...rest, key: key && new Uint8Array(key), value: value && new Uint8Array(value) };
}
