import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { silentLogger } from '../../src/contracts/logger.js';
import { OUTCOME } from '../../src/contracts/scored-batch.js';
import { openScorerPool } from '../../src/scoring/pool.js';
import { batchOf, valuesOf } from './batches.js';

// Each failure starts a thread.
vi.setConfig({ testTimeout: 60_000 });

const THREAD = new URL('./fixtures/echo-thread.mjs', import.meta.url);
const ALWAYS = 1_000_000;

interface Options {
  readonly threads?: number;
  readonly failures?: number;
  readonly batchTimeoutMs?: number;
  readonly startup?: 'fail' | 'only the first';
  readonly thread?: URL;
}

const shared = (value = 0) => new Int32Array(new SharedArrayBuffer(4)).fill(value);

async function openPool(options: Options = {}) {
  const { threads = 1, failures = 0, batchTimeoutMs = 30_000, startup, thread = THREAD } = options;
  const alive = shared();
  const failuresLeft = shared(failures);
  const broken = shared();
  const waits: number[] = [];
  const pool = await openScorerPool({
    thread,
    workerData: { startup, alive, failuresLeft, broken },
    threads,
    heapMegabytes: 32,
    batchTimeoutMs,
    canaries: [{ text: 'good' }],
    wait: async (millis) => waits.push(millis),
    logger: silentLogger,
  });
  onTestFinished(() => pool.close());
  return { pool, alive, broken, waits };
}

const echoOf = (text: string) => ({ kind: 'scored', score: { text } });

describe('the scorer pool', () => {
  it('has started every thread when it opens', async () => {
    const { alive } = await openPool({ threads: 3 });
    expect(Atomics.load(alive, 0)).toBe(3);
  });

  it('says what runs in its threads', async () => {
    const { pool } = await openPool();
    expect(await pool.describe()).toMatchObject({ stamp: { engine: 'wasm', precision: 'float32' } });
  });

  it('leaves the bytes of a batch to the caller and its headers out of the thread', async () => {
    const { pool } = await openPool();
    const batch = batchOf(['value 0', 'value 1']);
    const result = await pool.scoreBatch(batch);
    expect(valuesOf(result)).toEqual(['value 0', 'value 1']);
    expect(valuesOf(batch)).toEqual(['value 0', 'value 1']);
    expect(result).not.toHaveProperty('headers.0');
  });

  it('scores more at once than it has threads', async () => {
    const { pool } = await openPool({ threads: 2 });
    const texts = Array.from({ length: 20 }, (_, i) => `text ${i}`);
    const outcomes = await Promise.all(texts.map((text) => pool.scoreTexts([{ text }])));
    expect(outcomes).toEqual(texts.map((text) => [echoOf(text)]));
  });

  it('does not open where a scorer cannot, and says why', async () => {
    await expect(openPool({ threads: 2, startup: 'fail' })).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      hint: 'Copy it again.',
    });
  });

  it('does not open where there is no thread file', async () => {
    const thread = new URL('./fixtures/none.mjs', import.meta.url);
    await expect(openPool({ thread })).rejects.toMatchObject({ code: 'SF_SCORER_FAILED' });
  });

  it('finishes what is under way when it closes', async () => {
    const { pool } = await openPool();
    const outcomes = Promise.all(['a', 'b', 'c'].map((text) => pool.scoreTexts([{ text }])));
    await pool.close();
    expect(await outcomes).toHaveLength(3);
  });

  it('tries once more what loses its thread while it closes', async () => {
    const { pool } = await openPool({ failures: 1 });
    const outcome = pool.scoreTexts([{ text: 'crash' }]);
    await pool.close();
    expect(await outcome).toEqual([echoOf('crash')]);
  });
});

/** What a thread may do, and the limit under which a test finds it out soon. */
const FAILURES = [
  ['crash', 'worker exited with code: 1', 30_000],
  ['throw', 'no numbers', 30_000],
  ['memory', 'its thread ran out of memory', 30_000],
  ['hang', 'no answer within 0.3 s', 300],
] as const;

