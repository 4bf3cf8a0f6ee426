import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EpochMillis } from '../../src/contracts/ids.js';
import type { OutputRecord } from '../../src/contracts/record.js';
import { type ReplayOptions, replay } from '../../src/pipelines/replay.js';
import { planReplay } from '../../src/pipelines/replay-plan.js';
import { freshName, send } from '../streams/reader.js';
import { echo, MODEL, minute, OUTPUT, openReplays, PARTITIONS, textOf } from './replays.js';

type Place = Awaited<ReturnType<typeof openReplays>>;

const plan = ({ streams, config }: Place, from: EpochMillis, to: EpochMillis, model = MODEL) =>
  planReplay(streams, {
    source: config.topics.posts,
    output: OUTPUT,
    from,
    to,
    model,
    group: freshName('plan'),
  });

async function replayed(
  place: Place,
  from: EpochMillis,
  to: EpochMillis,
  options: Partial<ReplayOptions> = {},
) {
  return replay(place.streams, {
    plan: await plan(place, from, to),
    group: freshName('replay'),
    score: echo,
    maxBatchRecords: 10,
    ...options,
  });
}

/** Values of the results, by partition. */
const results = async ({ on }: Place) =>
  (await on(OUTPUT)).map((records) => records.map(({ value }) => textOf(value)));

describe('a replay', () => {
  it('scores the records of a range of record time again, each to the partition of its post', async () => {
    const place = await openReplays();
    await place.post(0, [
      [-1, 'before'],
      [0, 'a'],
      [1, 'b'],
      [5, 'after'],
    ]);
    await place.post(1, [
      [4, 'c'],
      [4.5, null],
      [9, 'after'],
    ]);
    const outcome = await replayed(place, minute(0), minute(5));
    expect(outcome).toEqual({ records: 4, written: 4, rejected: new Map() });
    expect(await results(place)).toEqual([
      ['a', 'b'],
      ['c', null],
    ]);
  });

  it('says on every result where it came from, and which replay wrote it', async () => {
    const place = await openReplays();
    await place.post(1, [
      [-9, 'before'],
      [0, 'a'],
    ]);
    const started = Date.now();
    await replayed(place, minute(0), minute(5));
    const [, [record] = []] = await place.on(OUTPUT);
    expect(Object.entries(record?.headers ?? {}).map(([name, value]) => [name, textOf(value)])).toEqual([
      ['sf-source-topic', place.config.topics.posts],
      ['sf-source-partition', '1'],
      ['sf-source-offset', '1'],
      ['sf-source-timestamp', String(minute(0))],
      ['sf-replay', 'posts.raw 2026-01-15T12:00:00.000Z/2026-01-15T12:05:00.000Z model-1'],
    ]);
    // The time of its writing: a topic's retention must not take it for an old one.
    expect(record?.timestamp).toBeGreaterThanOrEqual(started);
  });

  it('moves no position of the live group and writes to no live topic', async () => {
    const place = await openReplays();
    const { streams, config } = place;
    await place.post(0, [
      [0, 'a'],
      [1, 'bad'],
    ]);
    await replayed(place, minute(0), minute(5));
    for (const topic of [config.topics.scored, config.topics.deadLetters])
      expect(await place.on(topic)).toEqual([[], []]);
    expect((await streams.lagOf(`${config.streams.group}.score`, config.topics.posts)).get(0)).toBe(2);
  });

  it('counts what cannot be scored, by its code', async () => {
    const place = await openReplays();
    await place.post(0, [
      [0, 'bad'],
      [1, 'a'],
      [2, 'bad'],
    ]);
    const outcome = await replayed(place, minute(0), minute(5));
    expect(outcome).toEqual({ records: 3, written: 1, rejected: new Map([['SF_POST_NOT_JSON', 2]]) });
    expect(await results(place)).toEqual([['a'], []]);
  });

  it('of a range without records has nothing to do', async () => {
    const place = await openReplays();
    await place.post(0, [[9, 'after']]);
    for (const to of [minute(0), minute(5)])
      expect(await replayed(place, minute(0), to)).toMatchObject({ records: 0, written: 0 });
    expect(await plan(place, minute(0), minute(5))).toMatchObject({ total: 0, done: 0, missing: [] });
  });

  it('is not faster than it is told', async () => {
    const place = await openReplays();
    await place.post(
      0,
      Array.from({ length: 20 }, (_, i) => [0, `post ${i}`]),
    );
    const started = performance.now();
    await replayed(place, minute(0), minute(5), { rate: 50 });
    // The last one may be written 20 / 50 s after the start, less a step.
    expect(performance.now() - started).toBeGreaterThan(300);
  });

  it('fails as its scorer does, and keeps what is written', async () => {
    const place = await openReplays();
    await place.post(
      0,
      Array.from({ length: 30 }, (_, i) => [0, `post ${i}`]),
    );
    const score: typeof echo = async (batch) => {
      if ((batch.offsets[0] ?? 0) >= 20) throw new Error('no numbers');
      return echo(batch);
    };
    await expect(replayed(place, minute(0), minute(5), { score })).rejects.toThrow('no numbers');
    expect((await results(place))[0]).toHaveLength(20);
  });
});

