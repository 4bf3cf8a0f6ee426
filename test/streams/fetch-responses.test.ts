import { createRequire } from 'node:module';
import fc from 'fast-check';
import { CompressionTypes } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { registerCodecs } from '../../src/streams/kafka/codecs.js';
import { answeredInBytes } from '../../src/streams/kafka/fetch-responses.js';
import {
  batchBytes,
  consumed,
  exchangeOf,
  fetched,
  markerBytes,
  record,
  recordsLeft,
  responseBytes,
  type WrittenBatch,
  type WrittenRecord,
} from './fetch-bytes.js';
import { recordsOf, textsOf } from './reader.js';

registerCodecs();
const inBytes = answeredInBytes();
/** Decoded by kafkajs, as for any consumer of it. */
const byKafkajs = { rackId: '' };

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const headerName = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom('__proto__', 'constructor', '7', ''),
);
const headers = fc.dictionary(headerName, fc.oneof(bytes, fc.array(bytes, { minLength: 1, maxLength: 3 })), {
  maxKeys: 4,
});

/** Records with gaps in their offsets, as compaction leaves them. */
const records: fc.Arbitrary<readonly WrittenRecord[]> = fc
  .array(
    fc.record({
      gap: fc.nat(300),
      timestampDelta: fc.oneof(
        fc.integer({ min: -1_000, max: 1_000 }),
        fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
      ),
      key: fc.option(bytes),
      value: fc.option(bytes),
      headers: fc.oneof(fc.constant({}), headers),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((written) => {
    let next = 0;
    return written.map(({ gap, ...fields }) => {
      const offsetDelta = next + gap;
      next = offsetDelta + 1;
      return { ...fields, offsetDelta };
    });
  });

const batch: fc.Arbitrary<Omit<WrittenBatch, 'baseOffset'>> = fc.record(
  {
    records,
    firstTimestamp: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 42 })),
    maxTimestamp: fc.integer({ min: 0, max: 2 ** 42 }),
    compression: fc.constantFrom(
      CompressionTypes.None,
      CompressionTypes.GZIP,
      CompressionTypes.Snappy,
      CompressionTypes.LZ4,
    ),
    isLogAppendTime: fc.boolean(),
    isControl: fc.boolean(),
    producerId: fc.nat(),
  },
  { requiredKeys: ['records'] },
);

/** One behind the other from an offset on; above 2^32 too. */
async function logOf(batches: ReadonlyArray<Omit<WrittenBatch, 'baseOffset'>>, from: number) {
  const written: Buffer[] = [];
  let next = from;
  for (const own of batches) {
    written.push(await batchBytes({ ...own, baseOffset: next }));
    next += (own.records.at(-1)?.offsetDelta ?? 0) + 1;
  }
  return { written, next };
}

