import type { EpochMillis } from '../../contracts/ids.js';
import type { RecordHeaders } from '../../contracts/record.js';
import type { OffsetRange, TopicSpec } from '../port.js';

export interface LogRecord {
  readonly timestamp: EpochMillis;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: RecordHeaders;
}

/**
 * What the embedded streams keep their topics in: partitions of records that are numbered from 0 without gaps,
 * and how far each group has read. Adapters: memory, files.
 */
export interface LogStore {
  /** Creates a topic. False where it exists. */
  create(topic: TopicSpec): Promise<boolean>;
  /** `undefined` where there is no such topic. */
  describe(topic: string): TopicSpec | undefined;
  /** Resolves once the records would outlive the process, as far as the adapter promises that. */
  append(topic: string, partition: number, records: readonly LogRecord[]): Promise<void>;
  /** Records from an offset on; none at the end. */
  read(topic: string, partition: number, from: number, most: number): Promise<readonly LogRecord[]>;
  range(topic: string, partition: number): Promise<OffsetRange>;
  /** Deletes the records before an offset, which is between the range's start and end. */
  deleteBefore(topic: string, partition: number, offset: number): Promise<void>;
  committed(group: string, topic: string, partition: number): number | undefined;
  commit(group: string, topic: string, partition: number, offset: number): Promise<void>;
  /** How often to look for records that another process has written; never where there is no other. */
  readonly pollMillis: number | undefined;
  close(): Promise<void>;
}
