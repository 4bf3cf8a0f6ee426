import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SentifluxError } from '../../src/contracts/errors.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { loadDemo } from '../../src/demo/load-demo.js';

const START = epochMillis(Date.UTC(2025, 0, 6, 8));
const load = (...lines: readonly unknown[]) =>
  loadDemo(lines.map((line) => JSON.stringify(line)).join('\n'), START);

describe('loading the demo', () => {
  it('moves a post to the start of the replay', () => {
    const [record] = load({ at: 12, key: 'a', post: { id: 'a', text: 'hello', reach: 3 }, createdAt: 10.5 });
    expect(record?.at).toBe(START + 12_000);
    expect(String(record?.key)).toBe('a');
    expect(JSON.parse(String(record?.value))).toEqual({
      id: 'a',
      text: 'hello',
      reach: 3,
      createdAt: '2025-01-06T08:00:10.500Z',
    });
  });

  it('moves the time of an edit as well', () => {
    const [record] = load({ at: 99, key: 'a', post: { text: 'hello again' }, createdAt: 10, updatedAt: 98 });
    expect(JSON.parse(String(record?.value))).toMatchObject({
      createdAt: '2025-01-06T08:00:10.000Z',
      updatedAt: '2025-01-06T08:01:38.000Z',
    });
  });

  it('gives nulls, texts and bytes as they stand', () => {
    const values = load(
      { at: 1, key: 'deleted', value: null },
      { at: 2, key: null, value: '{"not json' },
      { at: 3, key: 'latin', valueBase64: 'Y2Fm6Q==' },
      { at: 4, key: 'empty', value: '' },
    ).map(({ value }) => (value === null ? null : [...value]));
    expect(values).toEqual([null, [...Buffer.from('{"not json')], [0x63, 0x61, 0x66, 0xe9], []]);
  });

  it('repeats a text, so that a long one is short in the file', () => {
    const [post, value] = load(
      { at: 1, key: 'a', post: { text: 'ab ' }, createdAt: 1, repeat: 3 },
      { at: 2, key: 'b', value: '[', repeat: 70_000 },
    );
    expect(JSON.parse(String(post?.value)).text).toBe('ab ab ab ');
    expect(value?.value).toHaveLength(70_000);
  });

  it('gives the records in the order of their arrival, whatever the order of the lines', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(172_800), { maxLength: 50 }), (times) => {
        const arrivals = load(...times.map((at) => ({ at, key: null, value: 'x' }))).map(({ at }) => at);
        expect(arrivals).toEqual(times.map((at) => START + at * 1000).sort((a, b) => a - b));
      }),
    );
  });

  it('keeps the order of records that arrive together', () => {
    const keys = load(...['a', 'b', 'c'].map((key) => ({ at: 7, key, value: 'x' }))).map(({ key }) =>
      String(key),
    );
    expect(keys).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['no time', '{"key":"a","value":"x"}'],
    ['both a post and a value', '{"at":1,"key":"a","value":"x","post":{"text":"x"},"createdAt":1}'],
    ['a key that is no text', '{"at":1,"key":7,"value":"x"}'],
    ['bytes that are not base64', '{"at":1,"key":"a","valueBase64":"%%"}'],
    ['no repetition at all', '{"at":1,"key":"a","value":"x","repeat":0}'],
  ])('stops at a line with %s and names it', (_, line) => {
    const broken = () => loadDemo(`{"at":1,"key":"a","value":"x"}\n${line}\n`, START);
    expect(broken).toThrow(SentifluxError);
    expect(broken).toThrow(/line 2 of the demo is no record/);
  });
});
