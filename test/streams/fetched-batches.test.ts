import fc from 'fast-check';
import { CompressionTypes } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { SentifluxError } from '../../src/contracts/errors.js';
import { assignmentEpoch } from '../../src/contracts/ids.js';
import { FetchCutter } from '../../src/streams/kafka/fetch-cutter.js';
import { answeredInBytes } from '../../src/streams/kafka/fetch-responses.js';
import {
  batchBytes,
  consumed,
  fetched,
  markerBytes,
  record,
  recordsLeft,
  responseBytes,
} from './fetch-bytes.js';
import { recordsOf, textsOf } from './reader.js';

const inBytes = answeredInBytes();

type End = 'abort' | 'commit';
type Step =
  | { readonly producer: number | 'plain'; readonly records: number }
  | { readonly producer: number; readonly end: End };

/** A partition's log, and what a reader of committed records is to see of it. */
class Log {
  readonly #batches: Array<{ readonly bytes: Buffer; readonly lastOffset: number }> = [];
  readonly #open = new Map<number, { readonly firstOffset: number; readonly offsets: number[] }>();
  readonly #aborted: Array<{ producerId: number; firstOffset: number; marker: number }> = [];
  readonly visible: number[] = [];
  end = 0;

  /** Each record says at which offset it is. */
  async send(producer: number | 'plain', count: number): Promise<void> {
    const baseOffset = this.end;
    const offsets = Array.from({ length: count }, (_, i) => baseOffset + i);
    const records = offsets.map((offset, i) => record(String(offset), i));
    this.#append(
      await batchBytes({ baseOffset, records, ...(producer !== 'plain' && { producerId: producer }) }),
      count,
    );
    if (producer === 'plain') this.visible.push(...offsets);
    else {
      const open = this.#open.get(producer) ?? { firstOffset: baseOffset, offsets: [] };
      open.offsets.push(...offsets);
      this.#open.set(producer, open);
    }
  }

  async finish(producer: number, end: End): Promise<void> {
    const open = this.#open.get(producer);
    if (open === undefined) return;
    this.#open.delete(producer);
    if (end === 'commit') this.visible.push(...open.offsets);
    else this.#aborted.push({ producerId: producer, firstOffset: open.firstOffset, marker: this.end });
    this.#append(await markerBytes(this.end, producer, end), 1);
  }

  /** Until the last transaction ends a broker shows nothing of what follows. */
  async finishAll(end: End): Promise<void> {
    for (const producer of [...this.#open.keys()]) await this.finish(producer, end);
  }

  /** As a broker answers: the whole batch with the offset, and the aborted transactions that end behind it. */
  fetch(fetchOffset: number) {
    const set = Buffer.concat(
      this.#batches.flatMap(({ bytes, lastOffset }) => (lastOffset < fetchOffset ? [] : [bytes])),
    );
    return { set, fetchOffset, aborted: this.#aborted.filter(({ marker }) => marker >= fetchOffset) };
  }

  #append(bytes: Buffer, count: number): void {
    this.end += count;
    this.#batches.push({ bytes, lastOffset: this.end - 1 });
  }
}

async function logOf(steps: readonly Step[]): Promise<Log> {
  const log = new Log();
  for (const step of steps) {
    if ('end' in step) await log.finish(step.producer, step.end);
    else await log.send(step.producer, step.records);
  }
  await log.finishAll('abort');
  return log;
}

const offsetsIn = async (answer: ReturnType<Log['fetch']>) =>
  textsOf(await consumed(answer, inBytes)).map(Number);

describe('records of aborted transactions', () => {
  it('are left out where a fetch begins in the midst of two of them', async () => {
    const log = await logOf([
      { producer: 1, records: 2 },
      { producer: 2, records: 2 },
      { producer: 1, records: 2 },
      { producer: 2, records: 2 },
      { producer: 'plain', records: 1 },
    ]);
    expect(await offsetsIn(log.fetch(5))).toEqual([8]);
  });

  it('are those up to the marker: the next transaction of the producer is another', async () => {
    const log = await logOf([
      { producer: 1, records: 2 },
      { producer: 1, end: 'abort' },
      { producer: 1, records: 2 },
      { producer: 1, end: 'commit' },
    ]);
    expect(await offsetsIn(log.fetch(0))).toEqual([3, 4]);
  });

  it('are none of what the producer sends outside of transactions', async () => {
    const plain = await batchBytes({ baseOffset: 1, records: [record('plain')] });
    // Not transactional, of the same producer.
    plain.writeBigInt64BE(1n, 43);
    const set = Buffer.concat([
      await batchBytes({ baseOffset: 0, producerId: 1, records: [record('a')] }),
      plain,
    ]);
    const aborted = [{ producerId: 1, firstOffset: 0 }];
    expect(textsOf(await consumed({ set, aborted }, inBytes))).toEqual(['plain']);
  });

  it('are left out, and no others, of any log and wherever a fetch begins', async () => {
    const producer = fc.integer({ min: 1, max: 3 });
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({
        producer: fc.oneof(producer, fc.constant('plain' as const)),
        records: fc.integer({ min: 1, max: 4 }),
      }),
      fc.record({ producer, end: fc.constantFrom('abort', 'commit') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.nat(40), async (steps, from) => {
        const log = await logOf(steps);
        const fetchOffset = Math.min(from, log.end);
        const expected = log.visible.filter((offset) => offset >= fetchOffset).sort((a, b) => a - b);
        expect(await offsetsIn(log.fetch(fetchOffset))).toEqual(expected);
      }),
    );
  });

  it('are passed over by the consumer up to the last marker', async () => {
    const log = await logOf([{ producer: 1, records: 3 }]);
    const { set, aborted } = log.fetch(0);
    const [batch] = await fetched(responseBytes([{ set, aborted }]), [1], inBytes);
    expect([batch && recordsLeft(batch), batch?.lastOffset()]).toEqual([0, '3']);
  });

  it('are not decompressed', async () => {
    const set = await batchBytes({
      baseOffset: 0,
      producerId: 1,
      compression: CompressionTypes.GZIP,
      records: [record('a')],
    });
    set.fill(0, 61);
    const answer = { set: Buffer.concat([set, await markerBytes(1, 1, 'abort')]) };
    expect(await consumed({ ...answer, aborted: [{ producerId: 1, firstOffset: 0 }] }, inBytes)).toEqual([]);
  });
});

const RECORDS_AT = 61;

describe('bytes that are no records', () => {
  // A record of 7 bytes and its length: attributes, time, offset, the key's length, the value's, a value, headers.
  const whole = () => batchBytes({ baseOffset: 7, records: [record('a')] });

  it.each<[string, (set: Buffer) => void]>([
    [
      'more records than bytes',
      (set) => set.writeInt32BE(2 ** 31 - 1, 57) && set.writeInt32BE(2 ** 31 - 2, 23),
    ],
    ['more records than offsets', (set) => set.writeInt32BE(2, 57)],
    ['a negative number of records', (set) => set.writeInt32BE(-1, 57)],
    ['a last offset before the first', (set) => set.writeInt32BE(-2, 23)],
    ['a batch shorter than its head', (set) => set.writeInt32BE(8, 8)],
    ['a batch of a negative length', (set) => set.writeInt32BE(-100, 8)],
    ['a batch that ends in its record', (set) => set.writeInt32BE(set.length - 13, 8)],
    ['a record of a negative length', (set) => set.writeUInt8(1, RECORDS_AT)],
    ['a record longer than its batch', (set) => set.writeUInt8(2 * 8, RECORDS_AT)],
    ['a record longer than its parts', (set) => set.writeUInt8(2 * 6, RECORDS_AT)],
    ['a record without anything', (set) => set.writeUInt8(0, RECORDS_AT)],
    ['a key of a negative length', (set) => set.writeUInt8(3, RECORDS_AT + 4)],
    ['a key longer than its record', (set) => set.writeUInt8(2 * 60, RECORDS_AT + 4)],
    ['a value longer than its record', (set) => set.writeUInt8(2 * 3, RECORDS_AT + 5)],
    ['a negative number of headers', (set) => set.writeUInt8(1, RECORDS_AT + 7)],
    ['headers that do not come', (set) => set.writeUInt8(2 * 50, RECORDS_AT + 7)],
    ['a number that does not end', (set) => set.fill(0xff, RECORDS_AT)],
    ['an unknown codec', (set) => set.writeInt16BE(5, 21)],
    ['what gzip cannot read', (set) => set.writeInt16BE(1, 21)],
    ['an unknown format', (set) => set.writeInt8(3, 16)],
  ])('%s: end the consumer, and say where', async (_, damage) => {
    const set = await whole();
    damage(set);
    await expect(consumed({ set, fetchOffset: 7 }, inBytes)).rejects.toMatchObject({
      code: 'SF_STREAM_CRASHED',
      message: expect.stringContaining('from offset 7 on of posts, partition 0,'),
      hint: expect.stringContaining('move the group'),
      // Whatever else kafkajs would try again, for ever.
      retriable: false,
    });
  });

  it('are an offset beyond what a number holds', async () => {
    const set = await whole();
    set.writeInt32BE(2 ** 30, 0);
    await expect(consumed({ set }, inBytes)).rejects.toMatchObject({
      code: 'SF_STREAM_CRASHED',
      message: expect.stringContaining('53 bits'),
    });
  });

  it('do not keep back the batches before them', async () => {
    const set = await batchBytes({ baseOffset: 0, records: [record('a'), record('b', 1)] });
    set.writeUInt8(1, RECORDS_AT + 8);
    const [fetch] = await fetched(responseBytes([{ set }]), [0], inBytes);
    if (fetch === undefined) throw new Error('nothing was fetched');
    const batches = new FetchCutter(1).cut(fetch, assignmentEpoch(1));
    expect(batches.next().value).toMatchObject({ length: 1, nextOffset: 1 });
    expect(() => batches.next()).toThrow('a record of -1 bytes');
  });

  it.each([
    ['ends too soon', (answer: Buffer) => answer.subarray(0, 40)],
    ['has fewer bytes of records than it says', (answer: Buffer) => answer.subarray(0, answer.length - 1)],
    ['says that it has two thousand million topics', (answer: Buffer) => answer.fill(0x7f, 10, 14)],
  ])('end the consumer where an answer %s', async (_, damage) => {
    const answer = damage(responseBytes([{ set: await whole() }]));
    await expect(fetched(answer, [7], inBytes)).rejects.toMatchObject({
      code: 'SF_STREAM_CRASHED',
      retriable: false,
    });
  });

  it('become records in order or this error, and never more than there are bytes', async () => {
    const text = 'x'.repeat(40);
    const headed = { ...record(text, 1), headers: { name: Buffer.from('value') } };
    const sets = await Promise.all(
      [CompressionTypes.None, CompressionTypes.GZIP].map(async (compression) =>
        Buffer.concat([
          await batchBytes({ baseOffset: 0, compression, records: [record(text), headed] }),
          await batchBytes({ baseOffset: 2, compression, producerId: 1, records: [record(text)] }),
          await markerBytes(3, 1, 'abort'),
        ]),
      ),
    );
    const damage = fc.record({
      set: fc.constantFrom(...sets),
      bytes: fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }),
      length: fc.option(fc.nat(400)),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ set, bytes, length }) => {
        const damaged = Buffer.from(set.subarray(0, length ?? set.length));
        for (const [at, byte] of bytes) if (at < damaged.length) damaged[at] = byte;
        const aborted = [{ producerId: 1, firstOffset: 2 }];
        const batches = await consumed({ set: damaged, aborted }, inBytes).catch((error: unknown) => {
          if (error instanceof SentifluxError && error.code === 'SF_STREAM_CRASHED') return [];
          throw error;
        });
        for (const batch of batches) {
          const offsets = Array.from(batch.offsets);
          expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
          expect(recordsOf(batch).length).toBe(batch.length);
          expect(batch.bytes.length).toBeLessThan(1_000);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
