import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { type Output, type OutputBatch, outputRecordsOf } from '../../src/contracts/output-batch.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { recordBatch } from '../../src/streams/kafka/record-batch-bytes.js';
import {
  MOST_BATCH_BYTES,
  MOST_REQUEST_BYTES,
  splitByPartition,
  whatGoesTogether,
} from '../../src/streams/kafka/requests.js';

const record = (partition: number, bytes: number, topic = 'scored') => ({
  topic,
  partition,
  key: null,
  value: Buffer.alloc(bytes),
});
const producer = { id: -1n, epoch: 0, sequence: 0, isTransactional: false };

/** Before the records of a batch. */
const BATCH_HEAD_BYTES = 61;

/** The number and the size of each record. */
const told = (outputs: Iterable<Output>) =>
  [...outputRecordsOf(outputs)].map(({ headers, value }) => [String(headers?.offset), value?.length]);

/** A batch of values of so many bytes. */
function packed(sizes: readonly number[]): OutputBatch {
  const { length, bytes, boundaries, nulls } = packRecords(
    sizes.map((size, offset) => ({ ...record(0, size), offset, timestamp: epochMillis(0) })),
    assignmentEpoch(1),
  );
  const headers = [
    { name: 'topic', values: '帖子' },
    { name: 'offset', values: Float64Array.from(sizes, (_, i) => Number.MAX_SAFE_INTEGER - i) },
  ];
  return { topic: 'scored', partition: 0, length, bytes, boundaries, nulls, headers };
}

/** The records of each request of each partition. */
const recordsOf = (partitions: ReturnType<typeof splitByPartition>) =>
  partitions.map((requests) => requests.map(({ outputs }) => [...outputRecordsOf(outputs)]));

describe('requests to a broker', () => {
  it('take all records of a partition together where they fit', () => {
    const records = [record(0, 10_000), record(0, 800_000), record(0, 10_000)];
    expect(recordsOf(splitByPartition(records))).toEqual([[records]]);
  });

  it('are of one partition each', () => {
    const [a, b, c] = [record(0, 10), record(1, 10), record(0, 10, 'dead-letters')];
    expect(recordsOf(splitByPartition([a, b, c, a]))).toEqual([[[a, a]], [[b]], [[c]]]);
  });

  it('are none for no records', () => {
    expect(splitByPartition([])).toEqual([]);
  });

  it('give a record that is too large a batch of its own', () => {
    const [small, large] = [record(0, 100), record(0, 2 * MOST_BATCH_BYTES)];
    expect(recordsOf(splitByPartition([small, large, small]))).toEqual([[[small], [large], [small]]]);
  });

  it('keep the order of every partition and stay below what a broker takes', () => {
    const sizes = fc.array(fc.tuple(fc.nat(2), fc.nat(400_000)), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, (list) => {
        const records = list.map(([partition, size]) => record(partition, size));
        const partitions = splitByPartition(records);
        const numbers = [...new Set(records.map(({ partition }) => partition))];
        expect(recordsOf(partitions).map((requests) => requests.flat())).toEqual(
          numbers.map((number) => records.filter(({ partition }) => partition === number)),
        );
        for (const { outputs, bytes } of partitions.flat()) {
          expect(bytes).toBeLessThanOrEqual(MOST_BATCH_BYTES);
          expect(bytes + BATCH_HEAD_BYTES).toBeGreaterThan(recordBatch(outputs, producer, 0).size);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('requests of packed records', () => {
  it('keep their order and stay below what a broker takes, whatever the sizes', () => {
    const sizes = fc.array(fc.array(fc.nat(300_000), { minLength: 1, maxLength: 12 }), { maxLength: 5 });
    fc.assert(
      fc.property(sizes, (batches) => {
        const outputs = batches.map((list) => packed(list));
        const requests = splitByPartition(outputs).flat();
        expect(requests.flatMap(({ outputs }) => told(outputs))).toEqual(told(outputs));
        for (const { outputs, records, bytes } of requests) {
          expect(records).toBe([...outputRecordsOf(outputs)].length);
          expect(bytes).toBeLessThanOrEqual(MOST_BATCH_BYTES);
          expect(bytes + BATCH_HEAD_BYTES).toBeGreaterThan(recordBatch(outputs, producer, 0).size);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('give one that is too large a request of its own', () => {
    const requests = splitByPartition([packed([100, 2 * MOST_BATCH_BYTES, 100])]).flat();
    expect(requests.map(({ records }) => records)).toEqual([1, 1, 1]);
  });
});

describe('what goes to brokers together', () => {
  it('has each partition once, those of one partition in their order, and few enough bytes', () => {
    const requests = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 3_000_000 })), { maxLength: 30 });
    fc.assert(
      fc.property(requests, (list) => {
        const waiting = list.map(([partition, bytes]) => ({
          request: { topic: 'scored', partition, outputs: [], records: 0, bytes },
          resolve() {},
          reject() {},
        }));
        const groups = whatGoesTogether(waiting);
        expect(groups.flat()).toEqual(waiting);
        for (const group of groups) {
          const partitions = group.map(({ request }) => request.partition);
          expect(new Set(partitions).size).toBe(partitions.length);
          const bytes = group.reduce((sum, { request }) => sum + request.bytes, 0);
          if (group.length > 1) expect(bytes).toBeLessThanOrEqual(MOST_REQUEST_BYTES);
        }
      }),
    );
  });
});
