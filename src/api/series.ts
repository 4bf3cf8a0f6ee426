import { z } from 'zod';
import type { BrandId } from '../contracts/ids.js';
import type { WindowAggregate } from '../contracts/window.js';
import type { CsvColumns } from './csv.js';
import { csvTime } from './csv.js';

const column = z.array(z.number());

/** Windows of a brand as columns: the i-th entry of each belongs to the i-th window. */
export const seriesSchema = z.object({
  brand: z.string(),
  start: column.describe('Milliseconds since the epoch, in order of time'),
  posts: column,
  negative: column,
  neutral: column,
  positive: column,
  polaritySum: column.describe('The mean polarity is polaritySum / posts'),
  reach: column,
  incomplete: column.describe('Starts of those for which records were lost'),
});
export type Series = z.infer<typeof seriesSchema>;

/** Twenty brands' days of minutes are 28,800 windows: as columns they are a tenth of what they are as objects. */
export function seriesOf(brand: BrandId, windows: readonly WindowAggregate[]): Series {
  const series: Series = {
    brand,
    start: [],
    posts: [],
    negative: [],
    neutral: [],
    positive: [],
    polaritySum: [],
    reach: [],
    incomplete: [],
  };
  for (const window of windows) {
    series.start.push(window.start);
    series.posts.push(window.posts);
    series.negative.push(window.negative);
    series.neutral.push(window.neutral);
    series.positive.push(window.positive);
    series.polaritySum.push(window.polaritySum);
    series.reach.push(window.reach);
    if (!window.complete) series.incomplete.push(window.start);
  }
  return series;
}

/** Windows as rows of a spreadsheet. */
export const WINDOW_COLUMNS: CsvColumns<WindowAggregate> = {
  brand: ({ brand }) => brand,
  start: ({ start }) => csvTime(start),
  end: ({ end }) => csvTime(end),
  posts: ({ posts }) => posts,
  negative: ({ negative }) => negative,
  neutral: ({ neutral }) => neutral,
  positive: ({ positive }) => positive,
  polarity: ({ polaritySum, posts }) => (posts > 0 ? polaritySum / posts : undefined),
  reach: ({ reach }) => reach,
  complete: ({ complete }) => complete,
  final: ({ final }) => final,
};
