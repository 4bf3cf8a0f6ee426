import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema, type InputConfig } from '../../src/config/schema.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { createJsonDecoder } from '../../src/scoring/decode.js';
import { compileFieldPath } from '../../src/scoring/field-path.js';

const RECORD_TIME = Date.UTC(2026, 0, 2, 3, 4, 5);

type Value = string | Uint8Array | object | null;

const bytesOf = (value: Value): Uint8Array | null =>
  value === null || value instanceof Uint8Array
    ? value
    : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

function decode(value: Value, options: { key?: Value; fields?: object; timestamp?: number } = {}) {
  const input: InputConfig = configSchema.parse({ input: { fields: options.fields ?? {} } }).input;
  const batch = packRecords(
    [
      {
        topic: 'posts.raw',
        partition: 0,
        offset: 0,
        timestamp: epochMillis(options.timestamp ?? RECORD_TIME),
        key: bytesOf(options.key ?? null),
        value: bytesOf(value),
      },
    ],
    assignmentEpoch(1),
  );
  return createJsonDecoder(input)(batch, 0);
}

const post = { id: 'p1', text: 'good' };

describe('a post', () => {
  it('is read by the names of its fields', () => {
    const message = {
      ...post,
      source: 'forum',
      author: 'ann',
      createdAt: '2026-01-02T00:00:00Z',
      updatedAt: '2026-01-02T01:00:00Z',
      language: 'en-GB',
      url: 'https://example.org/1',
      replyTo: 'p0',
      reach: 12,
    };
    expect(decode(message)).toEqual({
      kind: 'post',
      post: {
        ...message,
        createdAt: Date.UTC(2026, 0, 2),
        updatedAt: Date.UTC(2026, 0, 2, 1),
      },
    });
  });

  it('takes what it lacks from its record', () => {
    expect(decode({ text: 'good' }, { key: 'k1' })).toEqual({
      kind: 'post',
      post: { id: 'k1', text: 'good', source: 'unknown', createdAt: RECORD_TIME, updatedAt: RECORD_TIME },
    });
  });

  it('is found at any path, by the first alternative that is there', () => {
    const fields = { id: 'data.id', text: ['data.body', 'data.parts[1].text'], author: 'data.by[0]' };
    const message = { data: { id: 7, body: null, parts: [{}, { text: 'second' }], by: ['ann', 'bob'] } };
    expect(decode(message, { fields })).toMatchObject({ post: { id: '7', text: 'second', author: 'ann' } });
  });

  it('loses optional fields of the wrong type, not itself', () => {
    const message = { ...post, source: 1, author: {}, language: [], url: 5, reach: '12', updatedAt: 'soon' };
    expect(decode(message)).toEqual({
      kind: 'post',
      post: { ...post, source: 'unknown', createdAt: RECORD_TIME, updatedAt: RECORD_TIME },
    });
    expect(decode({ ...post, reach: -1 })).not.toHaveProperty('post.reach');
    expect(decode('{"id":"p1","text":"good","reach":1e999}')).not.toHaveProperty('post.reach');
  });

  it.each([
    ['2026-01-02T03:04:05.678Z', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
    ['2026-01-02T03:04:05+0130', Date.UTC(2026, 0, 2, 1, 34, 5)],
    ['2026-01-02 03:04:05-01', Date.UTC(2026, 0, 2, 4, 4, 5)],
    ['2026-01-02T03:04', Date.UTC(2026, 0, 2, 3, 4)],
    ['2026-01-02', Date.UTC(2026, 0, 2)],
    [1_767_323_045, 1_767_323_045_000],
    [1_767_323_045.5, 1_767_323_045_500],
    [1_767_323_045_678, 1_767_323_045_678],
    ['1767323045678', 1_767_323_045_678],
  ])('was created at %j', (createdAt, expected) => {
    expect(decode({ ...post, createdAt })).toMatchObject({ post: { createdAt: expected } });
  });

  it('begins with a byte order mark at times', () => {
    expect(decode(`\uFEFF${JSON.stringify(post)}`)).toMatchObject({ kind: 'post' });
  });
});

describe('a record without a value', () => {
  it('deletes the post of its key', () => {
    expect(decode(null, { key: 'p1' })).toEqual({ kind: 'deletion', id: 'p1' });
  });

  it.each([
    ['no key', null],
    ['an empty key', ''],
    ['a key that is not UTF-8', Uint8Array.of(0xff)],
    ['a key that is too long', 'x'.repeat(513)],
  ])('is rejected with %s', (_, key) => {
    expect(decode(null, { key })).toMatchObject({ kind: 'rejected', code: 'SF_POST_NO_KEY' });
  });
});

describe('what cannot be scored', () => {
  it.each<[string, Value, string]>([
    ['an empty value', '', 'SF_POST_NOT_JSON'],
    ['a text that is no JSON', 'hello', 'SF_POST_NOT_JSON'],
    ['JSON that is cut off', '{"id":"p1","text":"go', 'SF_POST_NOT_JSON'],
    ['a JSON null', 'null', 'SF_POST_NOT_JSON'],
    ['an array', [post], 'SF_POST_NOT_JSON'],
    ['brackets without end', '['.repeat(20_000), 'SF_POST_NOT_JSON'],
    ['Latin-1', Buffer.from('{"id":"p1","text":"caf\xe9"}', 'latin1'), 'SF_POST_NOT_UTF8'],
    ['UTF-16', Buffer.from('\uFEFF{"id":"p1"}', 'utf16le'), 'SF_POST_NOT_UTF8'],
    ['65,537 bytes', 'x'.repeat(65_537), 'SF_POST_TOO_LARGE'],
    ['no text', { id: 'p1' }, 'SF_POST_NO_TEXT'],
    ['a blank text', { id: 'p1', text: ' \n\t\u3000' }, 'SF_POST_NO_TEXT'],
    ['a text of another type', { id: 'p1', text: { body: 'good' } }, 'SF_POST_NO_TEXT'],
    ['no id and no key', { text: 'good' }, 'SF_POST_NO_ID'],
    ['an empty id', { id: '', text: 'good' }, 'SF_POST_NO_ID'],
    ['an id of 513 characters', { id: 'x'.repeat(513), text: 'good' }, 'SF_POST_NO_ID'],
    ['an id with half a character', '{"id":"\\ud83d","text":"good"}', 'SF_POST_NO_ID'],
    ['an id that lost digits', '{"id":12345678901234567890,"text":"good"}', 'SF_POST_NO_ID'],
    ['a time in words', { ...post, createdAt: 'last Tuesday' }, 'SF_POST_NO_TIME'],
    ['a time of another type', { ...post, createdAt: { day: 3 } }, 'SF_POST_NO_TIME'],
    ['a month 13', { ...post, createdAt: '2026-13-01T00:00:00Z' }, 'SF_POST_NO_TIME'],
    ['a time beyond every calendar', '{"id":"p1","text":"good","createdAt":1e300}', 'SF_POST_NO_TIME'],
    ['an infinite time', '{"id":"p1","text":"good","createdAt":1e999}', 'SF_POST_NO_TIME'],
  ])('is %s', (_, value, code) => {
    expect(decode(value)).toMatchObject({ kind: 'rejected', code });
  });

  it('is a post without any time, not even the record has one', () => {
    expect(decode(post, { timestamp: -1 })).toMatchObject({ code: 'SF_POST_NO_TIME' });
  });

  it('includes fields that only a prototype has', () => {
    expect(decode('{"__proto__":{"text":"good"},"id":"p1"}')).toMatchObject({ code: 'SF_POST_NO_TEXT' });
    const fields = { id: 'constructor.name', text: '__proto__.text' };
    expect(decode({ text: 'good' }, { fields, key: 'k1' })).toMatchObject({ code: 'SF_POST_NO_TEXT' });
    expect(Object.prototype).not.toHaveProperty('text');
  });

  it('never throws, whatever the bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const json = fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text));
    const almost = fc.record({ id: fc.jsonValue(), text: fc.jsonValue(), createdAt: fc.jsonValue() });
    fc.assert(
      fc.property(fc.oneof(bytes, json, almost), fc.option(bytes), (value, key) => {
        const decoded = decode(value, { key });
        if (decoded.kind === 'post') {
          expect(decoded.post.id.length).toBeGreaterThan(0);
          expect(() => new Date(decoded.post.createdAt).toISOString()).not.toThrow();
        }
      }),
    );
  });
});

describe('a field path', () => {
  it.each(['', '.a', 'a.', 'a..b', 'a[', 'a[x]', 'a[0', 'a]b', '[0]b'])('%j is refused', (path) => {
    expect(() => compileFieldPath(path)).toThrow('cannot be read');
  });
});
