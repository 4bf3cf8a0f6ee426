import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { outputRecordsOf } from '../../src/contracts/output-batch.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { OUTCOME, type ScoredBatch } from '../../src/contracts/scored-batch.js';
import { outputsOf, resultsOf } from '../../src/pipelines/scoring.js';

const { topics } = configSchema.parse({});
const RAW = Buffer.from([0xff, 0x00, 0x7b]);

const batch = packRecords(
  [
    { key: Buffer.from('a'), value: Buffer.from('{"id":"a"}'), offset: 10, headers: {} },
    { key: Buffer.from('k'), value: RAW, offset: 11, headers: { trace: Buffer.from('t') } },
    { key: Buffer.from('c'), value: null, offset: 14, headers: {} },
  ].map((record) => ({ ...record, topic: topics.posts, partition: 3, timestamp: epochMillis(1_000) })),
  assignmentEpoch(1),
);

const packed = packRecords(
  [
    { key: Buffer.from('a'), value: Buffer.from('{"label":"positive"}') },
    { key: null, value: null },
    { key: Buffer.from('c'), value: null },
  ].map((record, offset) => ({ ...record, topic: '', partition: 0, offset, timestamp: epochMillis(0) })),
  assignmentEpoch(1),
);

const scored: ScoredBatch = {
  length: 3,
  outcomes: Uint8Array.of(OUTCOME.scored, OUTCOME.rejected, OUTCOME.deleted),
  bytes: packed.bytes,
  boundaries: packed.boundaries,
  nulls: packed.nulls,
  rejections: [{ index: 1, code: 'SF_POST_NOT_UTF8', message: 'the value is not UTF-8' }],
  model: { version: '1', engine: 'onnx', precision: 'int8' },
  tokens: 1,
  prepareMillis: 1,
  scoreMillis: 1,
};

const text = (bytes: Uint8Array | null | undefined) =>
  bytes == null ? bytes : Buffer.from(bytes).toString();

describe('the outputs of a scored batch', () => {
  const outputs = [...outputRecordsOf(outputsOf(batch, scored, topics))];

  it('go to the partition of their source, with its coordinates', () => {
    const [result] = outputs;
    expect(result).toMatchObject({ topic: 'sentiment.scored', partition: 3 });
    expect(text(result?.key)).toBe('a');
    expect(text(result?.value)).toBe('{"label":"positive"}');
    expect(text(result?.headers?.['sf-source-offset'])).toBe('10');
    expect(text(result?.headers?.['sf-source-partition'])).toBe('3');
    expect(text(result?.headers?.['sf-source-timestamp'])).toBe('1000');
  });

  it('pass a deletion on as a null value', () => {
    expect(outputs[1]).toMatchObject({ topic: 'sentiment.scored', value: null });
    expect(text(outputs[1]?.key)).toBe('c');
    expect(text(outputs[1]?.headers?.['sf-source-offset'])).toBe('14');
  });

  it('send a bad post to the dead letters with its original bytes, its headers and the reason', () => {
    const letter = outputs[2];
    expect(letter).toMatchObject({ topic: 'posts.dead-letters', partition: 3 });
    expect(letter?.value).toEqual(new Uint8Array(RAW));
    expect(text(letter?.key)).toBe('k');
    expect(text(letter?.headers?.trace)).toBe('t');
    expect(text(letter?.headers?.['sf-error-code'])).toBe('SF_POST_NOT_UTF8');
    expect(text(letter?.headers?.['sf-source-offset'])).toBe('11');
  });

  it('are as many as the records', () => {
    expect(outputs).toHaveLength(3);
  });

  it('have the time of their source', () => {
    expect(outputs.map(({ timestamp }) => timestamp)).toEqual([1_000, 1_000, undefined]);
  });

  it('have no results where all is rejected', () => {
    const outcomes = Uint8Array.of(OUTCOME.rejected, OUTCOME.rejected, OUTCOME.rejected);
    const none = packRecords(
      [0, 1, 2].map((offset) => ({
        topic: '',
        partition: 0,
        offset,
        timestamp: epochMillis(0),
        key: null,
        value: null,
      })),
      assignmentEpoch(1),
    );
    const rejections = [0, 1, 2].map((index) => ({
      index,
      code: 'SF_POST_NOT_UTF8' as const,
      message: 'the value is not UTF-8',
    }));
    const { bytes, boundaries, nulls } = none;
    const letters = outputsOf(batch, { ...scored, outcomes, bytes, boundaries, nulls, rejections }, topics);
    expect(letters.map(({ topic }) => topic)).toEqual(Array(3).fill('posts.dead-letters'));
  });
});

describe('a trace', () => {
  const from = (digit: string, flags: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`;
  const sampled = Buffer.from(from('a', '01'));
  const here = from('b', '01');
  const traces = (headers: ReadonlyArray<Record<string, Buffer> | undefined>, traceparent?: string) =>
    [...outputRecordsOf([resultsOf({ ...batch, headers }, scored, 'scored', traceparent)])].map(
      ({ headers }) => text(headers?.traceparent),
    );

  it('goes on with the results of those that somebody wants to follow', () => {
    expect(traces([undefined, { traceparent: sampled }, { traceparent: sampled }], here)).toEqual([
      undefined,
      here,
    ]);
    expect(traces([{ traceparent: sampled }, undefined, {}], here)).toEqual([here, undefined]);
  });

  it('ends where it is not sampled, or where nothing is traced', () => {
    expect(traces([{ traceparent: Buffer.from(from('a', '00')) }, {}, {}], here)).toEqual(
      Array(2).fill(undefined),
    );
    expect(traces([{ traceparent: sampled }, {}, {}])).toEqual(Array(2).fill(undefined));
  });
});
