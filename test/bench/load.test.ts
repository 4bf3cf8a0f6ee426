import { describe, expect, it } from 'vitest';
import { writePaced } from './load.js';

/** What a write was asked for, in the order of the writes. */
type Range = readonly [from: number, to: number];

describe('posts at a pace', () => {
  it('come on while none of their writes is acknowledged, each once and in order', async () => {
    const ranges: Range[] = [];
    let acknowledge = (): void => {};
    const acknowledged = new Promise<void>((resolve) => {
      acknowledge = resolve;
    });
    const next = await writePaced(
      (from, to) => {
        ranges.push([from, to]);
        // None of them before the last one has come.
        if (to === 300) acknowledge();
        return acknowledged;
      },
      100,
      300,
      5_000,
    );
    expect(next).toBe(300);
    expect(ranges.length).toBeGreaterThan(1);
    expect(ranges[0]?.[0]).toBe(100);
    for (const [i, [from]] of ranges.slice(1).entries()) expect(from).toBe(ranges[i]?.[1]);
  });

  it('end early when they are told to, with the number that would have come next', async () => {
    const stop = new AbortController();
    let written = 0;
    const next = await writePaced(
      async (_, to) => {
        written = to;
        stop.abort();
      },
      0,
      1_000_000,
      1_000,
      stop.signal,
    );
    expect(next).toBe(written);
    expect(next).toBeLessThan(1_000_000);
  });

  it('end with the error of a write that failed', async () => {
    const refused = writePaced(() => Promise.reject(new Error('no leader')), 0, 1_000_000, 1_000);
    await expect(refused).rejects.toThrow('no leader');
  });
});
