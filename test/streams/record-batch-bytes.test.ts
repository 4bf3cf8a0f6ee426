import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import type { OutputRecord } from '../../src/contracts/record.js';
import { crc32c } from '../../src/streams/kafka/crc32c.js';
import { recordBatchBytes } from '../../src/streams/kafka/record-batch-bytes.js';

const load = createRequire(import.meta.url);
// As kafkajs has it.
const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(batch: object): Promise<{ readonly buffer: Buffer }>;
};
const kafkajsRecord = load('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => object;

const outside = { id: -1n, epoch: 0, sequence: 0, isTransactional: false };
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const record: fc.Arbitrary<OutputRecord & { readonly timestamp: ReturnType<typeof epochMillis> }> = fc.record(
  {
    topic: fc.constant('scored'),
    partition: fc.constant(3),
    key: fc.option(bytes),
    value: fc.option(bytes),
    timestamp: fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }).map(epochMillis),
    headers: fc.dictionary(fc.string({ maxLength: 20 }), bytes, { maxKeys: 5 }),
  },
);

describe('CRC-32C', () => {
  it('gives the sums of RFC 3720 (B.4)', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });

  it('takes the bytes that are left over behind the last step', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(0))).toBe(0);
  });
});

describe('a batch of records', () => {
  it('has the bytes that kafkajs makes of the same records', async () => {
    const producer = fc.record({
      id: fc.bigInt({ min: -1n, max: 2n ** 62n }),
      epoch: fc.nat(30_000),
      sequence: fc.nat(2_000_000_000),
      isTransactional: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), producer, async (records, own) => {
        const times = records.map(({ timestamp }) => timestamp);
        const [first, last] = [Math.min(...times), Math.max(...times)];
        const { buffer } = await RecordBatch({
          records: records.map((one, i) =>
            kafkajsRecord({ ...one, offsetDelta: i, timestampDelta: one.timestamp - first }),
          ),
          firstTimestamp: first,
          maxTimestamp: last,
          lastOffsetDelta: records.length - 1,
          producerId: String(own.id),
          producerEpoch: own.epoch,
          firstSequence: own.sequence,
          transactional: own.isTransactional,
        });
        expect(recordBatchBytes(records, own, 0)).toEqual(buffer);
      }),
    );
  });

  it('gives a record without a time the one that it is written at', () => {
    const one = { topic: 'scored', partition: 0, key: null, value: Buffer.from('a') };
    const now = epochMillis(1_700_000_000_000);
    expect(recordBatchBytes([one], outside, now)).toEqual(
      recordBatchBytes([{ ...one, timestamp: now }], outside, 0),
    );
  });
});
