import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_BATCH_BYTES, splitIntoRequests } from '../../src/streams/kafka/requests.js';

const record = (partition: number, bytes: number) => ({
  topic: 'scored',
  partition,
  key: null,
  value: Buffer.alloc(bytes),
});
const bytesOf = (records: ReadonlyArray<{ readonly value: Uint8Array | null }>) =>
  records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);

describe('requests to a broker', () => {
  it('take all records of a batch where they fit', () => {
    const records = [record(0, 10_000), record(1, 800_000), record(0, 10_000)];
    expect(splitIntoRequests(records)).toEqual([records]);
  });

  it('are none for no records', () => {
    expect(splitIntoRequests([])).toEqual([]);
  });

  it('give a record that is too large a batch of its own', () => {
    const [small, large] = [record(0, 100), record(0, 2 * MOST_BATCH_BYTES)];
    expect(splitIntoRequests([small, large, small])).toEqual([[small], [large], [small]]);
  });

  it('keep the order and stay below what a broker takes', () => {
    const sizes = fc.array(fc.tuple(fc.nat(2), fc.nat(400_000)), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, (list) => {
        const records = list.map(([partition, size]) => record(partition, size));
        const requests = splitIntoRequests(records);
        expect(requests.flat()).toEqual(records);
        for (const request of requests) {
          for (const partition of [0, 1, 2]) {
            const own = request.filter((entry) => entry.partition === partition);
            expect(bytesOf(own)).toBeLessThanOrEqual(MOST_BATCH_BYTES);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
