import { describe, expect, it } from 'vitest';
import { LiveTally } from '../../src/cli/live-tally.js';
import { type BrandId, brandId, epochMillis, type PostId, postId } from '../../src/contracts/ids.js';
import type { Label } from '../../src/contracts/labels.js';
import type { LiveEvent } from '../../src/contracts/live-feed.js';

const AIR = brandId('air');
const brand = (id: BrandId, name: string) => ({
  id,
  name,
  handles: [],
  hashtags: [],
  keywords: [],
  exclude: [],
});

const scored = (id: PostId, label: Label, brands: readonly BrandId[], text?: string): LiveEvent => ({
  kind: 'scored',
  post: {
    v: 1,
    id,
    revision: epochMillis(0),
    createdAt: '2026-11-28T12:34:56.000Z',
    source: 'bluesky',
    language: 'en',
    brands: [...brands],
    label,
    probabilities: { negative: 0.1, neutral: 0.2, positive: 0.7 },
    polarity: 0.6,
    confidence: 0.7,
    flags: [],
    terms: [],
    fingerprints: { exact: '0'.repeat(16), near: '0'.repeat(16) },
    ...(text !== undefined && { text }),
    model: { version: '1', engine: 'onnx', precision: 'int8' },
  },
});

describe('what a terminal tells of live posts', () => {
  it('is the share of each brand, the most spoken of first, and that of all posts', () => {
    const tally = new LiveTally([brand(AIR, 'Air'), brand(brandId('bank'), 'Bank')]);
    tally.add([
      scored(postId('1'), 'negative', [brandId('bank')]),
      scored(postId('2'), 'negative', [brandId('bank')]),
      scored(postId('3'), 'positive', [AIR, brandId('bank')]),
      scored(postId('4'), 'neutral', []),
    ]);
    expect(tally.table().map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['posts', 'negative', 'neutral', 'positive', 'brand'],
      ['3', '67 %', '0 %', '33 %', 'Bank'],
      ['1', '0 %', '0 %', '100 %', 'Air'],
      ['4', '50 %', '25 %', '25 %', 'all posts'],
    ]);
  });

  it('has no shares before the first post', () => {
    expect(new LiveTally([]).table().at(-1)?.trim().split(/ {2,}/)).toEqual([
      '0',
      '-',
      '-',
      '-',
      'all posts',
    ]);
  });

  it('is a line for each post of a brand, without what would steer the terminal', () => {
    const tally = new LiveTally([brand(AIR, 'Air\u0007')]);
    expect(tally.add([scored(postId('1'), 'neutral', [], 'of no brand')])).toEqual([]);
    expect(tally.add([scored(postId('2'), 'positive', [AIR], 'what\na  joy\u001b]0;title\u0007')])).toEqual([
      '12:34:56  positive   70 %  Air\ufffd  what a joy\ufffd]0;title\ufffd',
    ]);
  });

  it('is a line for each post where no brand is named', () => {
    expect(new LiveTally([]).add([scored(postId('1'), 'neutral', [], 'anything')])).toEqual([
      '12:34:56  neutral    70 %  anything',
    ]);
  });

  it('forgets posts that are deleted, and shows an edited one once', () => {
    const tally = new LiveTally([brand(AIR, 'Air')]);
    tally.add([
      scored(postId('1'), 'positive', [AIR], 'one'),
      scored(postId('2'), 'positive', [AIR], 'two'),
      scored(postId('1'), 'negative', [AIR], 'one, edited'),
    ]);
    expect(tally.latest(10).map((line) => line.split('  ').at(-1))).toEqual(['one, edited', 'two']);
    tally.add([{ kind: 'deleted', id: postId('1') }]);
    expect(tally.latest(10).map((line) => line.split('  ').at(-1))).toEqual(['two']);
  });
});
