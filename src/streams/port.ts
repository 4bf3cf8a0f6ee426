import type { EpochMillis } from '../contracts/ids.js';
import type { Output } from '../contracts/output-batch.js';
import type { RecordBatch } from '../contracts/record.js';

/** A client of one broker, or of what stands in for it. */
export interface Streams {
  /**
   * How many partitions a topic has.
   * @throws SentifluxError SF_TOPIC_MISSING, SF_STREAM_UNREACHABLE
   */
  partitions(topic: string): Promise<number>;
  /** Joins a group and starts to hand on batches; the first one comes after the promise has resolved. */
  consume(options: ConsumeOptions): Promise<Consumption>;
  /** A producer for records that settle no batch: aggregates, alerts, posts from a feed. */
  producer(): Promise<Producer>;
  topics(): TopicAdmin;
  /**
   * Records of each partition that a group, of whatever process, has not committed yet. What was settled a moment ago may
   * still count: a broker says that a transaction is committed before others see the offsets of it.
   */
  lagOf(group: string, topic: string): Promise<ReadonlyMap<number, number>>;
  /**
   * The offsets of each partition of a topic. With them `scan` reads a topic without leaving a group behind.
   * @throws SentifluxError SF_TOPIC_MISSING, SF_STREAM_UNREACHABLE
   */
  ranges(topic: string): Promise<ReadonlyMap<number, OffsetRange>>;
  /**
   * Of each partition the offset of the first record that is still there and whose timestamp is at or after a time;
   * its end where there is none.
   * @throws SentifluxError SF_TOPIC_MISSING, SF_STREAM_UNREACHABLE
   */
  offsetsAt(topic: string, time: EpochMillis): Promise<ReadonlyMap<number, number>>;
  /**
   * Deletes, for good, what partitions hold before an offset. Records between others cannot be deleted.
   *
   * @param offsets by partition; one at or below the start of its log deletes nothing
   * @throws SentifluxError SF_TOPIC_MISSING, SF_STREAM_REFUSED (an offset behind the end, a compacted topic)
   */
  deleteBefore(topic: string, offsets: ReadonlyMap<number, number>): Promise<void>;
  /** Ends every consumption and producer that is still open. */
  close(): Promise<void>;
}

/** Offsets of a partition: the first record that is still there, and the one that will be written next. */
export interface OffsetRange {
  readonly start: number;
  readonly end: number;
}

export interface ConsumeOptions {
  readonly topic: string;
  readonly group: string;
  /** Where a partition without a committed position starts. `latest` is for live views that never commit. */
  readonly from: 'earliest' | 'latest';
  /** Most records in one batch. */
  readonly maxBatchRecords: number;
  /**
   * Fetching of a partition pauses while this much or more is handed on and not settled. What one fetch
   * brought is handed on whole, so that there can be more by one fetch.
   */
  readonly maxInFlight: { readonly records: number; readonly bytes: number };
  /**
   * Called for each partition on every assignment, before its first batch. A number overrides the
   * committed position: the aggregator reads on where its store stands.
   */
  readonly positionOf?: (partition: number) => Promise<number | undefined>;
  /**
   * Takes a batch. Must return at once and must not throw: the work goes on elsewhere and ends in
   * `settle`. Batches of a partition come in offset order.
   */
  readonly onBatch: (batch: RecordBatch) => void;
  /** A request has brought records; called before they are handed on. */
  readonly onPoll?: (poll: Poll) => void;
  /** Partitions were assigned, also where they are the same as before. */
  readonly onAssigned?: (partitions: readonly number[]) => void;
  /** Records between two offsets are gone: they fell below the log's start before they were read. */
  readonly onGap?: (gap: { readonly partition: number; readonly from: number; readonly to: number }) => void;
  /** The consumption ended for good; the worker should stop with this reason. */
  readonly onFailure: (error: Error) => void;
}

/** How long a request for records took. */
export interface Poll {
  readonly startedAt: EpochMillis;
  readonly millis: number;
}

/**
 * What became of a batch that was to be settled. `dropped` says that the partition has been assigned anew since
 * the batch was read: its position did not move, and the batch is read again by whoever has the partition now.
 */
export type Settlement = 'settled' | 'dropped';

export interface Consumption {
  /**
   * Makes a batch's outputs durable, then, or in one transaction with them, moves its partition's position to
   * `batch.nextOffset`, and resolves once that is durable too. Must be called in the order in which the partition's batches came; need not be
   * waited for: settlements of one partition follow each other.
   *
   * @throws when the outputs or the position could not be written: the position stays. The same batch may be
   * settled again, which may drop it and hand it on anew; a later one of its partition cannot overtake it.
   *
   * @param onSent called when the outputs are acknowledged, before the position moves
   */
  settle(batch: RecordBatch, outputs: readonly Output[], onSent?: () => void): Promise<Settlement>;
  /**
   * Begins a partition that is assigned anew, as a new assignment does: what was handed on of it and not settled is
   * dropped, and it is read from `positionOf`, or else from its committed position.
   */
  readAgain(partition: number): void;
  /** Partitions that are assigned now. */
  assigned(): readonly number[];
  /** Records between each assigned partition's settled position and its end, once the positions are known. */
  lag(): Promise<ReadonlyMap<number, number>>;
  /** Stops handing on batches; those handed on may still be settled. */
  pause(): void;
  /** Waits for the settlements that have begun and leaves the group. Later ones are dropped. */
  close(): Promise<void>;
}

export interface Producer {
  /** Resolves once every record is acknowledged. */
  send(outputs: readonly Output[]): Promise<void>;
  close(): Promise<void>;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  /** The broker's topic settings, by their own names (`cleanup.policy`, …). */
  readonly settings: Readonly<Record<string, string>>;
}

export interface TopicAdmin {
  /** Creates what is missing. Returns the names that it created. */
  create(topics: readonly TopicSpec[]): Promise<readonly string[]>;
  /** What stands, for those of the names that exist. */
  describe(names: readonly string[]): Promise<readonly TopicSpec[]>;
}
