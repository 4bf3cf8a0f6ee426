import { setImmediate as nextTurn } from 'node:timers/promises';
import { transferableSymbol, valueSymbol } from 'piscina';
import { describe, expect, it } from 'vitest';
import { SentifluxError } from '../../src/contracts/errors.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import type { ScoredBatch } from '../../src/contracts/scored-batch.js';
import type { BatchScorer } from '../../src/scoring/score-batch.js';
import { createThreadHandler } from '../../src/scoring/thread.js';

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

const begunAt = new BigInt64Array(new SharedArrayBuffer(8));

describe('the handler of a scorer thread', () => {
  it('opens its scorer once and describes it', async () => {
    let opened = 0;
    const fallback = { from: 'onnx', reason: 'not installed' } as const;
    const handle = createThreadHandler(async () => {
      opened += 1;
      return { scorer, fallback };
    });
    await handle({ kind: 'describe', begunAt });
    expect(await handle({ kind: 'describe', begunAt })).toEqual({
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
    const own = new BigInt64Array(new SharedArrayBuffer(8));
    const answer = handle({ kind: 'batch', batch, begunAt: own });
    await nextTurn();
    expect(own[0]).toBe(0n);
    open();
    await answer;
    expect(Math.abs(Number(own[0]) - Date.now())).toBeLessThan(10_000);
  });

  it('moves the buffers of a scored batch', async () => {
    const handle = createThreadHandler(async () => ({ scorer }));
    // What piscina looks at before it posts a result; its types do not name the properties.
    const answer = (await handle({ kind: 'batch', batch, begunAt })) as Record<symbol, unknown>;
    expect(answer[valueSymbol as symbol]).toEqual({ kind: 'batch', result: scored });
    const { bytes, boundaries, nulls, outcomes } = scored;
    expect(answer[transferableSymbol as symbol]).toEqual(
      [bytes, boundaries, nulls, outcomes].map(({ buffer }) => buffer),
    );
  });

  it('ends with the error of a scorer, and answers no more', async () => {
    const ends: Error[] = [];
    const handle = createThreadHandler(
      async () => ({ scorer }),
      (error) => ends.push(error),
    );
    const answer = handle({ kind: 'texts', texts: [{ text: 'a' }], begunAt });
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
    expect(await handle({ kind: 'describe', begunAt })).toEqual({
      kind: 'failed',
      code: 'SF_MODEL_INVALID',
      message: 'no such model',
      hint: 'Copy it again.',
    });
    expect(ends).toEqual([]);
    await Promise.race([handle({ kind: 'batch', batch, begunAt }), nextTurn()]);
    expect(ends).toEqual([error]);
  });
});
