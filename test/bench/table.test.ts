import { describe, expect, it } from 'vitest';
import type { Figures } from './measure.js';
import type { Stack } from './stacks.js';
import { comparisonOf, entryOf, partsOf, tableOf } from './table.js';

const stack = (own: Partial<Stack>): Stack => ({
  stack: 'sentiflux',
  delivery: 'at-least-once',
  engine: 'onnx',
  precision: 'int8',
  packages: [],
  isEndless: false,
  install: () => undefined,
  start: () => {
    throw new Error('nothing is started here');
  },
  ...own,
});
const round = (postsPerSecond: number, written: readonly number[] = []): Figures => ({
  postsPerSecond,
  cpuMicros: 250.4,
  memoryMegabytes: 300.4,
  agreement: 0.99876,
  latencies: { written, read: written.map((millis) => millis + 10) },
});
const entry = (own: Partial<Stack>, rates: readonly number[]) =>
  entryOf({ stack: stack(own), rounds: rates.map((rate) => round(rate)), missing: undefined }, 20);

describe('an entry', () => {
  it('has the least, the middle and the greatest of the rounds, in whatever order they were', () => {
    expect(entry({}, [900, 1_100.4, 1_000]).postsPerSecond).toEqual({ min: 900, median: 1_000, max: 1_100 });
    expect(entry({}, [900, 1_100.4, 1_000]).tokensPerSecond).toEqual({
      min: 18_000,
      median: 20_000,
      max: 22_008,
    });
  });

  it('has no latency where none was measured', () => {
    expect(entry({}, [900]).p99Millis).toBeNull();
    const latencies = Array.from({ length: 100 }, (_, i) => i + 1);
    const measured = entryOf({ stack: stack({}), rounds: [round(900, latencies)], missing: undefined }, 20);
    expect(measured.p50Millis?.median).toBe(51);
    expect(measured.p99Millis?.median).toBe(100);
    expect(measured.readP99Millis?.median).toBe(110);
  });

  it('says why a stack is missing, and has no rate then', () => {
    const peer = stack({ stack: 'quix-onnxruntime' });
    const missing = entryOf({ stack: peer, rounds: [], missing: 'no Python | here' }, 20);
    expect(missing).toMatchObject({ postsPerSecond: null, missing: 'no Python | here' });
    expect(tableOf([missing]).split('\n')[2]).toBe(
      '| quix-onnxruntime | at-least-once | onnx | int8 | missing: no Python here |  |  |  |  |  |  |  |',
    );
  });
});

describe('the parts of the worker', () => {
  it('are compared with all of it, by the medians', () => {
    const parts = [
      { score: 100, consume: 20, produce: 40 },
      { score: 110, consume: 10, produce: 30 },
      { score: 500, consume: 15, produce: 35 },
    ];
    expect(partsOf(parts, [entry({ roles: 'score' }, [1_000])])).toBe(
      "Processor time of a post, each alone: the network in int8 110 µs, kafkajs' consumer 15 µs, its producer 35 µs, " +
        'together 160 µs; the worker takes 250 µs, 1.56 times as much.',
    );
  });

  it('are left out where the worker was not measured', () => {
    expect(partsOf([], [entry({ stack: 'confluent-torch' }, [1_000])])).toBe('');
  });
});

describe('the comparison', () => {
  it('takes the fastest peer of each precision, by the medians', () => {
    const entries = [
      entry({ roles: 'score' }, [6_000]),
      entry({ stack: 'confluent-torch', engine: 'torch', precision: 'float32' }, [2_000, 4_000, 3_000]),
      entry({ stack: 'quix-onnxruntime', precision: 'float32' }, [1_000]),
      entry({ stack: 'confluent-onnxruntime' }, [5_000]),
      entry({ stack: 'kafkajs-tfjs-node', engine: 'tfjs-node', precision: 'float32' }, [300]),
    ];
    expect(comparisonOf(entries)).toContain(
      '- score, at-least-once, onnx, int8: 2.00 times the best float32 peer (confluent-torch), ' +
        '1.20 times the best int8 peer (confluent-onnxruntime), 20.00 times kafkajs-tfjs-node.',
    );
  });

  it('says nothing where only our own were measured', () => {
    expect(comparisonOf([entry({ roles: 'score' }, [6_000])])).toBe('');
  });
});
