import type { Admin, Batch, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { type AssignmentEpoch, assignmentEpoch } from '../../contracts/ids.js';
import type { Logger } from '../../contracts/logger.js';
import { packRecords } from '../../contracts/record-batch.js';
import { createInFlight } from '../in-flight.js';
import type { ConsumeOptions, Consumption, Producer } from '../port.js';
import type { KafkaConfig } from './client.js';
import { toRecord } from './messages.js';
import { OffsetCommitter } from './offset-committer.js';
import { openProducer } from './producer.js';

/** One partition while it is assigned to this consumer. */
interface Assignment {
  readonly epoch: AssignmentEpoch;
  /** Resolves when it is known where to begin. */
  readonly located: Promise<void>;
  /** The offset that the next fetch must start at; `undefined` until the first where the group has none. */
  next: number | undefined;
  settledTo: number | undefined;
  /** True once a fetch from elsewhere was answered by going back to `next`. */
  sought: boolean;
}

export interface KafkaConsumerOptions {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly config: KafkaConfig;
  readonly options: ConsumeOptions;
  readonly logger: Logger;
}

/**
 * Consumes with kafkajs. Its `eachBatch` resolves its offsets at once, hands the records on and returns: so
 * fetching and heartbeats go on while earlier batches are scored, and the offsets that are committed are only
 * those that `settle` was called for.
 *
 * kafkajs gives no notice when partitions are taken away, and may hand over what it fetched before a rebalance
 * after it. So each assignment has a number, and a fetch is taken only if it starts where the last one ended.
 */
export async function startKafkaConsumer(setup: KafkaConsumerOptions): Promise<Consumption> {
  const { kafka, admin, config, options, logger } = setup;
  const { topic } = options;
  const commits = options.from === 'earliest';
  const consumer = kafka.consumer({
    groupId: options.group,
    sessionTimeout: config.sessionTimeoutMs,
    heartbeatInterval: Math.floor(config.sessionTimeoutMs / 10),
    rebalanceTimeout: 2 * config.sessionTimeoutMs,
    maxWaitTimeInMs: config.fetchWaitMs,
    maxBytes: config.maxFetchBytes,
    maxBytesPerPartition: config.maxFetchBytes,
    allowAutoTopicCreation: false,
  });
  const producer: Producer | undefined = commits ? await openProducer(kafka) : undefined;
  const committer = new OffsetCommitter(consumer, topic);
  const inFlight = createInFlight(options.maxInFlight);
  const assignments = new Map<number, Assignment>();
  const pausedPartitions = new Set<number>();
  let epoch = 0;
  let closing = false;
  let paused = false;

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    epoch += 1;
    assignments.clear();
    committer.clear();
    inFlight.clear();
    const partitions = payload.memberAssignment[topic] ?? [];
    for (const partition of partitions) assign(partition, assignmentEpoch(epoch));
    // kafkajs keeps a partition paused through a rebalance.
    pausedPartitions.clear();
    if (!paused && partitions.length > 0) consumer.resume([{ topic, partitions: [...partitions] }]);
    logger.info({ topic, group: options.group, partitions }, 'partitions assigned');
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    // One that kafkajs restarts joins again by itself.
    if (!payload.restart && !closing) options.onFailure(payload.error);
  });

  function assign(partition: number, own: AssignmentEpoch): void {
    const locate = async (): Promise<void> => {
      const start = await startOf(partition);
      assignment.next = start;
      assignment.settledTo = start;
      if (
        assignments.get(partition) === assignment &&
        start !== undefined &&
        options.positionOf !== undefined
      ) {
        consumer.seek({ topic, partition, offset: String(start) });
      }
    };
    const located = locate();
    // `eachBatch` waits for it; where no batch comes the failure must not be lost either.
    located.catch((error: unknown) => {
      if (assignments.get(partition) === assignment && !closing) options.onFailure(asError(error));
    });
    const assignment: Assignment = {
      epoch: own,
      located,
      next: undefined,
      settledTo: undefined,
      sought: false,
    };
    assignments.set(partition, assignment);
  }

  /** Where the store or the group stands; `undefined` where neither has anything. */
  async function startOf(partition: number): Promise<number | undefined> {
    const stored = await options.positionOf?.(partition);
    if (stored !== undefined || !commits) return stored;
    const [fetched] = await admin.fetchOffsets({ groupId: options.group, topics: [topic] });
    const offset = Number(fetched?.partitions.find((entry) => entry.partition === partition)?.offset ?? -1);
    return offset < 0 ? undefined : offset;
  }

  async function eachBatch({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    const assignment = assignments.get(batch.partition);
    if (assignment === undefined || closing) return;
    await assignment.located;
    if (assignments.get(batch.partition) !== assignment) return;
    if (!(await startsWhereExpected(batch, assignment))) return;
    if (paused || inFlight.isFull(batch.partition)) {
      // Not resolved: it is fetched again after the pause.
      pausePartition(batch.partition);
      return;
    }
    const last = batch.messages.at(-1);
    if (last === undefined) return;
    const end = Number(batch.lastOffset()) + 1;
    resolveOffset(last.offset);
    assignment.next = end;
    for (let i = 0; i < batch.messages.length; i += options.maxBatchRecords) {
      const messages = batch.messages.slice(i, i + options.maxBatchRecords);
      const isLast = i + options.maxBatchRecords >= batch.messages.length;
      const records = messages.map((message) => toRecord(topic, batch.partition, message));
      // The last one takes markers behind it along, so that the committed offset reaches the end.
      const packed = packRecords(records, assignment.epoch, isLast ? end : undefined);
      inFlight.add(packed);
      options.onBatch(packed);
    }
    if (inFlight.isFull(batch.partition)) pausePartition(batch.partition);
  }

  async function startsWhereExpected(batch: Batch, assignment: Assignment): Promise<boolean> {
    const fetched = Number(fetchedOffsetOf(batch));
    if (assignment.next === undefined || fetched === assignment.next) {
      assignment.settledTo ??= fetched;
      assignment.sought = false;
      return true;
    }
    if (!assignment.sought) {
      // Fetched before a rebalance or a seek: read again from where it should be.
      assignment.sought = true;
      consumer.seek({ topic, partition: batch.partition, offset: String(assignment.next) });
      return false;
    }
    assignment.sought = false;
    const { low } = await endsOf(batch.partition);
    if (low > assignment.next)
      options.onGap?.({ partition: batch.partition, from: assignment.next, to: low });
    return true;
  }

  async function endsOf(partition: number): Promise<{ readonly low: number; readonly high: number }> {
    const offsets = await admin.fetchTopicOffsets(topic);
    const own = offsets.find((entry) => entry.partition === partition);
    return { low: Number(own?.low ?? 0), high: Number(own?.high ?? 0) };
  }

  function pausePartition(partition: number): void {
    if (pausedPartitions.has(partition)) return;
    pausedPartitions.add(partition);
    consumer.pause([{ topic, partitions: [partition] }]);
  }

  function resumePartition(partition: number): void {
    if (paused || !pausedPartitions.delete(partition)) return;
    consumer.resume([{ topic, partitions: [partition] }]);
  }

  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: commits });
  const joined = firstJoin(consumer);
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 4,
    eachBatch,
  });
  await joined;

  return {
    async settle(batch, outputs) {
      const isCurrent = (): boolean => assignments.get(batch.partition)?.epoch === batch.assignment;
      if (!isCurrent()) return 'dropped';
      if (producer !== undefined) await producer.send(outputs);
      if (!isCurrent()) return 'dropped';
      if (commits) {
        try {
          await committer.commit(batch.partition, batch.nextOffset);
        } catch (error) {
          // The group has moved on while the commit was under way: the next owner reads the batch again.
          if (!isCurrent()) return 'dropped';
          throw error;
        }
      }
      const assignment = assignments.get(batch.partition);
      if (assignment?.epoch !== batch.assignment) return 'dropped';
      assignment.settledTo = batch.nextOffset;
      inFlight.remove(batch);
      if (!inFlight.isFull(batch.partition)) resumePartition(batch.partition);
      return 'settled';
    },

    assigned: () => [...assignments.keys()],

    async lag() {
      const offsets = await admin.fetchTopicOffsets(topic);
      return new Map(
        offsets.flatMap(({ partition, low, high }): Array<[number, number]> => {
          const assignment = assignments.get(partition);
          if (assignment === undefined) return [];
          const from = Math.max(Number(low), assignment.settledTo ?? (commits ? Number(low) : Number(high)));
          return [[partition, Math.max(0, Number(high) - from)]];
        }),
      );
    },

    pause() {
      paused = true;
      for (const partition of assignments.keys()) pausePartition(partition);
    },

    async close() {
      closing = true;
      await consumer.disconnect();
      await producer?.close();
      // A group of a live view is of no use to anybody after it.
      if (!commits) await admin.deleteGroups([options.group]).catch(() => {});
    },
  };
}

/** Where the fetch began: kafkajs' batches have it, its types do not. */
function fetchedOffsetOf(batch: Batch): string {
  const fetched: unknown = Reflect.get(batch, 'fetchedOffset');
  return typeof fetched === 'string' ? fetched : (batch.firstOffset() ?? batch.lastOffset());
}

/** Rejects where the first join ends in a crash. */
function firstJoin(consumer: Consumer): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = [
      consumer.on(consumer.events.GROUP_JOIN, () => done(resolve)),
      consumer.on(consumer.events.CRASH, ({ payload }) => done(() => reject(payload.error))),
    ];
    function done(end: () => void): void {
      for (const remove of stop) remove();
      end();
    }
  });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
