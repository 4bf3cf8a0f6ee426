import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Output } from '../../src/contracts/output-batch.js';
import type { RecordBatch, RecordHeaders } from '../../src/contracts/record.js';
import { keyAt, valueAt } from '../../src/contracts/record-batch.js';
import type { ConsumeOptions, Consumption, Streams } from '../../src/streams/port.js';

/** Those that keep this process alive. */
export const connections = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;

/** A name that no other test has, nor another run on the same broker. */
export const freshName = (what: string): string => `test.${what}.${randomUUID()}`;

export async function freshTopic(streams: Streams, partitions = 1): Promise<string> {
  const name = freshName('topic');
  await streams.topics().create([{ name, partitions, replication: 1, settings: {} }]);
  return name;
}

/** Writes each text as the value of a record. */
export async function write(
  streams: Streams,
  topic: string,
  texts: readonly string[],
  partition = 0,
): Promise<void> {
  await send(
    streams,
    texts.map((text) => ({ topic, partition, key: null, value: Buffer.from(text) })),
  );
}

export async function send(streams: Streams, outputs: readonly Output[]): Promise<void> {
  const producer = await streams.producer();
  await producer.send(outputs);
  await producer.close();
}

export const numbered = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, i) => `record ${from + i}`);

export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders | undefined;
}

export function recordsOf(batch: RecordBatch): readonly ReadRecord[] {
  const buffer = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes);
  return Array.from({ length: batch.length }, (_, i) => ({
    partition: batch.partition,
    offset: batch.offsets[i] ?? -1,
    timestamp: batch.timestamps[i] ?? -1,
    key: buffer(keyAt(batch, i)),
    value: buffer(valueAt(batch, i)),
    headers: batch.headers?.[i],
  }));
}

export const textsOf = (batches: readonly RecordBatch[]): readonly string[] =>
  batches.flatMap(recordsOf).map(({ value }) => String(value));

/** A consumption whose batches a test can wait for. */
export interface Reader {
  readonly consumption: Consumption;
  /** Every batch that was handed on. */
  readonly batches: readonly RecordBatch[];
  readonly gaps: ReadonlyArray<{ readonly partition: number; readonly from: number; readonly to: number }>;
  readonly failures: readonly Error[];
  /** Resolves once a condition holds, which is looked at after every batch, gap and failure, and now and then. */
  until(condition: () => boolean): Promise<void>;
  /** Resolves once that many records were handed on since the reader was made. */
  records(count: number): Promise<readonly ReadRecord[]>;
}

/** Starts a reader that is closed with the test; `settleAll` makes it settle each batch as it comes. */
export async function read(
  streams: Pick<Streams, 'consume'>,
  topic: string,
  options: Partial<ConsumeOptions> & { readonly settleAll?: boolean } = {},
): Promise<Reader> {
  const batches: RecordBatch[] = [];
  const gaps: Array<{ partition: number; from: number; to: number }> = [];
  const failures: Error[] = [];
  const waiting = new Set<() => void>();
  const look = () => {
    for (const wake of [...waiting]) wake();
  };
  const { settleAll = false, ...rest } = options;

  const consumption: Consumption = await streams.consume({
    topic,
    group: freshName('group'),
    from: 'earliest',
    maxBatchRecords: 10,
    maxInFlight: { records: 1_000_000, bytes: 1_000_000_000 },
    ...rest,
    onBatch(batch) {
      batches.push(batch);
      if (settleAll) {
        // A reader that was closed meanwhile is no failure of the test.
        consumption.settle(batch, []).catch((error: Error) => failures.push(error));
      }
      look();
    },
    onGap(gap) {
      gaps.push(gap);
      look();
    },
    onFailure(error) {
      failures.push(error);
      look();
    },
  });
  onTestFinished(() => consumption.close());

  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const wake = () => {
        const [failure] = failures;
        if (failure !== undefined) reject(failure);
        else if (condition()) resolve();
        else return;
        waiting.delete(wake);
        clearInterval(timer);
      };
      // An assignment changes without an event of its own.
      const timer = setInterval(wake, 20);
      waiting.add(wake);
      wake();
    });

  return {
    consumption,
    batches,
    gaps,
    failures,
    until,
    async records(count) {
      await until(() => batches.reduce((sum, { length }) => sum + length, 0) >= count);
      return batches.flatMap(recordsOf);
    },
  };
}