describe('a replay that was stopped', () => {
  it('goes on where it ended: every post has one result, in their order', async () => {
    const place = await openReplays();
    const texts = Array.from({ length: 95 }, (_, i) => `post ${i}`);
    for (const partition of [0, 1])
      await place.post(
        partition,
        texts.map((text) => [0, text]),
      );
    const stopping = new AbortController();
    const first = await replayed(place, minute(0), minute(5), {
      stop: stopping.signal,
      onProgress: (done) => done >= 40 && stopping.abort(),
    });
    expect(first.records).toBe(40);
    expect(await plan(place, minute(0), minute(5))).toMatchObject({ total: 190, done: 40 });
    const second = await replayed(place, minute(0), minute(5));
    expect(second.records).toBe(150);
    expect(await results(place)).toEqual([texts, texts]);
    expect(await replayed(place, minute(0), minute(5))).toMatchObject({ records: 0 });
  });

  it('loses and doubles nothing wherever it was killed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.constantFrom('a', 'b', 'bad', null), { maxLength: 25 }), {
          minLength: PARTITIONS,
          maxLength: PARTITIONS,
        }),
        fc.array(fc.nat(25), { minLength: PARTITIONS, maxLength: PARTITIONS }),
        async (partitions, written) => {
          const whole = await openReplays();
          const killed = await openReplays();
          for (const place of [whole, killed]) {
            for (const [partition, posts] of partitions.entries())
              await place.post(
                partition,
                posts.map((text) => [0, text]),
              );
          }
          await replayed(whole, minute(0), minute(5));
          const expected = await whole.on(OUTPUT);
          // What a run had written when it was killed: the first results of each partition.
          const before = expected.flatMap((records, partition) => records.slice(0, written[partition]));
          await send(
            killed.streams,
            before.map(({ offset: _, ...record }): OutputRecord => record),
          );
          await replayed(killed, minute(0), minute(5));
          const bare = (found: typeof expected) =>
            found.map((records) => records.map(({ timestamp: _, ...record }) => record));
          expect(bare(await killed.on(OUTPUT))).toEqual(bare(expected));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('goes on with posts that came since, where its range ends in the future', async () => {
    const place = await openReplays();
    await place.post(0, [[0, 'a']]);
    await replayed(place, minute(0), minute(60));
    await place.post(0, [[1, 'b']]);
    await replayed(place, minute(0), minute(60));
    expect((await results(place))[0]).toEqual(['a', 'b']);
  });
});

describe('records of the range that are gone', () => {
  it('are told of, and the others replayed', async () => {
    const place = await openReplays();
    const { streams, config } = place;
    await place.post(0, [
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
    await streams.deleteBefore(config.topics.posts, new Map([[0, 2]]));
    const { missing } = await plan(place, minute(0), minute(5));
    expect(missing).toEqual([{ partition: 0, start: 2, records: undefined }]);
    await replayed(place, minute(0), minute(5));
    expect((await results(place))[0]).toEqual(['c']);
  });

  it('are none where the range begins behind the start of the log', async () => {
    const place = await openReplays();
    const { streams, config } = place;
    await place.post(0, [
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
    await streams.deleteBefore(config.topics.posts, new Map([[0, 1]]));
    expect((await plan(place, minute(2), minute(5))).missing).toEqual([]);
  });

  it('are counted where an earlier run had not come to them', async () => {
    const place = await openReplays();
    const { streams, config } = place;
    await place.post(
      0,
      Array.from({ length: 30 }, (_, i) => [0, `post ${i}`]),
    );
    const stopping = new AbortController();
    await replayed(place, minute(0), minute(5), {
      stop: stopping.signal,
      onProgress: () => stopping.abort(),
    });
    await streams.deleteBefore(config.topics.posts, new Map([[0, 25]]));
    const { missing } = await plan(place, minute(0), minute(5));
    expect(missing).toEqual([{ partition: 0, start: 25, records: 15 }]);
    await replayed(place, minute(0), minute(5));
    expect((await results(place))[0]).toHaveLength(15);
  });
});

describe('a replay is refused', () => {
  it('where its topic holds the replay of another range or model, or anything else', async () => {
    const place = await openReplays();
    await place.post(0, [[0, 'a']]);
    await replayed(place, minute(0), minute(5));
    const refusal = { code: 'SF_USAGE', message: expect.stringContaining('12:05:00.000Z model-1') };
    await expect(plan(place, minute(-9), minute(5))).rejects.toMatchObject(refusal);
    await expect(plan(place, minute(0), minute(5), 'model-2')).rejects.toMatchObject(refusal);
    await send(place.streams, [{ topic: OUTPUT, partition: 1, key: null, value: Buffer.from('mine') }]);
    await expect(plan(place, minute(0), minute(5))).rejects.toMatchObject({
      code: 'SF_USAGE',
      message: expect.stringContaining('records that no replay wrote'),
    });
  });

  it('where its topic is missing, or has not the partitions of the posts', async () => {
    const place = await openReplays();
    const { streams, config } = place;
    const request = {
      source: config.topics.posts,
      from: minute(0),
      to: minute(5),
      model: MODEL,
      group: freshName('plan'),
    };
    await expect(planReplay(streams, { ...request, output: 'nowhere' })).rejects.toMatchObject({
      code: 'SF_TOPIC_MISSING',
    });
    await streams.topics().create([{ name: 'narrow', partitions: 1, replication: 1, settings: {} }]);
    await expect(planReplay(streams, { ...request, output: 'narrow' })).rejects.toMatchObject({
      code: 'SF_TOPIC_MISMATCH',
      message: 'narrow has 1 partitions and posts.raw has 2: they must be equal.',
    });
  });
});
