import { SentifluxError } from '../../contracts/errors.js';
import { type EpochMillis, epochMillis } from '../../contracts/ids.js';
import { type Output, outputRecordsOf } from '../../contracts/output-batch.js';
import type { OutputRecord } from '../../contracts/record.js';
import { partitionOf } from '../partitioner.js';
import type { OffsetRange, Streams } from '../port.js';
import { startConsuming } from './consumer.js';
import { Group } from './group.js';
import type { LogRecord, LogStore } from './log-store.js';
import { Signal } from './signal.js';

/** Read at a time where a partition is looked through. */
const RECORDS_A_LOOK = 1_000;

/** Streams in this process, over a log in memory or in files: the same promises as Kafka's, for one machine. */
export function createEmbeddedStreams(log: LogStore): Streams {
  const groups = new Map<string, Group>();
  const appended = new Signal();
  const closers = new Set<() => Promise<void>>();
  let turn = 0;

  function partitionsOf(topic: string): number {
    const spec = log.describe(topic);
    if (spec !== undefined) return spec.partitions;
    throw new SentifluxError('SF_TOPIC_MISSING', `there is no topic ${topic}.`, {
      hint: 'Run sentiflux topics create.',
    });
  }

  function choosePartition({ topic, partition, key }: OutputRecord): number {
    const partitions = partitionsOf(topic);
    if (partition === undefined && key !== null) return partitionOf(key, partitions);
    if (partition === undefined) turn += 1;
    const chosen = partition ?? turn % partitions;
    if (chosen < partitions) return chosen;
    throw new SentifluxError(
      'SF_TOPIC_MISMATCH',
      `${topic} has ${partitions} partitions, none is number ${chosen}.`,
      {
        hint: 'The topics of posts, results and dead letters must have equal partition counts.',
      },
    );
  }

  /** Resolves once every record is in the log; records of one partition stay in order. */
  async function write(outputs: readonly Output[]): Promise<void> {
    const byPartition = new Map<string, { topic: string; partition: number; records: LogRecord[] }>();
    for (const record of outputRecordsOf(outputs)) {
      const partition = choosePartition(record);
      const name = `${record.topic}/${partition}`;
      const entry = byPartition.get(name) ?? { topic: record.topic, partition, records: [] };
      const { key, value, headers } = record;
      const timestamp = record.timestamp ?? epochMillis(Date.now());
      entry.records.push({ timestamp, key, value, ...(headers && { headers }) });
      byPartition.set(name, entry);
    }
    await Promise.all(
      [...byPartition.values()].map(({ topic, partition, records: own }) =>
        log.append(topic, partition, own),
      ),
    );
    if (byPartition.size > 0) appended.notify();
  }

  /** Timestamps need not ascend, so every record is looked at. */
  async function firstAt(topic: string, partition: number, time: EpochMillis): Promise<number> {
    const { start, end } = await log.range(topic, partition);
    for (let from = start; from < end; from += RECORDS_A_LOOK) {
      const records = await log.read(topic, partition, from, RECORDS_A_LOOK);
      const found = records.findIndex(({ timestamp }) => timestamp >= time);
      if (found >= 0) return from + found;
    }
    return end;
  }

  function groupOf(group: string, topic: string): Group {
    const name = JSON.stringify([group, topic]);
    const found = groups.get(name) ?? new Group(partitionsOf(topic));
    groups.set(name, found);
    return found;
  }

  return {
    partitions: async (topic) => partitionsOf(topic),

    async consume(options) {
      const group = groupOf(options.group, options.topic);
      const consumption = startConsuming(options, { log, group, appended, write });
      const close = async (): Promise<void> => {
        closers.delete(close);
        await consumption.close();
      };
      closers.add(close);
      return { ...consumption, close };
    },

    async producer() {
      return { send: write, close: async () => {} };
    },

    topics: () => ({
      async create(topics) {
        const created: string[] = [];
        for (const topic of topics) if (await log.create(topic)) created.push(topic.name);
        return created;
      },
      describe: async (names) => names.flatMap((name) => log.describe(name) ?? []),
    }),

    async lagOf(group, topic) {
      const lags = new Map<number, number>();
      for (let partition = 0; partition < partitionsOf(topic); partition += 1) {
        const { start, end } = await log.range(topic, partition);
        lags.set(partition, end - Math.max(start, log.committed(group, topic, partition) ?? start));
      }
      return lags;
    },

    async ranges(topic) {
      const ranges = new Map<number, OffsetRange>();
      for (let partition = 0; partition < partitionsOf(topic); partition += 1) {
        ranges.set(partition, await log.range(topic, partition));
      }
      return ranges;
    },

    async offsetsAt(topic, time) {
      const offsets = new Map<number, number>();
      for (let partition = 0; partition < partitionsOf(topic); partition += 1) {
        offsets.set(partition, await firstAt(topic, partition, time));
      }
      return offsets;
    },

    async deleteBefore(topic, offsets) {
      const partitions = partitionsOf(topic);
      for (const [partition, offset] of offsets) {
        const range = partition < partitions ? await log.range(topic, partition) : { start: 0, end: 0 };
        if (offset > range.end) {
          throw new SentifluxError(
            'SF_STREAM_REFUSED',
            `partition ${partition} of ${topic} ends at ${range.end}: nothing before ${offset} can be deleted.`,
            { hint: 'Give an offset up to the end.' },
          );
        }
        if (offset > range.start) await log.deleteBefore(topic, partition, offset);
      }
    },

    async close() {
      for (const close of [...closers]) await close();
      await log.close();
    },
  };
}
