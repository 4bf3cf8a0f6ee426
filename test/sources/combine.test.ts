import { describe, expect, it } from 'vitest';
import { SentifluxError } from '../../src/contracts/errors.js';
import { epochMillis, postId, sourceCursor } from '../../src/contracts/ids.js';
import { combineSources } from '../../src/sources/combine.js';
import { type Source, type SourceBatch, SourceUnreachable } from '../../src/sources/port.js';
import { readAll, readUntil, told } from './batches.js';

/** Tells the numbers after its cursor up to the last one, failing as told by the count of readings. */
const counter = (
  name: string,
  last: number,
  failure: (reading: number) => Error | undefined = () => undefined,
): Source => {
  let readings = 0;
  return {
    name,
    async *read(after) {
      readings += 1;
      const error = failure(readings);
      for (let i = Number(after ?? 0) + 1; i <= last; i += 1) {
        yield { events: [postNumber(name, i)], cursor: sourceCursor(String(i)) };
        if (error !== undefined) throw error;
      }
      if (error !== undefined) throw error;
    },
  };
};

const postNumber = (name: string, i: number): SourceBatch['events'][number] => ({
  kind: 'post',
  post: {
    id: postId(`${name}:${i}`),
    source: name,
    text: `${name} ${i}`,
    createdAt: epochMillis(i),
    updatedAt: epochMillis(i),
  },
});

const combined = (parts: readonly Source[], pauses: number[] = []) =>
  combineSources({
    name: 'all',
    parts,
    createBackoff: () => ({ next: (atLeastMs = 1) => atLeastMs, reset: () => {} }),
    wait: async (millis) => void pauses.push(millis),
  });

const away = new SourceUnreachable('it is away.');
const refused = new SentifluxError('SF_SOURCE_REFUSED', 'it answered 404.');

describe('several sources as one', () => {
  it('tell all that each tells, each in its order, and end when all have ended', async () => {
    const texts = told(await readAll(combined([counter('a', 3), counter('b', 1), counter('c', 2)])));
    expect(texts.toSorted()).toEqual(['a 1', 'a 2', 'a 3', 'b 1', 'c 1', 'c 2']);
    expect(texts.filter((text) => text.startsWith('a'))).toEqual(['a 1', 'a 2', 'a 3']);
  });

  it('go on where each was, from any cursor of the whole', async () => {
    const open = () => combined([counter('a', 3), counter('b', 3)]);
    const batches = await readAll(open());
    for (const [i, { cursor }] of batches.entries()) {
      const rest = told(await readAll(open(), cursor));
      expect([...told(batches.slice(0, i + 1)), ...rest].toSorted()).toEqual(told(batches).toSorted());
    }
  });

  it('forget what is no longer one of them, and begin with what is new among them', async () => {
    const rest = await readAll(combined([counter('b', 2), counter('c', 1)]), '{"a":"3","b":"1"}');
    expect(told(rest).toSorted()).toEqual(['b 2', 'c 1']);
    expect(JSON.parse(rest.at(-1)?.cursor ?? '')).toEqual({ b: '2', c: '1' });
  });

  it('go on where one of them breaks off, which is told and tried again from where it was', async () => {
    const pauses: number[] = [];
    const late = new SourceUnreachable('it is busy.', { afterMs: 30_000 });
    const flaky = counter('a', 3, (reading) => [late, away][reading - 1]);
    const batches = await readAll(combined([flaky, counter('b', 2)], pauses));
    expect(told(batches).toSorted()).toEqual(['a 1', 'a 2', 'a 3', 'b 1', 'b 2']);
    expect(batches.flatMap(({ problem }) => problem ?? [])).toEqual([late, away]);
    expect(pauses).toEqual([30_000, 1]);
  });

  it('go on where one of them is refused, and try it again an hour later', async () => {
    const pauses: number[] = [];
    const gone = counter('a', 2, (reading) => (reading === 1 ? refused : undefined));
    expect(told(await readAll(combined([gone, counter('b', 1)], pauses))).toSorted()).toEqual([
      'a 1',
      'a 2',
      'b 1',
    ]);
    expect(pauses).toEqual([3_600_000]);
  });

  it('are refused where each of them is', async () => {
    const parts = ['a', 'b'].map((name) => counter(name, 0, () => refused));
    await expect(readAll(combined(parts))).rejects.toBe(refused);
    await expect(readAll(combined([counter('a', 0, () => refused)]))).rejects.toBe(refused);
  });

  it('end with what is no matter of the other side', async () => {
    const fault = new TypeError('a fault of ours');
    await expect(readAll(combined([counter('a', 0, () => fault), counter('b', 1)]))).rejects.toBe(fault);
    for (const cursor of ['7', '[]', 'not JSON', '{"a":1}'])
      await expect(readAll(combined([counter('a', 1)]), cursor)).rejects.toMatchObject({
        code: 'SF_SOURCE_CURSOR_INVALID',
      });
  });

  it('ask none for more than one batch ahead of what is taken, and end all of them in the end', async () => {
    const asked: string[] = [];
    const ended: string[] = [];
    const endless = (name: string): Source => ({
      name,
      async *read(_, stop) {
        try {
          for (let i = 1; !stop.aborted; i += 1) {
            asked.push(name);
            yield { events: [postNumber(name, i)], cursor: sourceCursor(String(i)) };
          }
        } finally {
          ended.push(name);
        }
      },
    });
    const parts = [endless('a'), endless('b')];
    await readUntil(combined(parts), (batches) => batches.length === 6);
    expect(asked.length).toBeLessThanOrEqual(8);
    expect(ended.toSorted()).toEqual(['a', 'b']);
  });
});
