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

describe('the handler of a scorer thread', () => {
  it('opens its scorer once and describes it', async () => {
    let opened = 0;
    const fallback = { from: 'onnx', reason: 'not installed' } as const;
    const handle = createThreadHandler(async () => {
      opened += 1;
      return { scorer, fallback };
    });
    await handle({ kind: 'describe' });
    expect(await handle({ kind: 'describe' })).toEqual({ kind: 'describe', result: { stamp, fallback } });
    expect(opened).toBe(1);
  });

  it('moves the buffers of a scored batch', async () => {
    const handle = createThreadHandler(async () => ({ scorer }));
    // What piscina looks at before it posts a result; its types do not name the properties.
    const answer = (await handle({ kind: 'batch', batch })) as Record<symbol, unknown>;
    expect(answer[valueSymbol as symbol]).toEqual({ kind: 'batch', result: scored });
    const { bytes, boundaries, nulls, outcomes } = scored;
    expect(answer[transferableSymbol as symbol]).toEqual(
      [bytes, boundaries, nulls, outcomes].map(({ buffer }) => buffer),
    );
  });

  it('answers with the error of a scorer', async () => {
    const handle = createThreadHandler(async () => ({ scorer }));
    expect(await handle({ kind: 'texts', texts: [{ text: 'a' }] })).toEqual({
      kind: 'failed',
      code: 'SF_SCORER_FAILED',
      message: 'the logits are no numbers',
    });
  });

  it('answers every task with the reason why there is no scorer', async () => {
    const handle = createThreadHandler(async () => {
      throw new SentifluxError('SF_MODEL_INVALID', 'no such model', { hint: 'Copy it again.' });
    });
    const failure = {
      kind: 'failed',
      code: 'SF_MODEL_INVALID',
      message: 'no such model',
      hint: 'Copy it again.',
    };
    expect(await handle({ kind: 'describe' })).toEqual(failure);
    expect(await handle({ kind: 'batch', batch })).toEqual(failure);
  });
});
