import { afterAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { assignmentEpoch, brandId, epochMillis } from '../../src/contracts/ids.js';
import type { Prepare } from '../../src/contracts/prepare.js';
import { keyAt, packRecords, valueAt } from '../../src/contracts/record-batch.js';
import { OUTCOME, type ScoredBatch } from '../../src/contracts/scored-batch.js';
import { scoredPostSchema } from '../../src/contracts/scored-post.js';
import { createJsonDecoder } from '../../src/scoring/decode.js';
import { createWasmEngine } from '../../src/scoring/engines/wasm.js';
import { type BatchScorerOptions, createBatchScorer } from '../../src/scoring/score-batch.js';
import { randomBundle } from '../support/random-bundle.js';

const NOW = Date.UTC(2026, 0, 2, 12);
const HOUR = 3_600_000;
const bundle = randomBundle();
const engine = await createWasmEngine(bundle, 'float32');
afterAll(() => engine.close());

/** A piece a letter; brands, languages and the rest by what the text says of itself. */
const prepare: Prepare = (text, languageHint) => {
  if (text.includes('poison')) throw new RangeError('the text trips the preparation');
  const letters = [...text].filter((letter) => letter >= 'a' && letter <= 'z');
  if (letters.length === 0) return undefined;
  return {
    language: languageHint ?? 'en',
    unsupportedLanguage: languageHint === 'fi',
    tokens: Int32Array.from(letters.slice(0, 32), (letter) => bundle.vocabulary.idOf(letter) ?? 1),
    truncated: letters.length > 32,
    brands: text.includes('quenvo') ? [brandId('quenvo')] : [],
    exactFingerprint: '0123456789abcdef',
    nearFingerprint: 'fedcba9876543210',
    terms: ['battery'],
  };
};

const options: BatchScorerOptions = {
  decode: createJsonDecoder(configSchema.parse({}).input),
  prepare,
  locate: (text) => [...text].map((_, i) => ({ start: i, end: i + 1, tokens: [i] })),
  engine,
  manifest: bundle.manifest,
  maxBytes: 1_000,
  lowConfidence: 0,
  includeText: false,
  authorKey: 'secret',
  futureToleranceMs: 5 * 60_000,
  oldAfterMs: 24 * HOUR,
};

function batchOf(values: readonly (object | string | null)[], timestamp = NOW) {
  return packRecords(
    values.map((value, offset) => ({
      topic: 'posts.raw',
      partition: 0,
      offset,
      timestamp: epochMillis(timestamp),
      key: Buffer.from(`key-${offset}`),
      value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    })),
    assignmentEpoch(1),
  );
}

const keyOf = (scored: ScoredBatch, i: number) => Buffer.from(keyAt(scored, i) ?? []).toString();
const postOf = (scored: ScoredBatch, i: number) =>
  scoredPostSchema.parse(JSON.parse(Buffer.from(valueAt(scored, i) ?? []).toString()));

async function scoreOne(value: object, changed: Partial<BatchScorerOptions> = {}) {
  return postOf(await createBatchScorer({ ...options, ...changed }).scoreBatch(batchOf([value])), 0);
}

describe('a batch', () => {
  it('keeps the order of its records, whatever becomes of them', async () => {
    const scorer = createBatchScorer(options);
    const records = [
      { text: 'a long text about quenvo' },
      null,
      'no json',
      { text: 'short' },
      { text: '123' },
    ];
    const scored = await scorer.scoreBatch(batchOf(records));
    expect(scored.length).toBe(5);
    expect([...scored.outcomes]).toEqual([
      OUTCOME.scored,
      OUTCOME.deleted,
      OUTCOME.rejected,
      OUTCOME.scored,
      OUTCOME.rejected,
    ]);
    expect(postOf(scored, 0)).toMatchObject({ id: 'key-0', brands: ['quenvo'] });
    expect([keyOf(scored, 1), valueAt(scored, 1)]).toEqual(['key-1', null]);
    expect([keyAt(scored, 2), valueAt(scored, 2)]).toEqual([null, null]);
    expect(postOf(scored, 3)).toMatchObject({ id: 'key-3', brands: [] });
    expect(scored.rejections).toMatchObject([
      { index: 2, code: 'SF_POST_NOT_JSON' },
      { index: 4, code: 'SF_POST_NO_TEXT' },
    ]);
    expect(scored.model).toEqual({ version: 'random-1', engine: 'wasm', precision: 'float32' });
    expect(scored.tokens).toBe('alongtextaboutquenvo'.length + 'short'.length);
  });

  it('of deletions needs no network', async () => {
    const scored = await createBatchScorer(options).scoreBatch(batchOf([null, null]));
    expect([...scored.outcomes]).toEqual([OUTCOME.deleted, OUTCOME.deleted]);
  });

  it('goes on without a post that trips the preparation', async () => {
    const scored = await createBatchScorer(options).scoreBatch(
      batchOf([{ text: 'poison' }, { text: 'fine' }]),
    );
    expect(scored.rejections).toMatchObject([{ index: 0, code: 'SF_POST_POISON' }]);
    expect(postOf(scored, 1).id).toBe('key-1');
  });

  it('scores a post as if it were alone', async () => {
    const texts = ['a', 'quenvo', 'a rather long text of many letters', 'b'];
    const scored = await createBatchScorer(options).scoreBatch(batchOf(texts.map((text) => ({ text }))));
    for (const [i, text] of texts.entries()) {
      const alone = await scoreOne({ text });
      expect(postOf(scored, i).polarity).toBeCloseTo(alone.polarity, 3);
    }
  });
});

describe('a scored post', () => {
  it('has what its message said, but neither author nor text', async () => {
    const post = await scoreOne({
      id: 'p1',
      source: 'forum',
      text: 'my quenvo',
      author: 'ann',
      createdAt: NOW - HOUR,
      updatedAt: NOW,
      language: 'en',
      url: 'https://example.org/1',
      replyTo: 'p0',
      reach: 3,
    });
    expect(post).toMatchObject({
      v: 1,
      id: 'p1',
      revision: NOW,
      createdAt: '2026-01-02T11:00:00.000Z',
      source: 'forum',
      language: 'en',
      brands: ['quenvo'],
      flags: [],
      terms: ['battery'],
      fingerprints: { exact: '0123456789abcdef', near: 'fedcba9876543210' },
      url: 'https://example.org/1',
      replyTo: 'p0',
      reach: 3,
    });
    expect(post.authorHash).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.stringify(post)).not.toMatch(/ann|my quenvo/);
  });

  it('has its text where the configuration says so', async () => {
    expect(await scoreOne({ text: 'my quenvo' }, { includeText: true })).toMatchObject({ text: 'my quenvo' });
  });

  it('has an author hash that depends on author and key', async () => {
    const hash = async (author: string, authorKey = 'secret') =>
      (await scoreOne({ text: 'a', author }, { authorKey })).authorHash;
    expect(await hash('ann')).toBe(await hash('ann'));
    expect(await hash('ann')).not.toBe(await hash('bob'));
    expect(await hash('ann')).not.toBe(await hash('ann', 'other'));
    expect(await scoreOne({ text: 'a' })).not.toHaveProperty('authorHash');
  });

  it('is flagged for what makes it uncertain', async () => {
    const text = { text: 'x'.repeat(33), language: 'fi' };
    expect((await scoreOne(text, { lowConfidence: 1.1 })).flags).toEqual([
      'truncated',
      'low_confidence',
      'unsupported_language',
    ]);
  });

  it('is of low confidence below the limit only', async () => {
    const { confidence } = await scoreOne({ text: 'a' });
    const flagsAt = async (lowConfidence: number) => (await scoreOne({ text: 'a' }, { lowConfidence })).flags;
    expect(await flagsAt(confidence)).not.toContain('low_confidence');
    expect(await flagsAt(confidence + 0.0001)).toContain('low_confidence');
  });

  it.each([
    ['future', NOW + 5 * 60_000 + 1],
    ['old', NOW - 24 * HOUR - 1],
  ])('is flagged %s beyond the limit only', async (flag, createdAt) => {
    const towardsNow = flag === 'future' ? -1 : 1;
    expect((await scoreOne({ text: 'a', createdAt })).flags).toEqual([flag]);
    expect((await scoreOne({ text: 'a', createdAt: createdAt + towardsNow })).flags).toEqual([]);
  });

  it('is neither future nor old where its record has no timestamp', async () => {
    const batch = batchOf([{ text: 'a', createdAt: NOW }], -1);
    expect(postOf(await createBatchScorer(options).scoreBatch(batch), 0).flags).toEqual([]);
  });
});

