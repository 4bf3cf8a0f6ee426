import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countedPost } from '../../src/aggregation/counted-post.js';
import { readOwnResult, readResult } from '../../src/aggregation/read-result.js';
import { brandId, epochMillis, postId } from '../../src/contracts/ids.js';
import { LABELS } from '../../src/contracts/labels.js';
import { readScoredPost } from '../../src/contracts/read-scored-post.js';
import { scoredPost } from './posts.js';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const plain = fc.stringMatching(/^[a-z 来源é🙂:/._-]{1,16}$/u);
const share = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.nat(10_000).map((n) => n / 10_000),
  fc.constantFrom(0, 1, 1e-7),
);
const fingerprint = fc.stringMatching(/^[0-9a-f]{16}$/);

/** A result with its fields in the scorer's order. @param name what its texts are */
const resultOf = (name: fc.Arbitrary<string>) =>
  fc.record(
    {
      v: fc.constant(1),
      id: name.filter((id) => id !== ''),
      revision: fc.integer({ min: -1, max: 4_102_444_800_000 }),
      createdAt: fc
        .date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31T23:59:59.999Z') })
        .map((date) => date.toISOString()),
      source: name,
      language: name,
      brands: fc.array(fc.constantFrom('acme', 'globex', 'b-2'), { maxLength: 3 }),
      label: fc.constantFrom(...LABELS),
      probabilities: fc.record(
        { negative: share, neutral: share, positive: share },
        { noNullPrototype: true },
      ),
      polarity: fc.tuple(share, fc.boolean()).map(([value, below]) => (below ? -value : value)),
      confidence: share,
      flags: fc.array(fc.constantFrom('mixed', 'truncated', 'unheard_of'), { maxLength: 2 }),
      terms: fc.array(name, { maxLength: 8 }),
      fingerprints: fc.record({ exact: fingerprint, near: fingerprint }, { noNullPrototype: true }),
      authorHash: name,
      url: name,
      replyTo: name,
      reach: fc.oneof(fc.nat(2_000_000_000), fc.double({ min: 0, max: 1e9, noNaN: true })),
      text: name,
      model: fc.record(
        {
          version: name.filter((version) => version !== ''),
          engine: fc.constantFrom('onnx', 'wasm'),
          precision: fc.constantFrom('float32', 'int8'),
        },
        { noNullPrototype: true },
      ),
    },
    {
      noNullPrototype: true,
      requiredKeys: [
        ...(['v', 'id', 'revision', 'createdAt', 'source', 'language', 'brands', 'label'] as const),
        ...(['probabilities', 'polarity', 'confidence', 'flags', 'terms', 'fingerprints', 'model'] as const),
      ],
    },
  );

/** What is counted of a result by the schema alone; `undefined` for what is none. */
function bySchema(json: string): unknown {
  try {
    const post = readScoredPost(JSON.parse(json));
    return post.brands.every((brand) => /^[a-z0-9][a-z0-9-]*$/.test(brand)) ? countedPost(post) : undefined;
  } catch {
    return undefined;
  }
}

function read(json: string): unknown {
  try {
    return readResult(json);
  } catch {
    return undefined;
  }
}

describe('reading what is counted of a result', () => {
  it('reads what the scorer writes as the schema does, without asking it', () => {
    fc.assert(
      fc.property(resultOf(plain), (result) => {
        const json = JSON.stringify(result);
        fc.pre(result.reach === undefined || !/e/.test(String(result.reach)));
        expect(readOwnResult(json)).toEqual(bySchema(json));
      }),
    );
  });

  it('reads texts of any characters, and numbers of any form, as the schema does', () => {
    fc.assert(
      fc.property(resultOf(text), (result) => {
        const json = JSON.stringify(result);
        expect(bySchema(json)).toBeDefined();
        expect(read(json)).toEqual(bySchema(json));
      }),
    );
  });

  it('takes and refuses what the schema does where something is cut out, put in or put in its place', () => {
    const pieces = fc.constantFrom(
      ...[
        '',
        '"',
        '\\',
        '\n',
        '\\u0041',
        ',',
        '{',
        '}',
        '[',
        ']',
        ':',
        '0',
        '-',
        '1',
        '9',
        '.',
        'e',
        'e5',
        '00',
        ' ',
      ],
      ...[
        '"_all"',
        'null',
        '1e999',
        '"v":1,',
        '"id":"x",',
        '"extra":1,',
        '2026-02-30',
        '24:',
        ':60',
        'Z',
        '+01:00',
      ],
    );
    fc.assert(
      fc.property(resultOf(plain), fc.nat(), fc.nat(12), pieces, (result, at, length, piece) => {
        const whole = JSON.stringify(result);
        const begin = at % whole.length;
        // As it comes out of bytes, where no half of a pair is.
        const json = Buffer.from(whole.slice(0, begin) + piece + whole.slice(begin + length)).toString();
        expect(read(json), json).toEqual(bySchema(json));
      }),
      { numRuns: 3_000 },
    );
  });

  it('counts what a producer sends too much of as far as it is counted', () => {
    const own = readOwnResult(
      JSON.stringify({
        ...scoredPost({ id: 'p', source: 's'.repeat(100), reach: 5, brands: ['acme', 'acme'] }),
        terms: ['t'.repeat(100)],
      }).replace('"reach":5', '"reach":99999999999.5'),
    );
    expect(own).toMatchObject({
      source: 's'.repeat(64),
      terms: ['t'.repeat(64)],
      reach: 1_000_000_000,
      brands: ['acme'],
    });
  });

  it.each(['2026-02-29', '2026-13-01', '2026-04-31'])('refuses the date %s, which there is not', (date) => {
    const json = JSON.stringify({ ...scoredPost({ id: 'p' }), createdAt: `${date}T00:00:00.000Z` });
    expect(() => readResult(json)).toThrow('createdAt');
  });

  it('gives the same for the same text again and again', () => {
    const post = { id: 'p', brands: ['acme'], terms: ['refund'], author: 'ann', near: 'ff00ff00ff00ff00' };
    const json = JSON.stringify(scoredPost({ ...post, polarity: -0.25, label: 'negative', reach: 7 }));
    for (const again of [1, 2, 3]) {
      expect(readOwnResult(json), `time ${again}`).toMatchObject({
        id: postId('p'),
        time: epochMillis(Date.UTC(2026, 0, 15, 12)),
        label: 'negative',
        polarityMicros: -250_000,
        reach: 7,
        brands: [brandId('acme')],
        near: { high: 0xff00ff00, low: 0xff00ff00 },
        terms: ['refund'],
      });
    }
  });
});
