import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../src/alerting/detectors/detector.js';
import { detectSpike } from '../../src/alerting/detectors/spike.js';
import { windowSeries } from '../../src/alerting/window-series.js';
import {
  defaultRule,
  feed,
  feedStart,
  poisson,
  seededRandom,
  slotEnd,
  type WindowCounts,
  windowAt,
} from './feeds.js';

const { threshold, minPosts } = defaultRule;

/** What the default rule says of the last of these windows. */
function lastOf(counts: readonly WindowCounts[]): Evaluation {
  const windows = counts.map((count, slot) => windowAt(slot, count)).filter(({ posts }) => posts > 0);
  const series = windowSeries('5m', feedStart, slotEnd(counts.length - 1), windows);
  return detectSpike(series, counts.length - 1, defaultRule, feedStart);
}

function scoreOf(negatives: readonly number[]): number {
  const evaluation = lastOf(negatives.map((negative) => ({ negative })));
  if (evaluation.kind === 'held') throw new Error(`held: ${evaluation.reason}`);
  return evaluation.measurement.observed < minPosts ? 0 : evaluation.measurement.score;
}

const days = (counts: readonly number[]) =>
  Array.from({ length: 78 }, (_, slot) => counts[slot % counts.length] ?? 0);

describe('the score of the newest windows', () => {
  it('is low for a count as usual', () => {
    expect(scoreOf([...days([20, 18, 23, 21]), 22])).toBeLessThan(2);
  });

  it('passes the threshold when a brand with hardly any negative posts has many', () => {
    expect(scoreOf([...days([0, 1, 2, 0, 1]), 22])).toBeGreaterThan(threshold);
  });

  it('passes it for thousands a window when they double and more', () => {
    expect(scoreOf([...days([4_800, 5_100, 5_000]), 11_000])).toBeGreaterThan(threshold);
  });

  it('does not pass it for a growth by half, however many posts make it certain', () => {
    expect(scoreOf([...days([4_800, 5_100, 5_000]), 7_500])).toBeLessThan(threshold);
  });

  it('does not fire on a handful after constant silence', () => {
    expect(scoreOf([...days([0]), 1])).toBe(0);
    expect(scoreOf([...days([0]), 8])).toBeLessThan(threshold);
    expect(scoreOf([...days([0]), 12])).toBeGreaterThan(threshold);
  });

  it('sees a surge that is spread over neighbouring windows', () => {
    const spread = [...days([1]), 9, 9, 9];
    expect(scoreOf([...days([1]), 9])).toBeLessThan(threshold);
    const evaluation = lastOf(spread.map((negative) => ({ negative })));
    expect(evaluation).toMatchObject({
      kind: 'measured',
      measurement: { observed: 27, baseline: { width: 3, expected: 3 } },
    });
    expect(scoreOf(spread)).toBeGreaterThan(threshold);
  });

  it('does not move when earlier surges are within its baseline', () => {
    const surges = days([10]).map((usual, slot) => (slot % 8 === 0 ? 400 : usual));
    expect(scoreOf([...surges.slice(0, -3), 10, 10, 10, 40])).toBeGreaterThan(threshold);
  });

  it('leaves the newest windows out of the baseline, so that a surge that builds up is still one', () => {
    expect(scoreOf([...days([10]), 15, 20, 26, 34, 45])).toBeGreaterThan(threshold);
  });

  it('is low for a storm of posts that are not negative', () => {
    const storm = lastOf([
      ...days([2]).map((negative) => ({ negative, neutral: 5 })),
      { negative: 2, neutral: 4_000 },
    ]);
    expect(storm).toMatchObject({ kind: 'measured' });
    if (storm.kind === 'measured') expect(storm.measurement.score).toBeLessThan(2);
  });
});

describe('an evaluation is held', () => {
  it('with less than a quarter of the baseline', () => {
    const short = Array.from({ length: 23 }, () => ({ negative: 1 }));
    expect(lastOf([...short])).toMatchObject({ kind: 'held', reason: 'too-little-history' });
    expect(lastOf([...short, { negative: 1 }])).toMatchObject({ kind: 'measured' });
  });

  it('where records of the newest windows were lost', () => {
    const usual = days([1]).map((negative) => ({ negative }));
    const lost = { negative: 50, complete: false };
    expect(lastOf([...usual, lost])).toMatchObject({ kind: 'held', reason: 'incomplete' });
    expect(lastOf([...usual, lost, { negative: 50 }])).toMatchObject({ kind: 'held' });
  });

  it('before the first known window, since silence means nothing there', () => {
    const series = windowSeries('5m', feedStart, slotEnd(99), feed([...new Array<number>(99).fill(0), 50]));
    expect(detectSpike(series, 99, defaultRule, undefined)).toMatchObject({ kind: 'held' });
  });
});

describe('noise', () => {
  it.each([1, 10, 100, 1_000])('of %i negative posts an hour stays below the threshold', (perHour) => {
    const random = seededRandom(perHour);
    const counts = Array.from({ length: 1_500 }, () => poisson(perHour / 12, random));
    const series = windowSeries('5m', feedStart, slotEnd(counts.length - 1), feed(counts));
    const scores = counts.map((_, index) => detectSpike(series, index, defaultRule, feedStart));
    const firing = scores.filter(
      (evaluation) =>
        evaluation.kind === 'measured' &&
        evaluation.measurement.observed >= minPosts &&
        evaluation.measurement.score >= threshold,
    );
    expect(firing).toEqual([]);
  });
});

describe('a surge in noise', () => {
  it.each([
    { perHour: 1_000, growth: 3, windows: 1 },
    { perHour: 180, growth: 3, windows: 6 },
    { perHour: 48, growth: 10, windows: 1 },
    { perHour: 20, growth: 10, windows: 3 },
  ])('of $growth times $perHour negative posts an hour is seen within $windows windows', (surge) => {
    const { perHour, growth, windows } = surge;
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seededRandom(seed);
      const usual = Array.from({ length: 80 }, () => poisson(perHour / 12, random));
      const grown = Array.from({ length: windows }, () => poisson((growth * perHour) / 12, random));
      const scores = grown.map((_, index) => scoreOf([...usual, ...grown.slice(0, index + 1)]));
      expect(Math.max(...scores)).toBeGreaterThan(threshold);
    }
  });
});
