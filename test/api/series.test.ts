import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutSeries, fillSeries, isWhole, joinSeries, seriesJson, seriesOf } from '../../src/api/series.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { minute, NOON, ORBIT } from './support/posts.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const minutes = fc
  .uniqueArray(fc.nat(20), { maxLength: 12 })
  .map((at) => at.toSorted((a, b) => a - b).map((i) => NOON + i * MINUTE));

describe('columns of windows', () => {
  it('are the same JSON in one piece and put together from parts, some of them empty', () => {
    const counts = fc.record({
      posts: fc.nat(9),
      polaritySum: fc.double({ noNaN: true, min: -1e3, max: 1e3 }),
      complete: fc.boolean(),
    });
    fc.assert(
      fc.property(
        minutes,
        fc.array(counts, { minLength: 12, maxLength: 12 }),
        fc.nat(20),
        (starts, all, at) => {
          const series = seriesOf(
            ORBIT,
            starts.map((start, i) => minute(ORBIT, start, all[i])),
          );
          const cut = NOON + at * MINUTE;
          const parts = [
            cutSeries(series, NOON, cut),
            cutSeries(series, cut, cut),
            cutSeries(series, cut, NOON + HOUR),
          ];
          expect(joinSeries(ORBIT, parts)).toEqual(series);
          // The second time they are known.
          for (const _ of [1, 2]) expect(seriesJson(ORBIT, parts).toString()).toBe(JSON.stringify(series));
        },
      ),
    );
  });

  it('are whole where filling them changes nothing', () => {
    fc.assert(
      fc.property(minutes, fc.nat(20), fc.nat(25), fc.nat(25), (starts, first, length, closed) => {
        const from = epochMillis(NOON + first * MINUTE);
        const span = { tier: '1m', from, to: epochMillis(from + length * MINUTE) } as const;
        const closedUntil = epochMillis(NOON + closed * MINUTE);
        const series = cutSeries(
          seriesOf(
            ORBIT,
            starts.map((start) => minute(ORBIT, start)),
          ),
          span.from,
          span.to,
        );
        const filled = fillSeries(ORBIT, span, series, closedUntil);
        const same = JSON.stringify(filled.start) === JSON.stringify(series.start);
        expect(isWhole(span, [series], closedUntil)).toBe(same);
      }),
    );
  });

  it('are filled with zeros where no post came', () => {
    const span = { tier: '1m', from: epochMillis(NOON), to: epochMillis(NOON + 3 * MINUTE) } as const;
    const series = seriesOf(ORBIT, [minute(ORBIT, NOON + MINUTE, { posts: 7 })]);
    expect(fillSeries(ORBIT, span, series, span.to).posts).toEqual([0, 7, 0]);
  });

  it('are left as they are for days, which begin when the brand’s time zone says', () => {
    const berlin = NOON - 13 * HOUR;
    const span = {
      tier: '1d',
      from: epochMillis(NOON - 36 * HOUR),
      to: epochMillis(NOON + 12 * HOUR),
    } as const;
    const day = {
      ...minute(ORBIT, berlin, { posts: 7 }),
      tier: '1d',
      end: epochMillis(berlin + 24 * HOUR),
    } as const;
    const filled = fillSeries(ORBIT, span, seriesOf(ORBIT, [day]), span.to);
    expect(filled).toMatchObject({ start: [berlin], posts: [7] });
  });
});
