import type { Alert } from '../../../src/contracts/alert.js';
import { alertId } from '../../../src/contracts/alert.js';
import { type Brand, brandSchema } from '../../../src/contracts/brand.js';
import { type BrandId, brandId, epochMillis, postId } from '../../../src/contracts/ids.js';
import type { ScoredPost } from '../../../src/contracts/scored-post.js';
import { TIER_MILLIS, type WindowAggregate } from '../../../src/contracts/window.js';

export const NOON = Date.parse('2026-03-01T12:00:00Z');
export const ORBIT = brandId('orbit');
export const TIDEPOOL = brandId('tidepool');

export const BRANDS: readonly Brand[] = [
  brandSchema.parse({ id: 'orbit', name: 'Orbit Phones', keywords: ['orbit'] }),
  brandSchema.parse({ id: 'tidepool', name: 'Tidepool 潮池', keywords: ['tidepool'] }),
];

const MODEL = { version: 'test-1', engine: 'wasm', precision: 'float32' } as const;

export function scoredPost(changes: Partial<ScoredPost> = {}): ScoredPost {
  return {
    v: 1,
    id: postId('post-1'),
    revision: epochMillis(NOON),
    createdAt: new Date(NOON).toISOString(),
    source: 'forum',
    language: 'en',
    brands: [ORBIT],
    label: 'negative',
    probabilities: { negative: 0.9, neutral: 0.07, positive: 0.03 },
    polarity: -0.87,
    confidence: 0.9,
    flags: [],
    terms: ['battery', 'refund'],
    fingerprints: { exact: '0123456789abcdef', near: '0123456789abcdef' },
    model: MODEL,
    ...changes,
  };
}

/** A minute of a brand. */
export function minute(
  brand: BrandId,
  start: number,
  changes: Partial<WindowAggregate> = {},
): WindowAggregate {
  return {
    v: 1,
    brand,
    tier: '1m',
    start: epochMillis(start),
    end: epochMillis(start + TIER_MILLIS['1m']),
    posts: 10,
    negative: 3,
    neutral: 5,
    positive: 2,
    polaritySum: -0.8,
    reach: 0,
    bySource: { forum: 10 },
    byLanguage: { en: 10 },
    byModel: { 'test-1': 10 },
    revision: 0,
    complete: true,
    final: true,
    ...changes,
  };
}

/** What a window tells beside its counts. */
export const TELLING = {
  negativeTerms: [
    { term: 'refund', negative: 12, other: 1, score: 3.2 },
    { term: '电池', negative: 4, other: 2, score: 1.1 },
  ],
  mostNegative: ['post-7', 'post-3'],
  mostNegativePolarity: [-0.98, -0.91],
  mostRepeated: [{ id: 'post-5', repeats: 40 }],
} satisfies Partial<WindowAggregate>;

export function alert(changes: Partial<Alert> = {}): Alert {
  return {
    v: 1,
    id: alertId(ORBIT, 'negative-spike', epochMillis(NOON)),
    brand: ORBIT,
    rule: 'negative-spike',
    state: 'firing',
    firedAt: epochMillis(NOON),
    window: { tier: '1m', start: epochMillis(NOON - 60_000), end: epochMillis(NOON) },
    observed: 40,
    expected: 4,
    score: 9.2,
    peak: 40,
    evidence: {
      posts: 52,
      negativeShare: 0.77,
      baselineNegativeShare: 0.2,
      bySource: { forum: 30, social: 22 },
    },
    ...changes,
  };
}

export function textScore(text: string) {
  return {
    kind: 'scored',
    score: {
      label: text.includes('good') ? 'positive' : 'neutral',
      probabilities: { negative: 0.1, neutral: 0.2, positive: 0.7 },
      polarity: 0.6,
      confidence: 0.7,
      language: 'en',
      brands: [],
      flags: [],
      model: MODEL,
    },
  } as const;
}
