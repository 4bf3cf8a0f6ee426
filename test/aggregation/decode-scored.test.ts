import { describe, expect, it } from 'vitest';
import { decodeScored } from '../../src/aggregation/decode-scored.js';
import { recordBatch, scoredPost } from './posts.js';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('decoding sentiment.scored', () => {
  it('gives results and deletions with their own offset and that of their source', () => {
    const post = scoredPost({ id: 'p1', brands: ['acme'] });
    const decoded = decodeScored(recordBatch([{ value: json(post) }, { key: Buffer.from('p2') }]));
    expect(decoded.records).toMatchObject([
      { kind: 'scored', offset: 0, sourceOffset: 100, post: { id: 'p1', brands: ['acme'] } },
      { kind: 'deleted', offset: 1, sourceOffset: 101, id: 'p2' },
    ]);
    expect(decoded).toMatchObject({ partition: 3, nextOffset: 2, invalid: [] });
  });

  it('passes over flags that only a later version knows', () => {
    const value = json({ ...scoredPost({ id: 'p1' }), flags: ['mixed', 'unheard_of', 'truncated'] });
    expect(decodeScored(recordBatch([{ value }]))).toMatchObject({
      records: [{ post: { id: 'p1' } }],
      invalid: [],
    });
  });

  it('keeps what came between two broken records', () => {
    const decoded = decodeScored(
      recordBatch([
        { value: Buffer.from('{"v":1,') },
        { value: json(scoredPost({ id: 'fine' })) },
        { value: Buffer.alloc(0) },
      ]),
    );
    expect(decoded.records).toMatchObject([{ post: { id: 'fine' } }]);
    expect(decoded.invalid.map(({ index }) => index)).toEqual([0, 2]);
    expect(decoded.nextOffset).toBe(3);
  });

  const post = scoredPost({ id: 'p' });
  it.each([
    ['another version', { ...post, v: 2 }],
    ['no id', { ...post, id: '' }],
    ['a time that is none', { ...post, createdAt: 'yesterday' }],
    ['a polarity out of range', { ...post, polarity: 1e300 }],
    ['a reach that would undo other counts', { ...post, reach: -1_000_000 }],
    ['the built-in brand, to count twice', { ...post, brands: ['_all'] }],
    ['a brand that would forge a field of the store', { ...post, brands: ['acme|posts'] }],
    ['a fingerprint of another length', { ...post, fingerprints: { exact: 'ff', near: 'ff' } }],
    ['an array', [post]],
    ['null', null],
  ])('refuses %s', (_, value) => {
    const decoded = decodeScored(recordBatch([{ value: json(value) }]));
    expect(decoded.records).toEqual([]);
    expect(decoded.invalid).toHaveLength(1);
  });

  it.each(['', '-1', '1.5', '99999999999999999999', 'NaN', '0x10'])(
    'refuses %j as the source offset',
    (source) => {
      const decoded = decodeScored(recordBatch([{ source, value: json(post) }]));
      expect(decoded.invalid[0]?.message).toContain('sf-source-offset');
    },
  );

  it('refuses a result without headers and a deletion without a key', () => {
    const decoded = decodeScored(recordBatch([{ value: json(post), headers: {} }, { key: null }]));
    expect(decoded.invalid).toHaveLength(2);
  });
});
