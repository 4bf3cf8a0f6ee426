import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { createScorer, type Scorer, SentifluxError, type TextOutcome } from '../../src/index.js';

describe('createScorer', () => {
  let scorer: Scorer;

  beforeAll(async () => {
    scorer = await createScorer({
      config: { scoring: { threads: 1, maxBatchRecords: 2 } },
      brands: [{ id: 'acme', name: 'Acme', keywords: ['Acme'] }],
    });
  });
  afterAll(() => scorer.close());

  it('scores texts with the shipped model and nothing else to set up', async () => {
    const [praise, complaint] = await scorer.score([
      'I love my new Acme camera',
      { text: '客服态度太差了，再也不买了', language: 'zh' },
    ]);
    expect(praise).toMatchObject({ kind: 'scored', score: { label: 'positive', brands: ['acme'] } });
    expect(complaint).toMatchObject({ kind: 'scored', score: { label: 'negative', language: 'zh' } });
    expect(scorer.model.version).not.toBe('');
  });

  it('gives an outcome a text, in order, however many there are', async () => {
    const texts = Array.from({ length: 7 }, (_, i) => (i === 3 ? '  ' : i % 2 === 0 ? 'great' : 'awful'));
    const outcomes = await scorer.score(texts);
    expect(
      outcomes.map((outcome) => (outcome.kind === 'scored' ? outcome.score.label : outcome.code)),
    ).toEqual(['positive', 'negative', 'positive', 'SF_POST_NO_TEXT', 'positive', 'negative', 'positive']);
    expect(await scorer.score([])).toEqual([]);
  });

  it('has an outcome for each text in its type', () => {
    const one = () => scorer.score(['a']);
    expectTypeOf<Awaited<ReturnType<typeof one>>>().toEqualTypeOf<readonly [TextOutcome]>();
  });
});

describe('what createScorer refuses', () => {
  it('keys that there are not', async () => {
    const wrong: object = { scoring: { engin: 'onnx' } };
    const error: unknown = await createScorer({ config: wrong }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SentifluxError);
    expect(error).toMatchObject({
      code: 'SF_CONFIG_INVALID',
      message: 'the configuration: scoring has no key "engin".',
    });
  });

  it('brands that are none', async () => {
    await expect(createScorer({ brands: [{ id: 'A c m e', name: 'Acme' }] })).rejects.toMatchObject({
      code: 'SF_BRANDS_INVALID',
      message: expect.stringContaining('the brands: brands.0.id is "A c m e"'),
    });
  });
});
