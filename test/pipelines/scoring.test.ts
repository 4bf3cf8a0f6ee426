import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { systemClock } from '../../src/contracts/clock.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { RecordBatch } from '../../src/contracts/record.js';
import { startScoring } from '../../src/pipelines/scoring.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openScorerPool } from '../../src/scoring/pool.js';
import { openStreams } from '../../src/streams/open.js';
import { collect } from '../integration/collect.js';
import { write } from '../streams/reader.js';

const THREAD = new URL('../scoring/fixtures/echo-thread.mjs', import.meta.url);
const config = configSchema.parse({ streams: { kind: 'memory' }, topics: { partitions: 2 } });
const { topics } = config;
const GROUP = `${config.streams.group}.score`;

interface Options {
  /** How often a post `crash` ends its thread. */
  readonly crashes: number;
  readonly missing?: readonly string[];
  readonly drainMillis?: number;
}

/** The role on streams in memory and on real threads, which give a post back as its result. */
async function start({ crashes, missing = [], drainMillis }: Options) {
  const streams = await openStreams(config.streams, silentLogger);
  await streams.topics().create(topicSpecs(topics).filter(({ name }) => !missing.includes(name)));
  const shared = (value: number) => new Int32Array(new SharedArrayBuffer(4)).fill(value);
  const broken = shared(0);
  const held = shared(1);
  const pool = await openScorerPool({
    thread: THREAD,
    workerData: { alive: shared(0), failuresLeft: shared(crashes), broken, held },
    threads: 2,
    heapMegabytes: 32,
    batchTimeoutMs: 30_000,
    canaries: [{ text: 'good' }],
    wait: async () => {},
    logger: silentLogger,
  });
  const failures: Error[] = [];
  const handedOn: RecordBatch[] = [];
  const role = await startScoring({
    config,
    streams,
    clock: systemClock,
    score: (batch, stop) => {
      handedOn.push(batch);
      return pool.scoreBatch(batch, stop);
    },
    logger: silentLogger,
    onFailure: (error) => failures.push(error),
    ...(drainMillis !== undefined && { drainMillis }),
  });
  onTestFinished(async () => {
    await role.stop();
    await pool.close();
    await streams.close();
  });
  const post = (partition: number, ...texts: readonly string[]) =>
    write(streams, topics.posts, texts, partition);
  const lag = async (partition: number) => (await streams.lagOf(GROUP, topics.posts)).get(partition);
  const release = () => {
    Atomics.store(held, 0, 0);
    Atomics.notify(held, 0);
  };
  return { streams, role, failures, broken, handedOn, release, post, lag };
}

const textOf = ({ value }: { readonly value: Uint8Array | null }) => value && Buffer.from(value).toString();

describe('a post that ends every thread that scores it', () => {
  it('goes to the dead letters, and the posts beside it are scored', async () => {
    const { streams, failures, post, lag } = await start({ crashes: 1_000 });
    await post(0, 'a', 'b', 'crash', 'c');
    const scored = await collect(streams, topics.scored, ({ length }) => length === 3);
    expect(scored.map(textOf)).toEqual(['a', 'b', 'c']);
    const [letter, ...others] = await collect(streams, topics.deadLetters, ({ length }) => length === 1);
    expect(others).toEqual([]);
    expect(letter && textOf(letter)).toBe('crash');
    expect(letter?.headers).toMatchObject({
      'sf-stage': 'score',
      'sf-error-code': 'SF_SCORER_POISON',
      'sf-error-message': 'the scorer cannot score it: worker exited with code: 1',
      'sf-source-partition': '0',
      'sf-source-offset': '2',
    });
    expect(Number(letter?.headers['sf-attempts'])).toBeGreaterThan(1);
    await expect.poll(() => lag(0)).toBe(0);
    expect(failures).toEqual([]);
  });

  it('is scored where it does so but once', async () => {
    const { streams, post, lag } = await start({ crashes: 1 });
    await post(0, 'a', 'crash', 'b');
    const scored = await collect(streams, topics.scored, ({ length }) => length === 3);
    expect(scored.map(textOf)).toEqual(['a', 'crash', 'b']);
    await expect.poll(() => lag(0)).toBe(0);
  });
});

describe('a scorer that fails whatever it is given', () => {
  it('fails the role, and neither gives up nor passes over a post', async () => {
    const { streams, failures, broken, post, lag } = await start({ crashes: 0 });
    Atomics.store(broken, 0, 1);
    await post(0, 'a', 'b');
    await post(1, 'c');
    await expect
      .poll(() => failures)
      .toMatchObject([{ code: 'SF_SCORER_FAILED' }, { code: 'SF_SCORER_FAILED' }]);
    expect([await lag(0), await lag(1)]).toEqual([2, 1]);
    expect(await ends(streams, topics.deadLetters)).toBe(0);
    expect(await ends(streams, topics.scored)).toBe(0);
  });
});

describe('a role that is told to stop', () => {
  /** Two threads at work on a post of each partition, and a batch behind each that waits for them. */
  async function stopWhileBusy(drainMillis: number) {
    const started = await start({ crashes: 0, drainMillis });
    const { role, handedOn, release, post, streams, failures, lag } = started;
    for (const [partition, text] of [
      [0, 'wait'],
      [1, 'wait'],
      [0, 'a'],
      [1, 'b'],
    ] as const) {
      const before = handedOn.length;
      await post(partition, text);
      await expect.poll(() => handedOn.length).toBe(before + 1);
    }
    const stopped = role.stop();
    return { release, stopped, streams, failures, lag };
  }

  it('finishes and commits all that was read', async () => {
    const { release, stopped, streams, failures, lag } = await stopWhileBusy(60_000);
    release();
    await stopped;
    expect(await ends(streams, topics.scored)).toBe(4);
    expect([await lag(0), await lag(1)]).toEqual([0, 0]);
    expect(failures).toEqual([]);
  });

  it('leaves what no thread has begun in time to be read again', async () => {
    const { release, stopped, streams, failures, lag } = await stopWhileBusy(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    await stopped;
    expect(await ends(streams, topics.scored)).toBe(2);
    expect([await lag(0), await lag(1)]).toEqual([1, 1]);
    expect(failures).toEqual([]);
  });
});

describe('a partition whose dead letters cannot be written', () => {
  it('stops and says so, and nothing of it is passed over', async () => {
    const { streams, failures, post, lag } = await start({ crashes: 1_000, missing: [topics.deadLetters] });
    await post(0, 'a');
    await expect.poll(() => lag(0)).toBe(0);
    await post(0, 'crash');
    await expect
      .poll(() => failures)
      .toMatchObject([{ code: 'SF_TOPIC_MISSING', message: expect.stringContaining(topics.deadLetters) }]);
    await post(0, 'b');
    // Another partition goes on, by which time the first would have, too.
    await post(1, 'c');
    await expect.poll(() => lag(1)).toBe(0);
    expect(await lag(0)).toBe(2);
    expect(await ends(streams, topics.scored)).toBe(2);
    expect(failures).toHaveLength(1);
  });
});

/** Records on a topic, over its partitions. */
async function ends(streams: Awaited<ReturnType<typeof openStreams>>, topic: string): Promise<number> {
  const lags = await streams.lagOf('nobody', topic);
  return [...lags.values()].reduce((sum, lag) => sum + lag, 0);
}
