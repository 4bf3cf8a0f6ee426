import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignmentEpoch, type EpochMillis, epochMillis } from '../../src/contracts/ids.js';
import { type OutputBatch, outputPart, outputRecordsOf } from '../../src/contracts/output-batch.js';
import type { OutputRecord } from '../../src/contracts/record.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import type { PlacedOutput } from '../../src/streams/kafka/placement.js';
import { type BatchProducer, recordBatch } from '../../src/streams/kafka/record-batch-bytes.js';

const load = createRequire(import.meta.url);
// As kafkajs has it.
const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(batch: object): Promise<{ readonly buffer: Buffer }>;
};
const kafkajsRecord = load('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => object;

const outside = { id: -1n, epoch: 0, sequence: 0, isTransactional: false };
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
type Timed = OutputRecord & { readonly partition: number; readonly timestamp: EpochMillis };
const record: fc.Arbitrary<Timed> = fc.record({
  topic: fc.constant('scored'),
  partition: fc.constant(3),
  key: fc.option(bytes),
  value: fc.option(bytes),
  timestamp: fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }).map(epochMillis),
  headers: fc.dictionary(fc.string({ maxLength: 20 }), bytes, { maxKeys: 5 }),
});

/** Records as kafkajs writes them. */
async function kafkajsBytes(records: readonly Timed[], own: BatchProducer): Promise<Buffer> {
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
  return buffer;
}

/** The same as we write them, after other bytes. */
function ownBytes(outputs: readonly PlacedOutput[], own: BatchProducer, now = 0): Buffer {
  const batch = recordBatch(outputs, own, now);
  const bytes = Buffer.alloc(batch.size + 7);
  expect(batch.write(bytes, 7)).toBe(bytes.length);
  return bytes.subarray(7);
}

/** Records with headers of their own, as a batch of them. */
function packed(records: ReadonlyArray<Timed & { readonly number: number; readonly follow: boolean }>) {
  const { bytes, boundaries, nulls, timestamps } = packRecords(
    records.map((record, offset) => ({ ...record, offset })),
    assignmentEpoch(1),
  );
  const batch: OutputBatch = {
    topic: 'scored',
    partition: 3,
    length: records.length,
    bytes,
    boundaries,
    nulls,
    timestamps,
    headers: [
      { name: 'topic', values: 'posts · 帖子' },
      { name: 'partition', values: '3' },
      { name: 'number', values: Float64Array.from(records, ({ number }) => number) },
      { name: 'trace', values: 'abc', present: Uint8Array.from(records, ({ follow }) => Number(follow)) },
      { name: 'empty', values: '' },
      { name: 'last', values: 'one' },
    ],
  };
  return batch;
}

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
        expect(ownBytes(records, own)).toEqual(await kafkajsBytes(records, own));
      }),
    );
  });

  it('has the same bytes where they are packed, or some of them', async () => {
    const one = fc
      .record({
        record,
        number: fc.oneof(fc.maxSafeNat(), fc.nat(1_000), fc.integer({ min: -1_000, max: 0 })),
        follow: fc.boolean(),
      })
      .map(({ record: { headers: _, ...own }, ...rest }) => ({ ...own, ...rest }));
    const some = fc.array(one, { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(some, some, fc.array(record, { maxLength: 3 }), async (first, second, singles) => {
        const outputs = [packed(first), ...singles, packed(second)];
        const records = [...outputRecordsOf(outputs)].map((output) => ({
          ...output,
          // kafkajs takes other bytes for text.
          key: output.key && Buffer.from(output.key),
          value: output.value && Buffer.from(output.value),
          partition: 3,
          timestamp: epochMillis(output.timestamp ?? 0),
        }));
        expect(ownBytes(outputs, outside)).toEqual(await kafkajsBytes(records, outside));
      }),
    );
  });

  it('has the same bytes where it is put together of parts of a packed one', () => {
    const records = Array.from({ length: 9 }, (_, i) => ({
      topic: 'scored',
      partition: 3,
      key: i % 3 === 0 ? null : Buffer.from(`key ${i}`),
      value: i % 4 === 0 ? null : Buffer.alloc(i * 20, i),
      timestamp: epochMillis(1_700_000_000_000 + i),
      number: i * 10,
      follow: i % 2 === 0,
    }));
    const whole = packed(records);
    const parts = [outputPart(whole, 0, 4), outputPart(whole, 4, 5), outputPart(whole, 5, 9)];
    expect(ownBytes(parts, outside)).toEqual(ownBytes([whole], outside));
  });

  it('gives a record without a time the one that it is written at', () => {
    const one = { topic: 'scored', partition: 0, key: null, value: Buffer.from('a') };
    const now = epochMillis(1_700_000_000_000);
    expect(ownBytes([one], outside, now)).toEqual(ownBytes([{ ...one, timestamp: now }], outside));
  });
});
