import { describe, expect, it } from 'vitest';
import { classify } from '../../src/scoring/classify.js';

describe('a classification', () => {
  it('is the softmax of a row, in four decimals', () => {
    const logits = Float32Array.of(9, 9, 9, Math.log(1), Math.log(2), Math.log(7));
    expect(classify(logits, 1, 1)).toEqual({
      label: 'positive',
      probabilities: { negative: 0.1, neutral: 0.2, positive: 0.7 },
      polarity: 0.6,
      confidence: 0.7,
    });
  });

  it('is less sure at a higher temperature, of the same label', () => {
    const logits = Float32Array.of(2, 0, -1);
    const [cold, warm] = [classify(logits, 0, 1), classify(logits, 0, 3)];
    expect(warm.label).toBe(cold.label);
    expect(warm.confidence).toBeLessThan(cold.confidence);
  });

  it('stands however great the logits are', () => {
    expect(classify(Float32Array.of(-1e30, 0, 1e30), 0, 1)).toMatchObject({ polarity: 1, confidence: 1 });
  });

  it('is refused of what is no number', () => {
    expect(() => classify(Float32Array.of(0, Number.NaN, 0), 0, 1)).toThrow(RangeError);
  });
});
