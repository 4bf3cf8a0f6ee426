import { describe, expect, it } from 'vitest';
import { evidenceOf } from '../../src/alerting/evidence.js';
import { EMPTY_SLOT, windowSeries } from '../../src/alerting/window-series.js';
import type { WindowAggregate } from '../../src/contracts/window.js';
import { feedStart, slotEnd, windowAt } from './feeds.js';

const term = (name: string, score: number) => ({ term: name, negative: 9, other: 1, score });

function seriesOf(...tellings: ReadonlyArray<Partial<WindowAggregate>>) {
  const windows = tellings.map((telling, slot) => ({ ...windowAt(slot, { negative: 9 }), ...telling }));
  return windowSeries(300_000, feedStart, slotEnd(tellings.length - 1), windows, false);
}

const series = seriesOf(
  { negativeTerms: [term('before', 9)], mostNegative: ['before'], mostNegativePolarity: [-1] },
  {
    bySource: { forum: 5, news: 4 },
    negativeTerms: [term('refund', 3), term('queue', 1)],
    mostNegative: ['a', 'b', 'c'],
    mostNegativePolarity: [-0.9, -0.7, -0.5],
    mostRepeated: [
      { id: 'b', repeats: 7 },
      { id: 'r', repeats: 3 },
    ],
  },
  {
    negativeTerms: [term('refund', 2), ...['t1', 't2', 't3', 't4', 't5'].map((name) => term(name, 1.5))],
    mostNegative: ['d'],
    mostNegativePolarity: [-0.8],
  },
);

describe('what an alert tells of the windows that fired it', () => {
  it('are sources, the most telling terms and the most negative posts of these windows alone', () => {
    expect(evidenceOf(series, 1, 3, 'negative_count')).toEqual({
      bySource: { forum: 14, news: 4 },
      terms: [
        { term: 'refund', negative: 18, other: 2 },
        ...['t1', 't2', 't3', 't4'].map((name) => ({ term: name, negative: 9, other: 1 })),
      ],
      postIds: ['a', 'd', 'b', 'c', 'r'],
    });
  });

  it('are the posts that were repeated most where the volume fired', () => {
    expect(evidenceOf(series, 1, 3, 'volume').postIds).toEqual(['b', 'r', 'a', 'd', 'c']);
  });

  it('are sources alone where windows tell no more, and nothing of rows of a file', () => {
    expect(evidenceOf(seriesOf({}), 0, 1, 'volume')).toEqual({ bySource: { forum: 9 } });
    const rows = { ...series, slots: [EMPTY_SLOT] };
    expect(evidenceOf(rows, 0, 1, 'volume')).toEqual({ bySource: {} });
    expect(evidenceOf(series, -2, 0, 'volume')).toEqual({ bySource: {} });
  });
});
