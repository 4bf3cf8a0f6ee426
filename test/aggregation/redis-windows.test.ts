import { describe, expect, it, onTestFinished } from 'vitest';
import { bucketAt } from '../../src/aggregation/bucket.js';
import { keysOf } from '../../src/aggregation/stores/redis/keys.js';
import { emptySums, toWindow } from '../../src/aggregation/sums.js';
import { brandId, epochMillis } from '../../src/contracts/ids.js';
import type { WindowAggregate } from '../../src/contracts/window.js';
import { redisUrl } from '../support/services.js';
import { NOON } from './posts.js';
import { manualClock, openStore, redisClient, storeConfig } from './stores.js';

const MINUTE = 60_000;
const acme = brandId('acme');
const minutes = (from: number, to: number) =>
  ({ brand: acme, tier: '1m', from: epochMillis(from), to: epochMillis(to) }) as const;

/** A minute as the closer writes it, with more in it than its counts. */
function minute(start: number, changes: Partial<WindowAggregate> = {}): WindowAggregate {
  const sums = { ...emptySums(), posts: 7, polarityMicros: -310_482, reach: 12 };
  const state = { revision: 2, complete: true, final: false };
  return {
    ...toWindow(acme, bucketAt('1m', epochMillis(start)), sums, state),
    negativeTerms: [{ term: '电池 "}', negative: 4, other: 2, score: 1.1 }],
    bySource: { '10': 1, forum: 6 },
    ...changes,
  };
}

async function open(watermark: number) {
  const config = storeConfig('redis');
  const store = await openStore('redis', manualClock(NOON), config);
  const client = redisClient();
  onTestFinished(async () => void (await client.quit()));
  const reached = epochMillis(watermark);
  await store.finishPass({ merged: [], unfinished: [], finished: [], watermark: reached });
  const keys = keysOf(config.aggregation.namespace);
  return {
    store,
    reached,
    /** Writes what the closer would not, in place of all that it has written of a day. */
    async write(start: number, text: string) {
      const key = keys.windows(acme, '1m', epochMillis(start));
      await client.del(key);
      await client.hset(key, String(start), text);
    },
  };
}

describe.skipIf(redisUrl === undefined)('windows that are read from Redis', () => {
  it('come from several hashes, some hundreds at a time, without those that are not there', async () => {
    const { store, reached } = await open(NOON);
    const first = NOON - 1_440 * MINUTE;
    const starts = Array.from({ length: 1_440 }, (_, i) => first + i * MINUTE).filter((_, i) => i % 7 !== 3);
    const windows = starts.map((start, i) => minute(start, { posts: i }));
    await store.restore(windows);
    const query = minutes(first, NOON);
    const summaries = await store.summaries(query, reached);
    expect(summaries.map(({ start, posts }) => [start, posts])).toEqual(starts.map((start, i) => [start, i]));
    const texts = await store.texts(query, reached);
    expect(texts.map(({ start }) => start)).toEqual(starts);
    expect(texts.map(({ json }) => Buffer.from(json).toString())).toEqual(
      windows.map((window) => JSON.stringify(window)),
    );
  });

  it('are summed up and passed on whatever numbers stand in them', async () => {
    const { store, reached } = await open(NOON + 10 * MINUTE);
    const windows = [
      { polaritySum: -0.000001, reach: 1e21 },
      { polaritySum: 1.5e-7, reach: 0.5 },
      { polaritySum: 0, posts: -3, complete: false, final: true },
    ].map((changes, i) => minute(NOON + i * MINUTE, changes));
    await store.restore(windows);
    const query = minutes(NOON, NOON + 3 * MINUTE);
    expect(await store.windows(query)).toEqual(windows);
    expect(await store.summaries(query, reached)).toEqual(
      windows.map(({ start, posts, negative, neutral, positive, polaritySum, reach, complete }) => ({
        start,
        posts,
        negative,
        neutral,
        positive,
        polaritySum,
        reach,
        complete,
      })),
    );
  });

  it('are summed up where an earlier version has stored them, without counts beside them', async () => {
    const { store, reached, write } = await open(NOON + 10 * MINUTE);
    await write(NOON + MINUTE, JSON.stringify(minute(NOON + MINUTE, { posts: 8 })));
    await store.replace([0, 3].map((i) => ({ before: undefined, after: minute(NOON + i * MINUTE) })));
    const summaries = await store.summaries(minutes(NOON, NOON + 5 * MINUTE), reached);
    expect(summaries.map(({ start, posts }) => [start - NOON, posts])).toEqual([
      [0, 7],
      [MINUTE, 8],
      [3 * MINUTE, 7],
    ]);
  });

  it('are summed up by their latest revision', async () => {
    const { store, reached } = await open(NOON + 10 * MINUTE);
    const [first, second] = [minute(NOON), minute(NOON, { posts: 9, revision: 3 })];
    await store.replace([{ before: undefined, after: first }]);
    await store.replace([{ before: first, after: second }]);
    expect(await store.replace([{ before: first, after: minute(NOON, { posts: 1 }) }])).toBe(false);
    const query = minutes(NOON, NOON + MINUTE);
    expect(await store.summaries(query, reached)).toMatchObject([{ posts: 9 }]);
  });

  it('may be written otherwise than the closer does', async () => {
    const { store, reached, write } = await open(NOON + 10 * MINUTE);
    const window = minute(NOON);
    const { final, complete, ...rest } = window;
    for (const text of [
      JSON.stringify(window, null, 1),
      JSON.stringify({ final, complete, ...rest }),
      JSON.stringify({ ...rest, complete, final, traces: { a: ',"complete":true,"final":false}' } }),
    ]) {
      await write(NOON, text);
      const query = minutes(NOON, NOON + MINUTE);
      expect(await store.summaries(query, reached)).toMatchObject([{ start: NOON, posts: 7, reach: 12 }]);
      const [passedOn] = await store.texts(query, reached);
      expect(JSON.parse(Buffer.from(passedOn?.json ?? []).toString())).toEqual(JSON.parse(text));
    }
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, -20)],
    ['no object', () => '"acme"'],
    ['nothing', () => ''],
    ['without posts', (text: string) => text.replace('"posts"', '"poste"')],
    ['of another version', (text: string) => text.replace('{"v":1', '{"v":2')],
    ['with a number that is none', (text: string) => text.replace('"reach":12', '"reach":1-2')],
    ['with an end that is none', (text: string) => text.replace('"final":false}', '"final":maybe}')],
  ])('are refused where they are damaged: %s', async (_, damage) => {
    const { store, reached, write } = await open(NOON + 10 * MINUTE);
    await write(NOON, damage(JSON.stringify(minute(NOON))));
    const query = minutes(NOON, NOON + MINUTE);
    for (const read of [
      () => store.windows(query),
      () => store.summaries(query, reached),
      () => store.texts(query, reached),
    ]) {
      await expect(read()).rejects.toMatchObject({ code: 'SF_STORE_DAMAGED' });
    }
  });

  it('end where the caller’s watermark does', async () => {
    const { store } = await open(NOON + 10 * MINUTE);
    await store.restore([minute(NOON), minute(NOON + MINUTE)]);
    const query = minutes(NOON, NOON + 2 * MINUTE);
    const reached = epochMillis(NOON + MINUTE);
    expect(await store.summaries(query, reached)).toMatchObject([{ start: NOON }]);
    expect(await store.texts(query, reached)).toMatchObject([{ start: NOON }]);
  });
});
