import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countedBrands, PLACES, type Remembered } from '../../src/aggregation/contribution.js';
import { Names } from '../../src/aggregation/stores/redis/names.js';
import {
  packRemembered,
  placeOf,
  unpackRemembered,
} from '../../src/aggregation/stores/redis/remembered-posts.js';
import { TextWriter } from '../../src/aggregation/text-writer.js';
import { brandId, epochMillis, postId } from '../../src/contracts/ids.js';
import { LABELS } from '../../src/contracts/labels.js';

const time = fc.integer({ min: -1, max: 4_102_444_800_000 }).map(epochMillis);
const name = fc.string({ unit: 'grapheme', maxLength: 20 });
const brands = fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,12}$/).map(brandId), { maxLength: 4 });

const remembered: fc.Arbitrary<Remembered> = fc.oneof(
  time.map((revision) => ({ kind: 'deleted' as const, revision })),
  fc
    .record({
      kind: fc.constant('post' as const),
      place: fc.constantFrom(...PLACES),
      revision: time,
      time,
      label: fc.constantFrom(...LABELS),
      polarityMicros: fc.integer({ min: -1_000_000, max: 1_000_000 }),
      reach: fc.nat(1_000_000_000),
      source: name,
      language: name,
      model: name,
      brands,
      fingerprint: fc.stringMatching(/^[0-9a-f]{10}$/),
    })
    .chain((post) => {
      const count = post.place === 'counted' || post.place === 'late' ? countedBrands(post).length : 0;
      return fc
        .array(fc.nat(31), { minLength: count, maxLength: count })
        .map((distinct) => ({ ...post, distinct }));
    }),
);

function textOf(post: Remembered, names: Names): string {
  const writer = new TextWriter();
  packRemembered(writer, post, names);
  return writer.take();
}

describe('what Redis remembers of a post', () => {
  it('comes back as it was, with names that are stored beside it', () => {
    fc.assert(
      fc.property(fc.array(remembered, { minLength: 1, maxLength: 5 }), (posts) => {
        const names = new Names(['forum', 'en']);
        const packed = posts.map((post) => textOf(post, names));
        const stored = new Names(['forum', 'en', ...names.added]);
        expect(packed.map((text) => unpackRemembered(text, stored))).toEqual(posts);
      }),
    );
  });

  it('fits into a compact hash: no value of an ordinary post is longer than 64 bytes', () => {
    const names = new Names(Array.from({ length: 5_000 }, (_, i) => `name ${i}`));
    const packed = textOf(
      {
        kind: 'post',
        place: 'late',
        // An edit, ten hours later.
        revision: epochMillis(1_768_514_399_999),
        time: epochMillis(1_768_478_399_999),
        label: 'positive',
        polarityMicros: -999_999,
        reach: 9_999_999,
        source: 'name 4999',
        language: 'name 4998',
        model: 'name 4997',
        brands: ['name 4996', 'name 4995'].map(brandId),
        fingerprint: 'ffffffffff',
        distinct: [0, 31, 30],
      },
      names,
    );
    expect(packed.length).toBeLessThanOrEqual(64);
    expect(placeOf(postId('at://did:plc:abc/app.bsky.feed.post/3k'))).toMatch(/^[\w-]{2}[0-3][\w-]{12}$/);
  });

  it('writes names out beyond those that are kept, so that a producer of ever new names fills nothing', () => {
    const names = new Names(Array.from({ length: 16_384 }, (_, i) => `name ${i}`));
    const text = names.pack('one, more ~ 来源');
    expect(text).not.toContain(',');
    expect(names.added).toEqual([]);
    expect(names.unpack(text)).toBe('one, more ~ 来源');
  });

  it.each(['1,2', '0,1,,x,,1,,0,1,2', '0,1,,1,,1,,zzz,0,0', ''])('refuses %j', (text) => {
    expect(() => unpackRemembered(text, new Names(['forum']))).toThrow();
  });
});
