import { setImmediate as nextTurn } from 'node:timers/promises';
import { transferableSymbol, valueSymbol } from 'piscina';
import { describe, expect, it } from 'vitest';
import { SentifluxError } from '../../src/contracts/errors.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import type { ScoredBatch } from '../../src/contracts/scored-batch.js';
import type { ScoringEngine } from '../../src/scoring/engine.js';
import type { BatchScorer } from '../../src/scoring/score-batch.js';
import { createThreadHandler, PROGRESS } from '../../src/scoring/thread.js';

const stamp = { version: '1', engine: 'onnx', precision: 'int8' } as const;
const scored: ScoredBatch = {
  length: 1,
  outcomes: Uint8Array.of(0),
  bytes: Uint8Array.of(1),
  boundaries: Uint32Array.of(0, 0, 1),
  nulls: Uint8Array.of(0),
  rejections: [],
  model: stamp,
  tokens: 1,
  prepareMillis: 1,
  scoreMillis: 1,
};
const scorer: BatchScorer = {
  stamp,
  scoreBatch: async () => scored,
  scoreTexts: async () => {
    throw new RangeError('the logits are no numbers');
  },
};
const batch = packRecords(
  [{ topic: 't', partition: 0, offset: 0, timestamp: epochMillis(0), key: null, value: null }],
  assignmentEpoch(1),
);

const progress = new BigInt64Array(new SharedArrayBuffer(24));

describe('the handler of a scorer thread', () => {
  it('opens its scorer once and describes it', async () => {
    let opened = 0;
    const fallback = { from: 'onnx', reason: 'not installed' } as const;
    const handle = createThreadHandler(async () => {
      opened += 1;
      return { scorer, fallback };
    });
    await handle({ kind: 'describe', progress });
    expect(await handle({ kind: 'describe', progress })).toEqual({
      kind: 'describe',
      result: { stamp, fallback },
    });
    expect(opened).toBe(1);
  });

  it('notes when it begins a task, once it has its scorer', async () => {
    let open = (): void => {};
    const opening = new Promise<void>((resolve) => {
      open = resolve;
    });
    const handle = createThreadHandler(async () => {
      await opening;
      return { scorer };
    });
    const own = new BigInt64Array(new SharedArrayBuffer(24));
    const answer = handle({ kind: 'batch', batch, progress: own });
    await nextTurn();
    expect(own[0]).toBe(0n);
    open();
    await answer;
    expect(Math.abs(Number(own[0]) - Date.now())).toBeLessThan(10_000);
  });

  it('moves the buffers of a scored batch', async () => {
    const handle = createThreadHandler(async () => ({ scorer }));
    // What piscina looks at before it posts a result; its types do not name the properties.
    const answer = (await handle({ kind: 'batch', batch, progress })) as Record<symbol, unknown>;
    expect(answer[valueSymbol as symbol]).toEqual({ kind: 'batch', result: scored });
    const { bytes, boundaries, nulls, outcomes } = scored;
    expect(answer[transferableSymbol as symbol]).toEqual(
      [bytes, boundaries, nulls, outcomes].map(({ buffer }) => buffer),
    );
  });

  it('leaves before it enters the engine, or once it is out of it, where it is to end', async () => {
    let calls = 0;
    const ends: Error[] = [];
    const engine: ScoringEngine = {
      name: 'onnx',
      precision: 'int8',
      async score() {
        calls += 1;
        expect(own[PROGRESS.inEngine]).toBe(1n);
        Atomics.store(own, PROGRESS.toEnd, 1n);
        return new Float32Array(3);
      },
      close: async () => {},
    };
    const own = new BigInt64Array(new SharedArrayBuffer(24));
    const handle = createThreadHandler(
      async (_, guard) => {
        const guarded = guard(engine);
        const scoreBatch = () =>
          guarded.score({ rows: 1, width: 1, tokens: new Int32Array(1), lengths: Int32Array.of(1) });
        return { scorer: { ...scorer, scoreBatch: async () => scoreBatch().then(() => scored) } };
      },
      (error) => ends.push(error),
    );
    await Promise.race([handle({ kind: 'batch', batch, progress: own }), nextTurn()]);
    expect(own[PROGRESS.inEngine]).toBe(0n);
    await Promise.race([handle({ kind: 'batch', batch, progress: own }), nextTurn()]);
    expect(ends).toHaveLength(2);
    expect(calls).toBe(1);
  });

  it('ends with the error of a scorer, and answers no more', async () => {
    const ends: Error[] = [];
    const handle = createThreadHandler(
      async () => ({ scorer }),
      (error) => ends.push(error),
    );
    const answer = handle({ kind: 'texts', texts: [{ text: 'a' }], progress });
    expect(await Promise.race([answer, nextTurn('nothing')])).toBe('nothing');
    expect(ends).toEqual([new RangeError('the logits are no numbers')]);
  });

  it('says why there is no scorer when it is asked to describe it, and ends over everything else', async () => {
    const ends: Error[] = [];
    const error = new SentifluxError('SF_MODEL_INVALID', 'no such model', { hint: 'Copy it again.' });
    const handle = createThreadHandler(
      async () => {
        throw error;
      },
      (reason) => ends.push(reason),
    );
    expect(await handle({ kind: 'describe', progress })).toEqual({
      kind: 'failed',
      code: 'SF_MODEL_INVALID',
      message: 'no such model',
      hint: 'Copy it again.',
    });
    expect(ends).toEqual([]);
    await Promise.race([handle({ kind: 'batch', batch, progress }), nextTurn()]);
    expect(ends).toEqual([error]);
  });
});
