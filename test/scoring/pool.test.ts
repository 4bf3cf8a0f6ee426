import { describe, expect, it, onTestFinished } from 'vitest';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { packRecords, valueAt } from '../../src/contracts/record-batch.js';
import { openScorerPool } from '../../src/scoring/pool.js';

const THREAD = new URL('./fixtures/echo-thread.mjs', import.meta.url);

interface Options {
  readonly threads?: number;
  readonly crashes?: number;
  readonly startup?: 'fail' | 'only the first';
  readonly thread?: URL;
}

async function openPool({ threads = 1, crashes = 0, startup, thread = THREAD }: Options = {}) {
  const alive = new Int32Array(new SharedArrayBuffer(4));
  const crashesLeft = new Int32Array(new SharedArrayBuffer(4)).fill(crashes);
  const workerData = { startup, alive, crashesLeft };
  const pool = await openScorerPool({ thread, workerData, threads, logger: silentLogger });
  onTestFinished(() => pool.close());
  return { pool, alive };
}

const echoOf = (text: string) => ({ kind: 'scored', score: { text } });

const batch = packRecords(
  [0, 1].map((offset) => ({
    topic: 'posts.raw',
    partition: 0,
    offset,
    timestamp: epochMillis(0),
    key: null,
    value: Buffer.from(`value ${offset}`),
    headers: { trace: Buffer.from('t') },
  })),
  assignmentEpoch(1),
);

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
    const result = await pool.scoreBatch(batch);
    expect(Buffer.from(valueAt(result, 1) ?? []).toString()).toBe('value 1');
    expect(Buffer.from(valueAt(batch, 1) ?? []).toString()).toBe('value 1');
    expect(result).not.toHaveProperty('headers.0');
  });

  it('scores more at once than it has threads', async () => {
    const { pool } = await openPool({ threads: 2 });
    const texts = Array.from({ length: 20 }, (_, i) => `text ${i}`);
    const outcomes = await Promise.all(texts.map((text) => pool.scoreTexts([{ text }])));
    expect(outcomes).toEqual(texts.map((text) => [echoOf(text)]));
  });

  it('tries once more on another thread when a thread dies', async () => {
    const { pool, alive } = await openPool({ crashes: 1 });
    expect(await pool.scoreTexts([{ text: 'crash' }])).toEqual([echoOf('crash')]);
    expect(Atomics.load(alive, 0)).toBe(2);
  });

  it('gives up what kills two threads, and goes on with the rest', async () => {
    const { pool } = await openPool({ crashes: 2 });
    await expect(pool.scoreTexts([{ text: 'crash' }])).rejects.toMatchObject({ code: 'SF_SCORER_FAILED' });
    expect(await pool.scoreTexts([{ text: 'next' }])).toEqual([echoOf('next')]);
  });

  it('gives up what waits when no thread will start any more', async () => {
    const { pool } = await openPool({ crashes: 1, startup: 'only the first' });
    const outcomes = await Promise.allSettled(['crash', 'next'].map((text) => pool.scoreTexts([{ text }])));
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'SF_SCORER_FAILED' } },
      { status: 'rejected', reason: { code: 'SF_SCORER_FAILED' } },
    ]);
  });

  it('passes an error of a scorer on, without trying again', async () => {
    const { pool, alive } = await openPool();
    await expect(pool.scoreTexts([{ text: 'throw' }])).rejects.toMatchObject({
      code: 'SF_SCORER_FAILED',
      message: 'no numbers',
    });
    expect(Atomics.load(alive, 0)).toBe(1);
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
    const { pool } = await openPool({ crashes: 1 });
    const outcome = pool.scoreTexts([{ text: 'crash' }]);
    await pool.close();
    expect(await outcome).toEqual([echoOf('crash')]);
  });
});
