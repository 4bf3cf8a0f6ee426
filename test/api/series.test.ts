import { describe, expect, it } from 'vitest';
import { fillSeries, seriesOf } from '../../src/api/series.js';
import { epochMillis } from '../../src/contracts/ids.js';
import { minute, NOON, ORBIT } from './support/posts.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('columns of windows', () => {
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
