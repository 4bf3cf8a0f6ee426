import { describe, expect, it } from 'vitest';
import type { Label } from '../../src/contracts/labels.js';
import { type ComparedPost, compare, type ModelScore } from '../../src/evaluation/compare.js';

function says(label: Label, confidence = 0.8): ModelScore {
  const rest = (1 - confidence) / 2;
  const probabilities = { negative: rest, neutral: rest, positive: rest, [label]: confidence };
  return { label, confidence, probabilities, polarity: probabilities.positive - probabilities.negative };
}

function post(before: ModelScore, after: ModelScore, rest: Partial<ComparedPost> = {}): ComparedPost {
  return {
    place: 'line 1',
    text: 'a post',
    language: 'en',
    brands: [],
    gold: undefined,
    before,
    after,
    ...rest,
  };
}

describe('compare', () => {
  it('counts which labels become which', () => {
    const { posts, flipped, flippedShare, flow } = compare([
      post(says('negative'), says('negative')),
      post(says('negative'), says('neutral')),
      post(says('negative'), says('neutral')),
      post(says('positive'), says('positive')),
    ]);
    expect({ posts, flipped, flippedShare }).toEqual({ posts: 4, flipped: 2, flippedShare: 0.5 });
    expect(flow.negative).toEqual({ negative: 1, neutral: 2, positive: 0 });
    expect(flow.positive).toEqual({ negative: 0, neutral: 0, positive: 1 });
  });

  it('tells the shift of the negative share for each language, that with most posts first', () => {
    const { languages } = compare([
      post(says('negative'), says('positive'), { language: 'zh' }),
      post(says('neutral'), says('negative')),
      post(says('negative'), says('negative')),
    ]);
    expect(languages).toMatchObject([
      {
        language: 'en',
        posts: 2,
        negative: { before: 1, after: 2 },
        negativeShare: { before: 0.5, after: 1 },
      },
      { language: 'zh', posts: 1, negative: { before: 1, after: 0 }, negativeShare: { before: 1, after: 0 } },
    ]);
  });

  it('tells the shift for each brand that posts mention', () => {
    const { brands } = compare([
      post(says('negative', 1), says('neutral', 1), { brands: ['acme', 'globex'] }),
      post(says('positive', 1), says('positive', 1), { brands: ['acme'] }),
      post(says('neutral'), says('negative')),
    ]);
    expect(brands).toEqual([
      {
        brand: 'acme',
        posts: 2,
        negative: { before: 1, after: 0 },
        negativeShare: { before: 0.5, after: 0 },
        meanPolarity: { before: 0, after: 0.5 },
      },
      expect.objectContaining({ brand: 'globex', posts: 1 }),
    ]);
  });

  it('tells the shift of the mean polarity', () => {
    const { meanPolarity } = compare([
      post(says('negative', 1), says('neutral', 1)),
      post(says('positive', 1), says('positive', 1)),
    ]);
    expect(meanPolarity).toEqual({ before: 0, after: 0.5 });
  });

  it('measures both against the labels of people, over the posts that have one', () => {
    const { labelled } = compare([
      post(says('negative'), says('negative'), { gold: 'negative' }),
      post(says('negative'), says('positive'), { gold: 'positive' }),
      post(says('neutral'), says('neutral'), { gold: 'neutral' }),
      post(says('neutral'), says('positive')),
    ]);
    expect(labelled).toEqual({ posts: 3, macroRecall: { before: 2 / 3, after: 1 } });
  });

  it('has no such figure where no post has a label', () => {
    expect(compare([post(says('neutral'), says('neutral'))]).labelled).toBeUndefined();
  });

  it('tells how often they agree where the model before was how confident', () => {
    const { bands } = compare([
      post(says('negative', 0.45), says('neutral')),
      post(says('negative', 0.9), says('negative')),
      post(says('negative', 0.95), says('negative')),
      post(says('negative', 1), says('neutral')),
    ]);
    expect(bands.filter(({ posts }) => posts > 0)).toEqual([
      { from: 0, posts: 1, agreement: 0 },
      { from: 0.9, posts: 3, agreement: 2 / 3 },
    ]);
  });

  it('puts those changes first of which both were sure', () => {
    const { flips } = compare([
      post(says('negative', 0.9), says('positive', 0.4), { place: 'line 1' }),
      post(says('negative', 0.7), says('positive', 0.8), { place: 'line 2' }),
      post(says('negative', 0.99), says('negative', 0.99), { place: 'line 3' }),
    ]);
    expect(flips.map(({ place }) => place)).toEqual(['line 2', 'line 1']);
  });

  it('says nothing of no posts but zeros', () => {
    const empty = compare([]);
    expect(empty).toMatchObject({ posts: 0, flippedShare: 0, meanPolarity: { before: 0, after: 0 } });
    expect(empty.languages).toEqual([]);
  });
});
