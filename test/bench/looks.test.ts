import { describe, expect, it } from 'vitest';
import { type Look, looksAt, lookUntil, progressBetween } from './looks.js';
import type { WatchedProcess } from './watched-process.js';

const process = (cpuSeconds: readonly number[]): WatchedProcess => {
  let looked = 0;
  return {
    look: () => {
      looked += 1;
    },
    cpuSeconds: () => cpuSeconds[looked - 1] ?? Number.NaN,
    memoryMegabytes: () => 0,
    residentMegabytes: () => 0,
    ended: Promise.resolve(),
    check: () => {},
    said: () => '',
    stop: () => {},
    kill: () => {},
  };
};

/** A topic of two partitions, with more records at every look. */
const growing = (...counts: readonly number[]) => {
  let looked = 0;
  return {
    ranges: async () => {
      const half = (counts[looked] ?? 0) / 2;
      looked += 1;
      return new Map([0, 1].map((partition) => [partition, { start: half / 2, end: half }]));
    },
  };
};

describe('looks at a topic', () => {
  it('have the records of all partitions, deleted ones too, and the processor time of all processes', async () => {
    const looks = looksAt(growing(0, 10, 200), 'results', [process([1, 2, 4]), process([0.5, 1, 3])]);
    const first = await lookUntil(looks, ({ count }) => count > 0);
    const last = await lookUntil(looks, ({ count }) => count >= 200);
    expect([first, last]).toMatchObject([
      { count: 10, cpuSeconds: 3 },
      { count: 200, cpuSeconds: 7 },
    ]);
  });

  it('tell what a process said that has ended', async () => {
    const failed = {
      ...process([]),
      check: () => {
        throw new Error('it ended with status 1: no such topic');
      },
    };
    await expect(looksAt(growing(0), 'results', [failed]).next()).rejects.toThrow('no such topic');
  });
});

describe('the progress between two looks', () => {
  it('is results by time and processor time by results', () => {
    const look = (at: number, count: number, cpuSeconds: number): Look => ({ at, count, cpuSeconds });
    expect(progressBetween(look(1_000, 500, 3), look(3_000, 20_500, 7))).toEqual({
      postsPerSecond: 10_000,
      cpuMicros: 200,
    });
  });

  it('is unknown where there is none', () => {
    const look = { at: 0, count: 500, cpuSeconds: 1 };
    expect(() => progressBetween(look, { ...look, at: 50 })).toThrow('take more posts');
  });
});