describe('texts', () => {
  it.each(FAILURES)('are tried on another thread after a %s', async (failure, _, batchTimeoutMs) => {
    const { pool, alive } = await openPool({ failures: 1, batchTimeoutMs });
    expect(await pool.scoreTexts([{ text: failure }])).toEqual([echoOf(failure)]);
    expect(Atomics.load(alive, 0)).toBe(2);
  });

  it.each(FAILURES)(
    'are given up after two threads with a %s, and the rest goes on',
    async (failure, reason, limit) => {
      const { pool } = await openPool({ failures: 2, batchTimeoutMs: limit });
      await expect(pool.scoreTexts([{ text: failure }])).rejects.toMatchObject({
        code: 'SF_SCORER_FAILED',
        message: `${reason}.`,
      });
      expect(await pool.scoreTexts([{ text: 'next' }])).toEqual([echoOf('next')]);
    },
  );

  it('are given up where they wait and no thread will start any more', async () => {
    const { pool } = await openPool({ failures: 1, startup: 'only the first' });
    const outcomes = await Promise.allSettled(['crash', 'next'].map((text) => pool.scoreTexts([{ text }])));
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'SF_SCORER_FAILED' } },
      { status: 'rejected', reason: { code: 'SF_SCORER_FAILED' } },
    ]);
  });
});

describe('a batch', () => {
  it.each(FAILURES)('is scored again after a %s', async (failure, _, batchTimeoutMs) => {
    const { pool, alive } = await openPool({ failures: 1, batchTimeoutMs });
    const result = await pool.scoreBatch(batchOf(['a', failure, 'b']));
    expect(valuesOf(result)).toEqual(['a', failure, 'b']);
    expect(result.rejections).toEqual([]);
    expect(Atomics.load(alive, 0)).toBe(2);
  });

  it.each(FAILURES)(
    'loses the one post that always makes it %s, and no other',
    async (failure, reason, limit) => {
      const { pool } = await openPool({ failures: ALWAYS, batchTimeoutMs: limit });
      const result = await pool.scoreBatch(batchOf(['a', 'b', failure, 'c']));
      expect(valuesOf(result)).toEqual(['a', 'b', null, 'c']);
      const { scored, rejected } = OUTCOME;
      expect([...result.outcomes]).toEqual([scored, scored, rejected, scored]);
      expect(result.rejections).toEqual([
        // The batch twice, a half of it, and twice alone.
        { index: 2, code: 'SF_SCORER_POISON', message: `the scorer cannot score it: ${reason}`, attempts: 5 },
      ]);
    },
  );

  it('is scored beside one with poison', async () => {
    const { pool } = await openPool({ failures: ALWAYS, threads: 2 });
    const [poisoned, ...others] = await Promise.all([
      pool.scoreBatch(batchOf(['crash', 'a'])),
      ...Array.from({ length: 20 }, (_, i) => pool.scoreBatch(batchOf([`text ${i}`]))),
    ]);
    expect(valuesOf(poisoned)).toEqual([null, 'a']);
    expect(others.flatMap(valuesOf)).toEqual(Array.from({ length: 20 }, (_, i) => `text ${i}`));
  });

  it('rejects none of its posts where the scorer cannot score at all', async () => {
    const { pool, broken, waits } = await openPool();
    Atomics.store(broken, 0, 1);
    await expect(pool.scoreBatch(batchOf(['a', 'b']))).rejects.toMatchObject({
      code: 'SF_SCORER_FAILED',
      message: 'the scorer fails whatever it is given: no memory left.',
    });
    // Between the attempts of the batch, and then those of the probe.
    expect(waits).toEqual([200, 400, 1_000, 2_000, 4_000]);
  });

  it('is tried no more once the scorer has failed', async () => {
    const { pool, alive, broken, waits } = await openPool();
    Atomics.store(broken, 0, 1);
    await expect(pool.scoreBatch(batchOf(['a']))).rejects.toMatchObject({ code: 'SF_SCORER_FAILED' });
    const threads = Atomics.load(alive, 0);
    await expect(pool.scoreBatch(batchOf(['b']))).rejects.toMatchObject({ code: 'SF_SCORER_FAILED' });
    expect(Atomics.load(alive, 0)).toBe(threads);
    expect(waits).toHaveLength(5);
  });

  it('fails where no thread will start any more', async () => {
    const { pool } = await openPool({ failures: 1, startup: 'only the first' });
    await expect(pool.scoreBatch(batchOf(['crash', 'a']))).rejects.toMatchObject({
      code: 'SF_SCORER_FAILED',
    });
  });
});