describe('texts', () => {
  it('are scored on the path of posts, in their order', async () => {
    const scorer = createBatchScorer(options);
    const texts = [{ text: 'my quenvo' }, { text: ' \u200b ' }, { text: 'é'.repeat(501) }, { text: 'a' }];
    const outcomes = await scorer.scoreTexts(texts);
    expect(outcomes).toMatchObject([
      { kind: 'scored', score: { brands: ['quenvo'], model: scorer.stamp } },
      { kind: 'rejected', code: 'SF_POST_NO_TEXT' },
      { kind: 'rejected', code: 'SF_POST_TOO_LARGE', message: 'the text has 1002 bytes, more than 1000' },
      { kind: 'scored' },
    ]);
    const { label, probabilities } = await scoreOne({ text: 'my quenvo' });
    expect(outcomes[0]).toMatchObject({ score: { label, probabilities } });
    expect(await scorer.scoreTexts([])).toEqual([]);
  });

  it('are explained where that is asked for, and there only', async () => {
    const texts = [{ text: 'my', explain: true }, { text: 'my' }, { text: '\u200b', explain: true }];
    const [explained, plain, rejected] = await createBatchScorer(options).scoreTexts(texts);
    expect(explained).toMatchObject({
      score: {
        explanation: [
          { text: 'm', start: 0, end: 1 },
          { text: 'y', start: 1, end: 2 },
        ],
      },
    });
    expect(plain).not.toHaveProperty('score.explanation');
    expect(rejected).toMatchObject({ kind: 'rejected', code: 'SF_POST_NO_TEXT' });
  });
});