describe('an answer to a fetch', () => {
  it('becomes the batches that kafkajs makes of it, wherever in a batch the fetch began', async () => {
    const starts = fc.constantFrom(0, 7, 2 ** 32 - 3, 2 ** 40);
    const question = fc.tuple(
      fc.array(batch, { maxLength: 4 }),
      starts,
      fc.nat(1_000),
      fc.integer({ min: 1, max: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(question, async ([batches, from, into, maxBatchRecords]) => {
        const { written, next } = await logOf(batches, from);
        const fetchOffset = Math.max(from, Math.min(from + into, next - 1));
        const answer = { set: Buffer.concat(written), fetchOffset };
        expect(await consumed(answer, inBytes, maxBatchRecords)).toEqual(
          await consumed(answer, byKafkajs, maxBatchRecords),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('ends for kafkajs at the same offset, also where all of it is left out', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { minLength: 1, maxLength: 3 }),
        fc.nat(1_000),
        async (batches, into) => {
          const { written, next } = await logOf(batches, 5);
          const fetchOffset = Math.min(5 + into, next - 1);
          const answer = responseBytes([{ set: Buffer.concat(written) }]);
          const [own] = await fetched(answer, [fetchOffset], inBytes);
          const [theirs] = await fetched(answer, [fetchOffset], byKafkajs);
          expect(own?.lastOffset()).toBe(theirs?.lastOffset());
          // What kafkajs hands to nobody comes without records, so that the consumer can commit what lies behind it.
          expect(own && recordsLeft(own)).toBe(theirs?.messages.length);
          expect(own?.isEmpty()).toBe(false);
        },
      ),
    );
  });

  it('leaves out a batch that the limit of the fetch has cut off', async () => {
    const { written } = await logOf([{ records: [record('whole')] }, { records: [record('cut off')] }], 0);
    const set = Buffer.concat(written);
    const [first = set] = written;
    for (let length = 0; length < set.length; length += 1) {
      const batches = await consumed({ set: set.subarray(0, length) }, inBytes);
      expect(textsOf(batches)).toEqual(length < first.length ? [] : ['whole']);
    }
  });

  it('has keys, values, times and headers as they were written', async () => {
    const set = await batchBytes({
      baseOffset: 40,
      firstTimestamp: 1_700_000_000_000,
      records: [
        { offsetDelta: 0, timestampDelta: 5, key: Buffer.from('post-1'), value: Buffer.from('好') },
        {
          offsetDelta: 1,
          timestampDelta: -1_000,
          key: null,
          value: null,
          headers: { 'sf-offset': Buffer.from('7'), none: Buffer.alloc(0) },
        },
      ],
    });
    expect((await consumed({ set }, inBytes)).flatMap(recordsOf)).toEqual([
      {
        partition: 0,
        offset: 40,
        timestamp: 1_700_000_000_005,
        key: Buffer.from('post-1'),
        value: Buffer.from('好'),
        headers: undefined,
      },
      {
        partition: 0,
        offset: 41,
        timestamp: 1_699_999_999_000,
        key: null,
        value: null,
        headers: { 'sf-offset': new Uint8Array([0x37]), none: new Uint8Array() },
      },
    ]);
  });

  it('has an empty value for a header without one, and the last of several', async () => {
    // Length, attributes, time, offset, no key, an empty value, three headers: a=1, a=2, b without a value.
    const body = Buffer.from([0, 0, 0, 1, 0, 6, 2, 0x61, 2, 0x31, 2, 0x61, 2, 0x32, 2, 0x62, 1]);
    const head = (await batchBytes({ baseOffset: 0, records: [record('')] })).subarray(0, 61);
    const set = Buffer.concat([head, Buffer.from([2 * body.length]), body]);
    set.writeInt32BE(set.length - 12, 8);
    const [only] = await consumed({ set }, inBytes);
    expect(only?.headers).toEqual([{ a: new Uint8Array([0x32]), b: new Uint8Array() }]);
    expect(await consumed({ set }, inBytes)).toEqual(await consumed({ set }, byKafkajs));
  });

  it('is cut into batches of one size across the batches of the log, few records at first', async () => {
    const texts = Array.from({ length: 100 }, (_, i) => `post ${i}`);
    const sets = texts.map((text, offset) => batchBytes({ baseOffset: offset, records: [record(text)] }));
    const set = Buffer.concat([...(await Promise.all(sets)), await markerBytes(100, 1, 'commit')]);
    const batches = await consumed({ set }, inBytes, 40);
    expect(batches.map(({ length, nextOffset }) => [length, nextOffset])).toEqual([
      [16, 16],
      [32, 48],
      [40, 88],
      [12, 101],
    ]);
    expect(textsOf(batches)).toEqual(texts);
  });

  it('is read on behind records that compaction has taken out at the end of a batch, or all of them', async () => {
    const whole = await batchBytes({
      baseOffset: 0,
      records: [record('a'), record('b', 3)],
      lastOffsetDelta: 9,
    });
    const emptied = await batchBytes({ baseOffset: 10, records: [], lastOffsetDelta: 4 });
    const [only] = await consumed({ set: Buffer.concat([whole, emptied]) }, inBytes);
    expect(only?.nextOffset).toBe(15);
    const [passedOver] = await fetched(responseBytes([{ set: whole }]), [7], inBytes);
    expect([passedOver && recordsLeft(passedOver), passedOver?.lastOffset()]).toEqual([0, '9']);
  });

  it('gives records the offsets that the broker has counted, whatever a producer wrote into its batch', async () => {
    const values = ['a', 'b', 'c', 'd'].map((value, i) => record(value, [7, -3, 2 ** 30, 0][i]));
    const set = await batchBytes({ baseOffset: 20, records: values, lastOffsetDelta: 3 });
    const [whole] = await consumed({ set, fetchOffset: 20 }, inBytes);
    expect(Array.from(whole?.offsets ?? [])).toEqual([20, 21, 22, 23]);
    const [part] = await consumed({ set, fetchOffset: 22 }, inBytes);
    expect(Array.from(part?.offsets ?? [])).toEqual([22, 23]);
  });

  it('has the records of a batch once that comes twice', async () => {
    const batches = [
      await batchBytes({ baseOffset: 0, records: [record('a'), record('b', 1)] }),
      await batchBytes({ baseOffset: 1, records: [record('b'), record('c', 1)] }),
    ];
    const found = (await consumed({ set: Buffer.concat([...batches, ...batches]) }, inBytes)).flatMap(
      recordsOf,
    );
    expect(found.map(({ offset, value }) => [offset, String(value)])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
  });

  it('of formats before record batches is left to kafkajs', async () => {
    const load = createRequire(import.meta.url);
    const messageSet = load('kafkajs/src/protocol/messageSet') as (set: object) => {
      readonly buffer: Buffer;
    };
    const entries = ['a', 'b'].map((value) => ({ key: 'post', value, timestamp: 1_500_000_000_000 }));
    // Compressed so that they have offsets; not with a codec that is looked up.
    const { buffer } = messageSet({ messageVersion: 1, compression: CompressionTypes.GZIP, entries });
    const batches = await consumed({ set: buffer }, inBytes);
    expect(textsOf(batches)).toEqual(['a', 'b']);
    expect(batches).toEqual(await consumed({ set: buffer }, byKafkajs));
    const mixed = Buffer.concat([
      await batchBytes({ baseOffset: 0, records: [record('new')] }),
      buffer,
      buffer,
    ]);
    expect(textsOf(await consumed({ set: mixed }, inBytes))).toEqual(['new']);
    // Compaction has left none from the fetched offset on.
    const [passedOver] = await fetched(responseBytes([{ set: buffer }]), [7], inBytes);
    expect([passedOver && recordsLeft(passedOver), passedOver?.lastOffset()]).toEqual([0, '7']);
  });
});

describe('a consumer of kafkajs', () => {
  const set = batchBytes({ baseOffset: 0, records: [record('plain')] });

  it('that has not asked for bytes gets messages', async () => {
    const [batch] = await fetched(responseBytes([{ set: await set }]), [0], byKafkajs);
    expect(batch?.messages).toMatchObject([{ offset: '0', value: Buffer.from('plain'), headers: {} }]);
  });

  it('that asks for bytes is told that its broker is too old for them, and that does not, not', () => {
    expect(() => exchangeOf([0], inBytes, 10)).toThrow(
      expect.objectContaining({
        code: 'SF_STREAM_CRASHED',
        message: expect.stringContaining('version 10'),
        hint: 'Run Kafka 2.3 or later.',
        retriable: false,
      }),
    );
    expect(() => exchangeOf([0], byKafkajs, 10)).not.toThrow();
  });

  it('asks the broker the same, in bytes or not', async () => {
    const request = async (settings: { readonly rackId: string }) =>
      (await exchangeOf([3, 4], settings).request.encode()).buffer;
    expect(await request(inBytes)).toEqual(await request(byKafkajs));
  });
});
