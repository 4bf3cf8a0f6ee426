import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_BATCH_BYTES, splitByPartition } from '../../src/streams/kafka/requests.js';

const record = (partition: number, bytes: number, topic = 'scored') => ({
  topic,
  partition,
  key: null,
  value: Buffer.alloc(bytes),
});
const bytesOf = (records: ReadonlyArray<{ readonly value: Uint8Array | null }>) =>
  records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);

describe('requests to a broker', () => {
  it('take all records of a partition together where they fit', () => {
    const records = [record(0, 10_000), record(0, 800_000), record(0, 10_000)];
    expect(splitByPartition(records)).toEqual([[records]]);
  });

  it('are of one partition each, so that a leader that is gone is nobody else’s matter', () => {
    const [a, b, c] = [record(0, 10), record(1, 10), record(0, 10, 'dead-letters')];
    expect(splitByPartition([a, b, c, a])).toEqual([[[a, a]], [[b]], [[c]]]);
  });

  it('are none for no records', () => {
    expect(splitByPartition([])).toEqual([]);
  });

  it('give a record that is too large a batch of its own', () => {
    const [small, large] = [record(0, 100), record(0, 2 * MOST_BATCH_BYTES)];
    expect(splitByPartition([small, large, small])).toEqual([[[small], [large], [small]]]);
  });

  it('keep the order of every partition and stay below what a broker takes', () => {
    const sizes = fc.array(fc.tuple(fc.nat(2), fc.nat(400_000)), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, (list) => {
        const records = list.map(([partition, size]) => record(partition, size));
        const partitions = splitByPartition(records);
        const numbers = [...new Set(records.map(({ partition }) => partition))];
        expect(partitions.map((requests) => requests.flat())).toEqual(
          numbers.map((number) => records.filter(({ partition }) => partition === number)),
        );
        for (const request of partitions.flat())
          expect(bytesOf(request)).toBeLessThanOrEqual(MOST_BATCH_BYTES);
      }),
      { numRuns: 50 },
    );
  });
});
