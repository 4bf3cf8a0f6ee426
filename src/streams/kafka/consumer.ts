import type { Admin, Batch, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { errorOf, messageOf, SentifluxError, type SentifluxErrorOptions } from '../../contracts/errors.js';
import { epochMillis } from '../../contracts/ids.js';
import type { Logger } from '../../contracts/logger.js';
import { type Assignment, Assignments, type Deliver } from '../assignment.js';
import type { ConsumeOptions, Consumption, Poll } from '../port.js';
import { againWhileUnreachable } from './again.js';
import type { KafkaConfig } from './client.js';
import type { Delivery, Join } from './delivery.js';
import { translated } from './errors.js';
import { FetchCutter } from './fetch-cutter.js';
import { FetchPace } from './fetch-pace.js';
import { answeredInBytes } from './fetch-responses.js';
import { findStarts, type Start } from './starts.js';

/** Most bytes of one partition in one fetch, which is handed on in one go. */
const PARTITION_FETCH_BYTES = 1_048_576;
/** Partitions whose records are handed on side by side: none waits until the next fetch may begin for the one before. */
const PARTITIONS_AT_ONCE = 32;

export interface KafkaConsumerOptions {
  /** A client of this consumer's own: kafkajs shares a group's offsets between the consumers of a client. */
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly config: KafkaConfig;
  readonly options: ConsumeOptions;
  readonly delivery: Delivery;
  readonly logger: Logger;
}

/**
 * Consumes with kafkajs. Its `eachBatch` resolves its offsets at once, hands the records on and returns: so
 * fetching and heartbeats go on while earlier batches are scored, and the offsets that are committed are only
 * those that `settle` was called for.
 *
 * kafkajs gives no notice when partitions are taken away, may hand over what it fetched before a rebalance after
 * it, and falls back to the start of the log without a word. So nothing is left to it: on every join all
 * partitions are new assignments, paused until it is known where each begins; and a fetch is taken only if it
 * starts where the one before it ended.
 */
export async function startKafkaConsumer(setup: KafkaConsumerOptions): Promise<Consumption> {
  const { admin, config, options, delivery, logger } = setup;
  const { topic } = options;
  const consumer = newConsumer(setup);
  const assignments = new Assignments();
  /** Partitions that kafkajs fetches: neither paused nor waiting to be begun. */
  const fetching = new Set<number>();
  let returned = false;
  let paused = false;
  let closing = false;
  let join: Join = { memberId: '' };
  let joining: Promise<void> | undefined;
  /** The last request, until its first records are handed on; most of those of a quiet topic bring none. */
  let poll: Poll | undefined;
  const cutter = new FetchCutter(options.maxBatchRecords);
  const pace = new FetchPace({ intervalMillis: config.fetchIntervalMs, enough: options.maxBatchRecords });
  const crashes: Error[] = [];
  /** Look-ups of where partitions begin that are under way. */
  const beginning = new Set<Promise<void>>();

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const partitions = payload.memberAssignment[topic] ?? [];
    fetching.clear();
    if (partitions.length > 0) consumer.pause([{ topic, partitions: [...partitions] }]);
    logger.info({ topic, group: options.group, partitions }, 'partitions assigned');
    options.onAssigned?.(partitions);
    join = { memberId: payload.memberId };
    beginAnew(assignments.renew(partitions));
  });
  consumer.on(consumer.events.FETCH, ({ timestamp, payload }) => {
    pace.noteFetch();
    poll = { startedAt: epochMillis(timestamp - payload.duration), millis: payload.duration };
  });
  consumer.on(consumer.events.STOP, () => {
    fetching.clear();
    assignments.end();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (payload.restart) {
      logger.warn({ err: payload.error, topic }, 'the consumer stopped and joins again');
      return;
    }
    const crash = new SentifluxError(
      'SF_STREAM_CRASHED',
      `the consumer of ${topic} stopped: ${messageOf(payload.error)}.`,
      { ...hintOf(payload.error), cause: payload.error },
    );
    crashes.push(crash);
    if (returned) options.onFailure(crash);
  });

  /** Finds where each partition begins, and lets kafkajs fetch it from there. */
  function begin(
    begun: readonly Assignment[],
    positionOf: ConsumeOptions['positionOf'],
    prepare: () => Promise<void>,
  ): void {
    const partitions = begun.map(({ partition }) => partition);
    const isWanted = () => begun.some(({ ended }) => !ended);
    const find = async () => {
      await prepare();
      if (!isWanted()) return new Map<number, Start>();
      return findStarts({ admin, options: { ...options, positionOf }, partitions });
    };
    const done = againWhileUnreachable(find, (error) => {
      logger.warn({ err: error, topic, partitions }, 'partitions cannot begin yet');
      return isWanted();
    })
      .then((starts) => {
        for (const assignment of begun) {
          const start = starts.get(assignment.partition);
          if (assignment.ended || start === undefined) continue;
          if (start.gap !== undefined) options.onGap?.({ partition: assignment.partition, ...start.gap });
          assignment.beginAt(start.offset);
          consumer.seek({ topic, partition: assignment.partition, offset: String(start.offset) });
          fetchOrPause(assignment);
        }
      })
      .catch((error: unknown) => {
        if (!isWanted()) return;
        options.onFailure(errorOf(translated(error, `cannot begin to read ${topic}`, config)));
      })
      .finally(() => beginning.delete(done));
    beginning.add(done);
  }

  /** A new assignment: whoever delivered for the one before is shut out before the position is read. */
  function beginAnew(begun: readonly Assignment[]): void {
    const under = join;
    begin(begun, options.positionOf, () => delivery.begin(begun, under));
  }

  async function eachBatch({
    batch,
    resolveOffset,
    commitOffsetsIfNecessary,
  }: EachBatchPayload): Promise<void> {
    const { partition } = batch;
    const assignment = assignments.get(partition);
    const last = batch.messages.at(-1);
    // What is not resolved here kafkajs fetches again.
    if (assignment === undefined || assignment.ended || last === undefined || !fetching.has(partition)) {
      pauseFetching(partition);
      return;
    }
    if (fetchedOffsetOf(batch) !== assignment.nextOffset) {
      beginAgain(assignment);
      return;
    }
    delivery.noteCommit(assignment, commitOffsetsIfNecessary);
    let records = 0;
    for (const cut of cutter.cut(batch, assignment.epoch)) {
      if (poll !== undefined) options.onPoll?.(poll);
      poll = undefined;
      assignment.add(cut);
      options.onBatch(cut);
      records += cut.length;
    }
    if (records === 0) passOver(assignment, Number(last.offset) + 1);
    resolveOffset(last.offset);
    fetchOrPause(assignment);
    await pace.next(records);
  }

  /** kafkajs went on from elsewhere: the offset was out of range, so the log has lost records. */
  function beginAgain(assignment: Assignment): void {
    pauseFetching(assignment.partition);
    const { nextOffset } = assignment;
    begin(
      [assignment],
      async () => nextOffset,
      async () => {},
    );
  }

  /** A fetch held only markers, or aborted or compacted records: committed too, or the group would seem to be behind. */
  function passOver(assignment: Assignment, nextOffset: number): void {
    assignment
      .passOver(nextOffset, deliverFor(assignment))
      .then((settlement) => settlement === 'dropped' && assignment.end())
      .catch((error: unknown) => options.onFailure(errorOf(error)));
  }

  function deliverFor(assignment: Assignment): Deliver {
    return async (outputs, nextOffset, onSent, passOn) => {
      const delivered = await delivery.deliver(assignment, outputs, nextOffset, onSent, passOn);
      if (delivered === 'unclear') readAgain(assignment);
      else if (delivered === 'no-coordinator') joinAgain();
      else return delivered;
      return 'dropped';
    };
  }

  /** Leaves the group and joins it: all its partitions begin anew, from what was committed. */
  function joinAgain(): void {
    if (joining !== undefined || closing) return;
    logger.warn({ topic, group: options.group }, 'no coordinator takes offsets: the group is joined again');
    fetching.clear();
    assignments.end();
    joining = consumer
      .stop()
      .then(() => (closing ? undefined : run()))
      .catch((error: unknown) =>
        options.onFailure(errorOf(translated(error, `cannot join the group of ${topic} again`, config))),
      )
      .finally(() => {
        joining = undefined;
      });
  }

  /** Resolves when the consumer has joined or crashed. */
  function run(): Promise<void> {
    return consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch,
    });
  }

  function readAgain(assignment: Assignment): void {
    if (assignment.ended) return;
    pauseFetching(assignment.partition);
    beginAnew([assignments.replace(assignment)]);
  }

  function fetchOrPause(assignment: Assignment): void {
    const { partition } = assignment;
    if (paused || assignment.isFull(options.maxInFlight)) pauseFetching(partition);
    else if (!fetching.has(partition)) {
      fetching.add(partition);
      consumer.resume([{ topic, partitions: [partition] }]);
    }
  }

  function pauseFetching(partition: number): void {
    fetching.delete(partition);
    consumer.pause([{ topic, partitions: [partition] }]);
  }

  function pause(): void {
    paused = true;
    for (const partition of [...fetching]) pauseFetching(partition);
  }

  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await run();
  const [crash] = crashes;
  if (crash !== undefined) {
    await consumer.disconnect();
    throw crash;
  }
  returned = true;

  return {
    async settle(batch, outputs, onSent) {
      const assignment = assignments.of(batch);
      if (assignment === undefined) return 'dropped';
      const settlement = await assignment.settle(batch, outputs, deliverFor(assignment), onSent);
      // What was dropped is read again from here on, when the group has been joined anew.
      if (settlement === 'dropped') assignment.end();
      else if (!assignment.ended) fetchOrPause(assignment);
      return settlement;
    },

    readAgain(partition) {
      const assignment = assignments.get(partition);
      if (assignment !== undefined) readAgain(assignment);
    },

    assigned: () => assignments.all().map(({ partition }) => partition),

    async lag() {
      await Promise.all(assignments.all().map(({ begun }) => begun));
      const ends = await admin.fetchTopicOffsets(topic);
      return new Map(
        assignments.all().map((assignment): [number, number] => {
          const { partition, position } = assignment;
          const own = ends.find((entry) => entry.partition === partition);
          return [
            partition,
            Math.max(0, Number(own?.high ?? position) - Math.max(position, Number(own?.low ?? 0))),
          ];
        }),
      );
    },

    pause,

    async close() {
      closing = true;
      pause();
      await Promise.all(assignments.all().map((assignment) => assignment.idle()));
      assignments.end();
      await joining;
      await consumer.disconnect();
      // A client that is asked after it was closed connects anew, and stays so.
      await Promise.all(beginning);
      await delivery.close();
      // A group of a live view is of no use to anybody after it.
      if (options.from === 'latest') await admin.deleteGroups([options.group]).catch(() => {});
    },
  };
}

function newConsumer({ kafka, config, options }: KafkaConsumerOptions): Consumer {
  return kafka.consumer({
    groupId: options.group,
    sessionTimeout: config.sessionTimeoutMs,
    heartbeatInterval: Math.floor(config.sessionTimeoutMs / 10),
    rebalanceTimeout: 2 * config.sessionTimeoutMs,
    maxWaitTimeInMs: config.fetchWaitMs,
    maxBytes: config.maxFetchBytes,
    maxBytesPerPartition: Math.min(config.maxFetchBytes, PARTITION_FETCH_BYTES),
    allowAutoTopicCreation: false,
    ...answeredInBytes(),
  });
}

/** What to do about an error of ours that kafkajs has wrapped. */
function hintOf({ cause }: Error): SentifluxErrorOptions {
  return cause instanceof SentifluxError && cause.hint !== undefined ? { hint: cause.hint } : {};
}

/** Where the fetch began: kafkajs' batches have it, its types do not. */
function fetchedOffsetOf(batch: Batch): number {
  return Number(Reflect.get(batch, 'fetchedOffset'));
}
