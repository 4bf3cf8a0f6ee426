import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import type { OutputBatch } from '../../src/contracts/output-batch.js';
import {
  KEY_IS_NULL,
  type OutputRecord,
  type SourceRecord,
  VALUE_IS_NULL,
} from '../../src/contracts/record.js';
import { partitionOf } from '../../src/streams/partitioner.js';
import type { OffsetRange, Streams } from '../../src/streams/port.js';
import { scan } from '../../src/streams/scan.js';
import { freshName, freshTopic, numbered, read, send, textsOf, write } from './reader.js';

const NOON = Date.UTC(2026, 0, 15, 12);

/** Somewhere to keep topics: opened again it has what was there. */
export interface Place {
  open(): Promise<Streams>;
}

/** What every adapter of the port promises. */
export function streamsContract(adapter: string, canRun: boolean, place: () => Promise<Place>): void {
  describe.skipIf(!canRun)(`streams in ${adapter}`, () => promises(place));
}

function promises(place: () => Promise<Place>): void {
  let streams: Streams;
  beforeEach(async () => {
    streams = await (await place()).open();
    onTestFinished(() => streams.close());
  });

  describe('records', () => {
    it('come in the order in which they were written to their partition', async () => {
      const topic = await freshTopic(streams, 2);
      await write(streams, topic, numbered(0, 100), 0);
      await write(streams, topic, numbered(100, 130), 1);
      const reader = await read(streams, topic);
      await reader.records(130);
      const of = (partition: number) => reader.batches.filter((batch) => batch.partition === partition);
      expect(textsOf(of(0))).toEqual(numbered(0, 100));
      expect(textsOf(of(1))).toEqual(numbered(100, 130));
    });

    it('come in batches that say where to read on', async () => {
      const topic = await freshTopic(streams);
      await write(streams, topic, numbered(0, 25));
      const reader = await read(streams, topic, { maxBatchRecords: 10 });
      await reader.records(25);
      expect(reader.batches.every(({ length }) => length <= 10)).toBe(true);
      let next = 0;
      for (const batch of reader.batches) {
        expect(Array.from(batch.offsets)).toEqual(Array.from({ length: batch.length }, (_, i) => next + i));
        next += batch.length;
        expect(batch.nextOffset).toBe(next);
      }
    });

    it('are read as the bytes that were written', async () => {
      const topic = await freshTopic(streams);
      const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
      const written: readonly OutputRecord[] = [
        { topic, key: Buffer.from('post-1'), value: Buffer.from('{"text":"好 😀 \u2028 \ufeff"}') },
        { topic, key: everyByte, value: everyByte.toReversed() },
        { topic, key: null, value: Buffer.from('\ufeff begins with a byte order mark\r\n\n') },
        { topic, key: Buffer.alloc(0), value: Buffer.alloc(0) },
        { topic, key: Buffer.from('a deletion'), value: null },
        { topic, key: null, value: null },
        {
          topic,
          key: null,
          value: Buffer.from('with headers'),
          timestamp: epochMillis(1_500_000_000_123),
          headers: { 'sf-offset': Buffer.from('7'), binary: Buffer.from([0xff, 0]), none: Buffer.alloc(0) },
        },
      ];
      await send(
        streams,
        written.map((record) => ({ ...record, partition: 0 })),
      );
      const reader = await read(streams, topic);
      const found = await reader.records(written.length);
      const plain = (bytes: Uint8Array | null | undefined) => bytes && Buffer.from(bytes).toString('hex');
      expect(found.map(({ key, value }) => [plain(key), plain(value)])).toEqual(
        written.map(({ key, value }) => [plain(key), plain(value)]),
      );
      const last = found.at(-1);
      expect(last?.timestamp).toBe(1_500_000_000_123);
      expect(Object.entries(last?.headers ?? {}).map(([name, value]) => [name, plain(value)])).toEqual([
        ['sf-offset', '37'],
        ['binary', 'ff00'],
        ['none', ''],
      ]);
      expect(found[0]?.headers).toBeUndefined();
    });

    it('may be packed: each is read as if it had been written by itself', async () => {
      const topic = await freshTopic(streams, 2);
      const batch: OutputBatch = {
        topic,
        partition: 1,
        length: 3,
        bytes: Buffer.from('post-1{"text":"好"}post-2'),
        boundaries: Uint32Array.of(0, 6, 20, 26, 26, 26, 26),
        nulls: Uint8Array.of(0, VALUE_IS_NULL, KEY_IS_NULL),
        timestamps: Float64Array.of(NOON, NOON - 5, NOON + 5),
        headers: [
          { name: 'sf-source-topic', values: '帖子' },
          { name: 'sf-source-offset', values: Float64Array.of(0, 7, 9_007_199_254_740_991) },
          { name: 'traceparent', values: 'some', present: Uint8Array.of(0, 1, 0) },
        ],
      };
      const single = { topic, partition: 1, key: null, value: Buffer.from('behind it') };
      await send(streams, [batch, single]);
      const reader = await read(streams, topic);
      const records = await reader.records(4);
      expect(records.map(({ key, value }) => [key?.toString(), value?.toString()])).toEqual([
        ['post-1', '{"text":"好"}'],
        ['post-2', undefined],
        [undefined, ''],
        [undefined, 'behind it'],
      ]);
      expect(records.slice(0, 3).map(({ timestamp }) => timestamp)).toEqual([NOON, NOON - 5, NOON + 5]);
      const text = (name: string) =>
        records.map(({ headers }) => headers?.[name] && Buffer.from(headers[name]).toString());
      expect(text('sf-source-topic')).toEqual(['帖子', '帖子', '帖子', undefined]);
      expect(text('sf-source-offset')).toEqual(['0', '7', '9007199254740991', undefined]);
      expect(text('traceparent')).toEqual([undefined, 'some', undefined, undefined]);
    });

    it("go to the partition of their key's hash, whatever the adapter", async () => {
      const topic = await freshTopic(streams, 4);
      const keys = Array.from({ length: 40 }, (_, i) => `post-${i}`);
      await send(
        streams,
        keys.map((key) => ({ topic, key: Buffer.from(key), value: null })),
      );
      const reader = await read(streams, topic);
      for (const { key, partition } of await reader.records(keys.length)) {
        expect(partition).toBe(partitionOf(key ?? Buffer.alloc(0), 4));
      }
    });

    it('without a key or a partition are spread', async () => {
      const topic = await freshTopic(streams, 2);
      await send(
        streams,
        numbered(0, 20).map((text) => ({ topic, key: null, value: Buffer.from(text) })),
      );
      const reader = await read(streams, topic);
      const found = await reader.records(20);
      expect(new Set(found.map(({ partition }) => partition))).toEqual(new Set([0, 1]));
    });

    it('that are written later are waited for', async () => {
      const topic = await freshTopic(streams);
      const reader = await read(streams, topic);
      await write(streams, topic, ['late']);
      expect(await reader.records(1)).toHaveLength(1);
    });

    it('may be many and large in one settlement', async () => {
      const source = await freshTopic(streams);
      const sink = await freshTopic(streams);
      await write(streams, source, ['one']);
      const reader = await read(streams, source);
      await reader.records(1);
      const [batch] = reader.batches;
      if (batch === undefined) throw new Error('no batch came');
      const value = Buffer.alloc(20_000, 'x');
      const outputs = Array.from({ length: 150 }, () => ({ topic: sink, partition: 0, key: null, value }));
      expect(await reader.consumption.settle(batch, outputs)).toBe('settled');
      const results = await read(streams, sink);
      expect(await results.records(150)).toHaveLength(150);
    });
  });

  describe('a position', () => {
    it('moves with settling, so that a restart reads on behind it', async () => {
      const topic = await freshTopic(streams);
      const group = freshName('group');
      await write(streams, topic, numbered(0, 30));
      const first = await read(streams, topic, { group });
      await first.records(30);
      for (const batch of first.batches) {
        if (batch.nextOffset <= 20) expect(await first.consumption.settle(batch, [])).toBe('settled');
      }
      await first.consumption.close();

      const second = await read(streams, topic, { group });
      const [next] = await second.records(10);
      expect(next?.offset).toBe(20);
    });

    it('stays without settling, so that a restart reads again', async () => {
      const topic = await freshTopic(streams);
      const group = freshName('group');
      await write(streams, topic, numbered(0, 3));
      const first = await read(streams, topic, { group });
      await first.records(3);
      await first.consumption.close();
      const second = await read(streams, topic, { group });
      expect((await second.records(3)).map(({ offset }) => offset)).toEqual([0, 1, 2]);
    });

    it('moves once the outputs are there', async () => {
      const source = await freshTopic(streams);
      const sink = await freshTopic(streams);
      await write(streams, source, ['one']);
      const reader = await read(streams, source);
      await reader.records(1);
      const [batch] = reader.batches;
      if (batch === undefined) throw new Error('no batch came');
      const output = { topic: sink, partition: 0, key: null, value: Buffer.from('scored') };
      expect(await reader.consumption.settle(batch, [output])).toBe('settled');
      const results = await read(streams, sink);
      await results.records(1);
      expect(textsOf(results.batches)).toEqual(['scored']);
    });

    it('stays where outputs cannot be written', async () => {
      const topic = await freshTopic(streams);
      const group = freshName('group');
      await write(streams, topic, ['one']);
      const first = await read(streams, topic, { group });
      await first.records(1);
      const [batch] = first.batches;
      if (batch === undefined) throw new Error('no batch came');
      const lost = { topic: freshName('no-such-topic'), key: null, value: Buffer.from('lost') };
      await expect(first.consumption.settle(batch, [lost])).rejects.toMatchObject({
        code: 'SF_TOPIC_MISSING',
      });
      await first.consumption.close();
      const second = await read(streams, topic, { group });
      expect(await second.records(1)).toHaveLength(1);
    });

    it('is not lost on settlements that nobody waited for', async () => {
      const topic = await freshTopic(streams);
      const group = freshName('group');
      await write(streams, topic, numbered(0, 40));
      const first = await read(streams, topic, { group });
      await first.records(40);
      const settled = first.batches.map((batch) => first.consumption.settle(batch, []));
      await first.consumption.close();
      expect(new Set(await Promise.all(settled))).toEqual(new Set(['settled']));
      await write(streams, topic, ['next']);
      const second = await read(streams, topic, { group });
      expect((await second.records(1))[0]?.offset).toBe(40);
    });

    it('can be given from outside', async () => {
      const topic = await freshTopic(streams);
      const group = freshName('group');
      await write(streams, topic, numbered(0, 10));
      const reader = await read(streams, topic, { group, positionOf: async () => 7 });
      expect((await reader.records(3)).map(({ offset }) => offset)).toEqual([7, 8, 9]);
    });

    it('from outside that is not known leaves the committed one', async () => {
      const topic = await freshTopic(streams);
      const group = freshName('group');
      await write(streams, topic, numbered(0, 20));
      const first = await read(streams, topic, { group });
      await first.records(20);
      const [batch] = first.batches;
      if (batch === undefined) throw new Error('no batch came');
      await first.consumption.settle(batch, []);
      await first.consumption.close();
      const second = await read(streams, topic, { group, positionOf: async () => undefined });
      expect((await second.records(1))[0]?.offset).toBe(batch.nextOffset);
    });

    it('is asked for again where a partition is to be read again, and what was handed on is dropped', async () => {
      const topic = await freshTopic(streams, 2);
      await write(streams, topic, numbered(0, 20), 0);
      await write(streams, topic, numbered(20, 30), 1);
      const asked: number[] = [];
      const reader = await read(streams, topic, {
        positionOf: async (partition) => {
          asked.push(partition);
          return partition === 0 && asked.filter((one) => one === 0).length > 1 ? 5 : undefined;
        },
      });
      await reader.records(30);
      const before = reader.batches.filter(({ partition }) => partition === 0);
      reader.consumption.readAgain(0);
      await reader.records(45);
      expect(asked.filter((one) => one === 0)).toHaveLength(2);
      const again = reader.batches.filter((batch) => batch.partition === 0 && !before.includes(batch));
      expect(textsOf(again)).toEqual(numbered(5, 20));
      for (const batch of before) expect(await reader.consumption.settle(batch, [])).toBe('dropped');
      for (const batch of again) expect(await reader.consumption.settle(batch, [])).toBe('settled');
      // The other partition is as it was.
      for (const batch of reader.batches.filter(({ partition }) => partition === 1))
        expect(await reader.consumption.settle(batch, [])).toBe('settled');
      await expect
        .poll(() => reader.consumption.lag())
        .toEqual(
          new Map([
            [0, 0],
            [1, 0],
          ]),
        );
    });

    it('at the latest shows only what comes', async () => {
      const topic = await freshTopic(streams, 2);
      await write(streams, topic, numbered(0, 5), 0);
      const reader = await read(streams, topic, { from: 'latest', settleAll: true });
      // Known to be at the end: the lag is asked for after the positions are found.
      expect([...(await reader.consumption.lag()).values()]).toEqual([0, 0]);
      await write(streams, topic, ['new'], 0);
      await reader.records(1);
      expect(textsOf(reader.batches)).toEqual(['new']);
    });
  });

  describe('a consumption', () => {
    it('hands on nothing before it is there to settle with', async () => {
      const topic = await freshTopic(streams);
      await write(streams, topic, numbered(0, 20));
      // The reader's onBatch uses the consumption, which would not be defined yet.
      const reader = await read(streams, topic, { settleAll: true });
      await reader.records(20);
      await reader.until(() => reader.failures.length === 0);
    });

    it('tells how far it is behind', async () => {
      const topic = await freshTopic(streams, 2);
      await write(streams, topic, numbered(0, 20), 0);
      const reader = await read(streams, topic);
      await reader.records(20);
      expect(await reader.consumption.lag()).toEqual(
        new Map([
          [0, 20],
          [1, 0],
        ]),
      );
      const [batch] = reader.batches;
      if (batch === undefined) throw new Error('no batch came');
      await reader.consumption.settle(batch, []);
      expect((await reader.consumption.lag()).get(0)).toBe(20 - batch.length);
    });

    it('stops handing on when paused, and still settles', async () => {
      const topic = await freshTopic(streams);
      await write(streams, topic, numbered(0, 10));
      const reader = await read(streams, topic);
      await reader.records(10);
      reader.consumption.pause();
      await write(streams, topic, numbered(10, 20));
      // By the time another group has read them, the paused one would have been given them too.
      await (await read(streams, topic)).records(20);
      expect(reader.batches).toHaveLength(1);
      const [batch] = reader.batches;
      if (batch === undefined) throw new Error('no batch came');
      expect(await reader.consumption.settle(batch, [])).toBe('settled');
    });

    it('waits while too much is in flight, and goes on after settling', async () => {
      const topic = await freshTopic(streams);
      await write(streams, topic, numbered(0, 10));
      const reader = await read(streams, topic, { maxInFlight: { records: 10, bytes: 1_000_000 } });
      await reader.records(10);
      await write(streams, topic, numbered(10, 20));
      await (await read(streams, topic)).records(20);
      expect(textsOf(reader.batches)).toEqual(numbered(0, 10));
      for (const batch of [...reader.batches]) await reader.consumption.settle(batch, []);
      await reader.records(20);
      expect(textsOf(reader.batches)).toEqual(numbered(0, 20));
    });

    it('counts the bytes in flight as well', async () => {
      const topic = await freshTopic(streams);
      await write(streams, topic, ['x'.repeat(5_000)]);
      const reader = await read(streams, topic, { maxInFlight: { records: 1_000, bytes: 1_000 } });
      await reader.records(1);
      await write(streams, topic, ['y']);
      await (await read(streams, topic)).records(2);
      expect(reader.batches).toHaveLength(1);
    });

    it('of a topic that does not exist says so', async () => {
      await expect(read(streams, freshName('no-such-topic'))).rejects.toMatchObject({
        code: 'SF_TOPIC_MISSING',
      });
    });
  });

  describe('a group', () => {
    it('shares the partitions, and a member that leaves loses nothing', async () => {
      const topic = await freshTopic(streams, 4);
      const group = freshName('group');
      const seen = new Set<string>();
      const note = (texts: readonly string[]) => {
        for (const text of texts) seen.add(text);
      };
      for (const partition of [0, 1, 2, 3]) {
        await write(streams, topic, numbered(partition * 100, partition * 100 + 50), partition);
      }
      const first = await read(streams, topic, { group, settleAll: true });
      const second = await read(streams, topic, { group });
      await second.until(() => second.consumption.assigned().length === 2);
      await first.until(() => first.consumption.assigned().length === 2);
      const shared = [...first.consumption.assigned(), ...second.consumption.assigned()];
      expect(shared.toSorted()).toEqual([0, 1, 2, 3]);

      // The second member takes records and leaves without having settled any of them.
      for (const partition of [0, 1, 2, 3]) {
        await write(streams, topic, numbered(partition * 100 + 50, partition * 100 + 60), partition);
      }
      await second.until(() => second.batches.length > 0);
      await second.consumption.close();
      await first.until(() => {
        note(textsOf(first.batches));
        return seen.size === 240;
      });
      expect(first.consumption.assigned()).toHaveLength(4);
    });

    it('drops what was read before a reassignment', async () => {
      const topic = await freshTopic(streams, 2);
      const sink = await freshTopic(streams);
      const group = freshName('group');
      await write(streams, topic, ['kept'], 0);
      await write(streams, topic, ['moved'], 1);
      const first = await read(streams, topic, { group });
      await first.records(2);
      const before = [...first.batches];
      const second = await read(streams, topic, { group });
      await second.records(1);
      await first.until(() => first.batches.length > before.length);
      const output = { topic: sink, partition: 0, key: null, value: Buffer.from('twice') };
      for (const batch of before) {
        expect(await first.consumption.settle(batch, [output])).toBe('dropped');
      }
      for (const reader of [first, second]) {
        const own = reader.batches.filter((batch) => !before.includes(batch));
        for (const batch of own) expect(await reader.consumption.settle(batch, [])).toBe('settled');
      }
      // Nothing of the dropped ones was written.
      await write(streams, sink, ['only this']);
      const results = await read(streams, sink);
      await results.records(1);
      expect(textsOf(results.batches)).toEqual(['only this']);
    });

    it('can be asked by others how much it has not settled', async () => {
      const topic = await freshTopic(streams, 2);
      const group = freshName('group');
      await write(streams, topic, numbered(0, 5), 1);
      expect(await streams.lagOf(group, topic)).toEqual(
        new Map([
          [0, 0],
          [1, 5],
        ]),
      );
      const reader = await read(streams, topic, { group, maxBatchRecords: 3 });
      await reader.records(5);
      const [first] = reader.batches;
      if (first === undefined) throw new Error('no batch came');
      expect(await reader.consumption.settle(first, [])).toBe('settled');
      await expect.poll(async () => (await streams.lagOf(group, topic)).get(1)).toBe(2);
    });

    it('does not see what another group has settled', async () => {
      const topic = await freshTopic(streams);
      await write(streams, topic, ['for both']);
      const one = await read(streams, topic, { settleAll: true });
      const other = await read(streams, topic, { settleAll: true });
      expect(await one.records(1)).toHaveLength(1);
      expect(await other.records(1)).toHaveLength(1);
    });
  });

  describe('a scan', () => {
    const scanned = async (topic: string, ranges?: ReadonlyMap<number, OffsetRange>) => {
      const records: SourceRecord[] = [];
      const group = freshName('scan');
      for await (const record of scan(streams, {
        topic,
        group,
        ranges: ranges ?? (await streams.ranges(topic)),
      })) {
        records.push(record);
      }
      return records;
    };
    const texts = (records: readonly SourceRecord[], partition: number) =>
      records
        .filter((record) => record.partition === partition)
        .map(({ value }) => String(value && Buffer.from(value)));

    it('reads every partition from its start to its end, in order, and ends', async () => {
      const topic = await freshTopic(streams, 3);
      await write(streams, topic, numbered(0, 2_500), 0);
      await write(streams, topic, numbered(0, 3), 2);
      const records = await scanned(topic);
      expect(records).toHaveLength(2_503);
      expect(texts(records, 0)).toEqual(numbered(0, 2_500));
      expect(texts(records, 2)).toEqual(numbered(0, 3));
    });

    it('reads what lies within the ranges that it is given, and nothing else', async () => {
      const topic = await freshTopic(streams, 2);
      await write(streams, topic, numbered(0, 20), 0);
      await write(streams, topic, numbered(0, 20), 1);
      const records = await scanned(topic, new Map([[1, { start: 5, end: 8 }]]));
      expect(records.map(({ partition, offset }) => [partition, offset])).toEqual([
        [1, 5],
        [1, 6],
        [1, 7],
      ]);
    });

    it('takes nothing from a group that reads the topic', async () => {
      const topic = await freshTopic(streams);
      const group = freshName('group');
      await write(streams, topic, numbered(0, 10));
      await scanned(topic);
      expect(await streams.lagOf(group, topic)).toEqual(new Map([[0, 10]]));
      const reader = await read(streams, topic, { group });
      expect(await reader.records(10)).toHaveLength(10);
    });

    it('of an empty topic has no records', async () => {
      expect(await scanned(await freshTopic(streams, 2))).toEqual([]);
    });

    it('may be left early', async () => {
      const topic = await freshTopic(streams);
      await write(streams, topic, numbered(0, 3_000));
      const ranges = await streams.ranges(topic);
      for await (const { offset } of scan(streams, { topic, group: freshName('scan'), ranges })) {
        if (offset === 3) break;
      }
      expect(await scanned(topic)).toHaveLength(3_000);
    });
  });

  describe('ranges of offsets', () => {
    it('are told of every partition', async () => {
      const topic = await freshTopic(streams, 2);
      await write(streams, topic, numbered(0, 7), 1);
      expect(await streams.ranges(topic)).toEqual(
        new Map([
          [0, { start: 0, end: 0 }],
          [1, { start: 0, end: 7 }],
        ]),
      );
    });

    it('begin later where records were deleted, which are gone while the others keep their offsets', async () => {
      const topic = await freshTopic(streams, 2);
      await write(streams, topic, numbered(0, 10), 0);
      await write(streams, topic, numbered(0, 10), 1);
      await streams.deleteBefore(topic, new Map([[1, 4]]));
      await streams.deleteBefore(topic, new Map([[1, 7]]));
      await write(streams, topic, ['after'], 1);
      expect(await streams.ranges(topic)).toEqual(
        new Map([
          [0, { start: 0, end: 10 }],
          [1, { start: 7, end: 11 }],
        ]),
      );
      const reader = await read(streams, topic);
      const found = (await reader.records(14)).filter(({ partition }) => partition === 1);
      expect(found.map(({ offset, value }) => [offset, String(value)])).toEqual([
        [7, 'record 7'],
        [8, 'record 8'],
        [9, 'record 9'],
        [10, 'after'],
      ]);
    });

    it('stay where nothing is before the offset, and where it is behind the end', async () => {
      const topic = await freshTopic(streams);
      await write(streams, topic, numbered(0, 3));
      await streams.deleteBefore(topic, new Map([[0, 2]]));
      await streams.deleteBefore(topic, new Map([[0, 1]]));
      await expect(streams.deleteBefore(topic, new Map([[0, 4]]))).rejects.toMatchObject({
        code: 'SF_STREAM_REFUSED',
      });
      expect(await streams.ranges(topic)).toEqual(new Map([[0, { start: 2, end: 3 }]]));
    });

    it('are empty where everything was deleted, and writing goes on behind them', async () => {
      const topic = await freshTopic(streams);
      await write(streams, topic, numbered(0, 3));
      await streams.deleteBefore(topic, new Map([[0, 3]]));
      expect(await streams.ranges(topic)).toEqual(new Map([[0, { start: 3, end: 3 }]]));
      await write(streams, topic, ['after']);
      const reader = await read(streams, topic);
      expect((await reader.records(1)).map(({ offset }) => offset)).toEqual([3]);
    });

    it('can be looked up of many topics at once', async () => {
      const topics = await Promise.all(Array.from({ length: 6 }, () => freshTopic(streams, 2)));
      const lookUps = topics.flatMap((topic) => [
        streams.ranges(topic),
        streams.ranges(topic),
        streams.offsetsAt(topic, epochMillis(0)),
      ]);
      expect((await Promise.all(lookUps)).map(({ size }) => size)).toEqual(lookUps.map(() => 2));
    });

    it('are found by time, to the first record at or after it', async () => {
      const topic = await freshTopic(streams, 3);
      const at = (partition: number, ...times: readonly number[]): readonly OutputRecord[] =>
        times.map((time) => ({
          topic,
          partition,
          key: null,
          value: Buffer.from(String(time)),
          timestamp: epochMillis(NOON + time),
        }));
      await send(streams, [...at(0, 10, 20, 20, 30), ...at(1, 50, 10, 60)]);
      const offsets = async (time: number) => [
        ...(await streams.offsetsAt(topic, epochMillis(NOON + time))).entries(),
      ];
      const sorted = async (time: number) => (await offsets(time)).toSorted(([a], [b]) => a - b);
      expect(await sorted(0)).toEqual([
        [0, 0],
        [1, 0],
        [2, 0],
      ]);
      expect(await sorted(11)).toEqual([
        [0, 1],
        [1, 0],
        [2, 0],
      ]);
      expect(await sorted(20)).toEqual([
        [0, 1],
        [1, 0],
        [2, 0],
      ]);
      expect(await sorted(30)).toEqual([
        [0, 3],
        [1, 0],
        [2, 0],
      ]);
      // At the end where no record is of that time.
      expect(await sorted(55)).toEqual([
        [0, 4],
        [1, 2],
        [2, 0],
      ]);
      expect(await sorted(-NOON)).toEqual([
        [0, 0],
        [1, 0],
        [2, 0],
      ]);
      await streams.deleteBefore(topic, new Map([[0, 2]]));
      expect(await sorted(0)).toEqual([
        [0, 2],
        [1, 0],
        [2, 0],
      ]);
    });

    it('of a topic that does not exist cannot be told', async () => {
      const name = freshName('no-such-topic');
      await expect(streams.offsetsAt(name, epochMillis(NOON))).rejects.toMatchObject({
        code: 'SF_TOPIC_MISSING',
      });
      await expect(streams.ranges(name)).rejects.toMatchObject({ code: 'SF_TOPIC_MISSING' });
      await expect(streams.deleteBefore(name, new Map([[0, 1]]))).rejects.toMatchObject({
        code: 'SF_TOPIC_MISSING',
      });
    });
  });

  describe('topics', () => {
    it('are created once and described as they are', async () => {
      const name = freshName('topic');
      const spec = { name, partitions: 3, replication: 1, settings: { 'cleanup.policy': 'compact' } };
      expect(await streams.topics().create([spec])).toEqual([name]);
      expect(await streams.topics().create([{ ...spec, partitions: 5 }])).toEqual([]);
      const [found, ...others] = await streams.topics().describe([name, freshName('no-such-topic')]);
      expect(found).toMatchObject(spec);
      expect(others).toEqual([]);
      expect(await streams.partitions(name)).toBe(3);
    });

    it('that do not exist are named in the error', async () => {
      const name = freshName('no-such-topic');
      await expect(streams.partitions(name)).rejects.toMatchObject({
        code: 'SF_TOPIC_MISSING',
        message: expect.stringContaining(name),
      });
      await expect(write(streams, name, ['lost'])).rejects.toMatchObject({ code: 'SF_TOPIC_MISSING' });
    });
  });
}
