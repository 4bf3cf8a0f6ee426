import { describe, expect, it } from 'vitest';
import { mixWeights } from '../../src/training/start.js';
import { randomBundle } from '../support/random-bundle.js';

describe('mixWeights', () => {
  const [{ weights }, { weights: learnt }] = [randomBundle({ seed: 1 }), randomBundle({ seed: 2 })];

  it('keeps a share of every weight that it began with', () => {
    const { embedding, attention } = mixWeights({ weights, kept: 0.25 }, learnt);
    const expected = 0.25 * (weights.embedding[5] ?? 0) + 0.75 * (learnt.embedding[5] ?? 0);
    expect(embedding[5]).toBeCloseTo(expected, 6);
    expect(attention).toHaveLength(weights.attention.length);
  });

  it('is what was learnt where nothing is kept', () => {
    expect(mixWeights({ weights, kept: 0 }, learnt)).toEqual(learnt);
  });
});
