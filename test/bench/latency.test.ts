import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latencyTables, summaryOf } from './latency.js';
import type { Entry } from './table.js';

const entry = (own: Partial<Entry>): Entry => ({
  stack: 'sentiflux',
  roles: 'score',
  delivery: 'at-least-once',
  engine: 'onnx',
  precision: 'int8',
  postsPerSecond: null,
  tokensPerSecond: null,
  cpuMicros: null,
  memoryMegabytes: null,
  sameLabels: null,
  p50Millis: null,
  p99Millis: null,
  readP99Millis: null,
  pacedRate: null,
  latency: null,
  ...own,
});

describe('a summary of latencies', () => {
  it('has percentiles, and counts in buckets of two to a doubling, in whatever order they came', () => {
    expect(summaryOf([9, 5, 5, 7, 40])).toEqual({
      count: 5,
      p50: 7,
      p90: 40,
      p99: 40,
      p999: 40,
      max: 40,
      histogram: [
        { fromMillis: 4, belowMillis: 6, count: 2 },
        { fromMillis: 6, belowMillis: 8, count: 1 },
        { fromMillis: 8, belowMillis: 12, count: 1 },
        { fromMillis: 12, belowMillis: 16, count: 0 },
        { fromMillis: 16, belowMillis: 24, count: 0 },
        { fromMillis: 24, belowMillis: 32, count: 0 },
        { fromMillis: 32, belowMillis: 48, count: 1 },
      ],
    });
  });

  it('is none where nothing was measured', () => {
    expect(summaryOf([])).toBeUndefined();
  });

  it('counts each latency once, in the bucket that holds it', () => {
    const latencies = fc.array(fc.nat({ max: 1_000_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(latencies, (measured) => {
        const histogram = summaryOf(measured)?.histogram ?? [];
        for (const { fromMillis, belowMillis, count } of histogram)
          expect(count).toBe(measured.filter((ms) => ms >= fromMillis && ms < belowMillis).length);
        expect(histogram.reduce((sum, { count }) => sum + count, 0)).toBe(measured.length);
      }),
    );
  });
});

describe('the tables of latencies', () => {
  it('have a row a stack, and a row a bucket that one of them has', () => {
    const rate = { min: 2_900, median: 3_000, max: 3_100 };
    const tables = latencyTables([
      entry({ pacedRate: rate, latency: summaryOf([0, 1, 1, 1]) ?? null }),
      entry({ pacedRate: rate, latency: summaryOf([2]) ?? null, delivery: 'exactly-once' }),
      entry({ stack: 'confluent-torch' }),
    ]);
    expect(tables.split('\n')).toEqual([
      '|  | posts/s | results | p50, ms | p90, ms | p99, ms | p99.9, ms | max, ms |',
      '| --- | --- | --- | --- | --- | --- | --- | --- |',
      '| score, at-least-once, onnx, int8 | 3000 | 4 | 1 | 1 | 1 | 1 | 1 |',
      '| score, exactly-once, onnx, int8 | 3000 | 1 | 2 | 2 | 2 | 2 | 2 |',
      '',
      'Share of the results by latency, in %:',
      '',
      '| ms | score, at-least-once, onnx, int8 | score, exactly-once, onnx, int8 |',
      '| --- | --- | --- |',
      '| 0 to 1 | 25.00 |  |',
      '| 1 to 2 | 75.00 |  |',
      '| 2 to 3 |  | 100.00 |',
    ]);
  });

  it('are none where no stack has a latency', () => {
    expect(latencyTables([entry({ stack: 'confluent-torch' })])).toBe('');
  });
});
