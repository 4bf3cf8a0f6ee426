import { describe, expect, it } from 'vitest';
import type { Probabilities } from '../../src/contracts/labels.js';
import type { TextOutcome } from '../../src/contracts/text-score.js';
import type { TextScorer } from '../../src/contracts/text-scorer.js';
import { evaluate } from '../../src/evaluation/evaluate.js';

function scored(probabilities: Probabilities): TextOutcome {
  return {
    kind: 'scored',
    score: {
      label: 'neutral',
      probabilities,
      polarity: 0,
      confidence: 1,
      language: 'en',
      brands: [],
      flags: [],
      model: { version: 'test', engine: 'wasm', precision: 'float32' },
    },
  };
}

/** Tells a post by its first sign, and cannot score an empty one. */
const bySign: TextScorer = {
  async score(texts) {
    return texts.map(({ text }) => {
      if (text === '') return { kind: 'rejected', code: 'SF_POST_NO_TEXT', message: 'no text' };
      if (text.startsWith('-')) return scored({ negative: 1, neutral: 0, positive: 0 });
      if (text.startsWith('+')) return scored({ negative: 0, neutral: 0, positive: 1 });
      return scored({ negative: 0, neutral: 1, positive: 0 });
    });
  },
};

describe('evaluate', () => {
  it('measures the scorer against the labels', async () => {
    const evaluation = await evaluate(
      [
        { label: 'negative', text: '- broken again' },
        { label: 'neutral', text: 'opens at nine' },
        { label: 'positive', text: 'love it, though it does not begin with a plus' },
      ],
      bySign,
    );
    expect(evaluation).toMatchObject({ n: 3, skipped: 0, macroRecall: 2 / 3 });
    expect(evaluation.confusion.positive.neutral).toBe(1);
  });

  it('skips and counts other labels and texts that cannot be scored', async () => {
    const evaluation = await evaluate(
      [
        { label: '-', text: 'oh' },
        { label: 'POSITIVE', text: '+ shouted' },
        { label: ' positive ', text: '+ with spaces around the label' },
        { label: 'negative', text: '' },
        { label: 'neutral', text: 'opens at nine' },
        { label: 'negative', text: '-' },
      ],
      bySign,
    );
    expect(evaluation).toMatchObject({ n: 3, skipped: 3, accuracy: 1 });
  });

  it('gives the scorer batches of a bounded size, and says how far it is', async () => {
    const rows = Array.from({ length: 2500 }, (_, i) => ({ label: 'positive', text: `+ ${i}` }));
    const sizes: number[] = [];
    const progress: (readonly [number, number])[] = [];
    const counting: TextScorer = {
      score: (texts) => {
        sizes.push(texts.length);
        return bySign.score(texts);
      },
    };
    await evaluate(rows, counting, (done, total) => progress.push([done, total]));
    expect(sizes).toEqual([1024, 1024, 452]);
    expect(progress).toEqual([
      [1024, 2500],
      [2048, 2500],
      [2500, 2500],
    ]);
  });
});
