import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PartitionState } from '../../src/aggregation/store.js';
import { globalWatermark } from '../../src/aggregation/watermark.js';
import { epochMillis } from '../../src/contracts/ids.js';

const config = { outOfOrdernessMs: 5_000, idleAfterMs: 30_000 };

function partition(greatestEventTime?: number, idleAt?: number): PartitionState {
  const time = (value: number | undefined) => (value === undefined ? undefined : epochMillis(value));
  return {
    nextOffset: 1,
    sourceOffset: 1,
    greatestEventTime: time(greatestEventTime),
    idleAt: time(idleAt),
    watermark: undefined,
    rebuildTo: undefined,
  };
}

const at = (
  partitions: readonly PartitionState[],
  { now = 1_000_000, before }: { now?: number; before?: number } = {},
) =>
  globalWatermark(
    partitions,
    before === undefined ? undefined : epochMillis(before),
    epochMillis(now),
    config,
  );

describe('the global watermark', () => {
  it('follows the slowest partition', () => {
    expect(at([partition(900_000), partition(700_000)])).toBe(695_000);
  });

  it('waits for a partition of which nothing is known yet', () => {
    expect(at([partition(900_000), partition()])).toBeUndefined();
    expect(at([partition(900_000), partition()], { before: 500_000 })).toBe(500_000);
  });

  it('is not held back by an idle partition, whether it ever had a post or not', () => {
    expect(at([partition(900_000), partition(100_000, 990_000), partition(undefined, 990_000)])).toBe(
      895_000,
    );
  });

  it('does not believe a partition that was idle and has not been heard of since', () => {
    expect(at([partition(900_000), partition(100_000, 960_000)])).toBe(95_000);
  });

  it('follows the clock when all are idle', () => {
    expect(at([partition(900_000, 990_000), partition(800_000, 990_000)])).toBe(995_000);
  });

  it('is undefined before the first post, however long it takes', () => {
    expect(at([partition(undefined, 990_000), partition(undefined, 990_000)])).toBeUndefined();
  });

  it('never goes back', () => {
    const time = fc.option(fc.integer({ min: 0, max: 2_000_000 }), { nil: undefined });
    const states = fc.array(
      fc.tuple(time, time).map(([event, idle]) => partition(event, idle)),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(states, fc.nat(2_000_000)), { maxLength: 20 }), (passes) => {
        let before: number | undefined;
        for (const [partitions, now] of passes) {
          const watermark = at(partitions, { now, ...(before !== undefined && { before }) });
          if (before !== undefined) expect(watermark).toBeGreaterThanOrEqual(before);
          before = watermark;
        }
      }),
    );
  });
});
