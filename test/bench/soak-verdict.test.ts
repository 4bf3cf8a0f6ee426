import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growthPercentOf, problemsOf, type Sample, soakTable, sparkline, trendsOf } from './soak-verdict.js';

const LIMITS = { growthPercent: 5, megabytes: 600, lag: 1_000 };

/** Half an hour with a sample every 5 s. */
const samplesOf = (figures: (seconds: number) => Partial<Sample>): readonly Sample[] =>
  Array.from({ length: 360 }, (_, i) => ({
    seconds: 5 * i,
    resident: 400,
    heap: 90,
    external: 50,
    lag: 200,
    cpuMicros: 120,
    ...figures(5 * i),
  }));
const judge = (samples: readonly Sample[], peak = 450) => problemsOf(trendsOf(samples), peak, LIMITS);

describe('a soak', () => {
  it('passes where memory goes up and down and stays the same', () => {
    const samples = samplesOf((seconds) => ({ resident: 400 + 40 * Math.sin(seconds / 30) }));
    expect(judge(samples)).toEqual([]);
  });

  it('fails where memory grows by more than a twentieth, whatever it does in between', () => {
    const samples = samplesOf((seconds) => ({ resident: 400 + seconds / 72 + 40 * Math.sin(seconds / 30) }));
    expect(judge(samples)).toEqual([expect.stringMatching(/^memory grew by [56]\.\d %, more than 5 %$/)]);
  });

  it('fails where it needs too much', () => {
    expect(
      judge(
        samplesOf(() => ({})),
        601,
      ),
    ).toEqual(['it had 601 MB, more than 600 MB']);
  });

  it('fails where the lag grows, but not for a lag that comes and goes', () => {
    expect(judge(samplesOf((seconds) => ({ lag: seconds === 900 ? 50_000 : 200 })))).toEqual([]);
    expect(judge(samplesOf((seconds) => ({ lag: 2 * seconds })))).toEqual([
      'the lag grew by 3590 posts, more than the 1000 of a second',
    ]);
  });

  it('fails where nothing could be sampled', () => {
    expect(
      judge(
        samplesOf(() => ({ resident: Number.NaN })),
        Number.NaN,
      ),
    ).toHaveLength(2);
  });

  it('finds the line that the samples lie on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: -5, max: 5 }), (start, slope) => {
        const { heap } = trendsOf(samplesOf((seconds) => ({ heap: start + slope * seconds })));
        expect(heap.start).toBeCloseTo(start, 6);
        expect(heap.end).toBeCloseTo(start + slope * 1_795, 6);
        expect(growthPercentOf({ start: 100, end: 104, highest: 110 })).toBe(4);
      }),
    );
  });
});

describe('the table of a soak', () => {
  it('has a row a figure, with its course', () => {
    const samples = samplesOf((seconds) => ({ resident: seconds < 900 ? 200 : 400 }));
    const rows = soakTable(trendsOf(samples.slice(180)), samples).split('\n');
    expect(rows).toHaveLength(7);
    expect(rows[2]).toBe(`| resident, MB | 400 | 400 | 0.0 | 400 | \`${'▅'.repeat(20)}${'█'.repeat(20)}\` |`);
    expect(rows[5]).toMatch(/^\| lag, posts \| 200 \| 200 \| {2}\| 200 \|/);
    expect(rows[6]).toMatch(/^\| processor, µs a post \| 120 \| 120 \| 0\.0 \| 120 \|/);
  });

  it('draws nothing as the lowest block', () => {
    expect(sparkline([0, 0, 0])).toBe('▁▁▁');
    expect(sparkline([0, 7])).toBe('▁█');
  });
});
