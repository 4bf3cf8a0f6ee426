import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from '../../src/streams/partitioner.js';

describe('the partition of a key', () => {
  it.each([
    // From the tests of Kafka's own clients.
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('is made from the hash that Kafka has for %s', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it("is the one of kafkajs' partitioner", () => {
    const partitioner = Partitioners.DefaultPartitioner();
    const metadata = Array.from({ length: 7 }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
    }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const message = { key: Buffer.from(bytes), value: null };
        expect(partitionOf(bytes, 7)).toBe(
          partitioner({ topic: 'posts', partitionMetadata: metadata, message }),
        );
      }),
    );
  });
});
