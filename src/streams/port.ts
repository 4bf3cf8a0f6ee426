import type { OutputRecord, RecordBatch } from '../contracts/record.js';

/** A client of one broker, or of what stands in for it. */
export interface Streams {
  /**
   * How many partitions a topic has.
   * @throws SentifluxError SF_TOPIC_MISSING, SF_STREAM_UNREACHABLE
   */
  partitions(topic: string): Promise<number>;
  /** Joins a group and starts to hand on batches. */
  consume(options: ConsumeOptions): Promise<Consumption>;
  /** A producer for records that settle no batch: aggregates, alerts, posts from a feed. */
  producer(): Promise<Producer>;
  topics(): TopicAdmin;
  /** Ends every consumption and producer that is still open. */
  close(): Promise<void>;
}

export interface ConsumeOptions {
  readonly topic: string;
  readonly group: string;
  /** Where a partition without a committed position starts. `latest` is for live views that never commit. */
  readonly from: 'earliest' | 'latest';
  /** Most records in one batch. */
  readonly maxBatchRecords: number;
  /** Fetching of a partition pauses while more than this is handed on and not settled. */
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
  /** Records between two offsets are gone: they fell below the log's start before they were read. */
  readonly onGap?: (gap: { readonly partition: number; readonly from: number; readonly to: number }) => void;
  /** The consumption ended for good; the worker should stop with this reason. */
  readonly onFailure: (error: Error) => void;
}

export interface Consumption {
  /**
   * Makes a batch's outputs durable, then moves its partition's position to `batch.nextOffset`. Must be
   * called in the order in which the partition's batches came. `dropped` says that the partition has
   * been assigned anew since the batch was read: nothing is committed, another reader has it.
   *
   * @throws when the outputs could not be written: the position stays, the caller decides what to do.
   */
  settle(batch: RecordBatch, outputs: readonly OutputRecord[]): Promise<'settled' | 'dropped'>;
  /** Partitions that are assigned now. */
  assigned(): readonly number[];
  /** Records between each assigned partition's settled position and its end. */
  lag(): Promise<ReadonlyMap<number, number>>;
  /** Stops handing on batches; those handed on may still be settled. */
  pause(): void;
  /** Commits what is settled and leaves the group. */
  close(): Promise<void>;
}

export interface Producer {
  /** Resolves once every record is acknowledged. */
  send(records: readonly OutputRecord[]): Promise<void>;
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
