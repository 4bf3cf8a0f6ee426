import { z } from 'zod';
import { ALL_BRANDS } from '../contracts/ids.js';
import type { ListedBrand } from './brand-list.js';
import type { CsvColumns } from './csv.js';
import { type Series, sumOf } from './series.js';

const share = z.number().min(0).max(1).nullable();

/** How a brand stood in a time; shares and polarity are null where no post came. */
export const comparedBrandSchema = z.object({
  id: z.string(),
  name: z.string(),
  posts: z.number().int(),
  negative: z.number().int(),
  neutral: z.number().int(),
  positive: z.number().int(),
  negativeShare: share,
  neutralShare: share,
  positiveShare: share,
  polarity: z.number().min(-1).max(1).nullable().describe('Mean'),
  reach: z.number(),
  shareOfVoice: share.describe(
    'Of the posts of the brands compared, each counted for every brand that it names; null of _all',
  ),
  complete: z.boolean().describe('False where records of that time were lost'),
});
export type ComparedBrand = z.infer<typeof comparedBrandSchema>;

export interface BrandSeries {
  readonly brand: ListedBrand;
  readonly series: Series;
}

/** Brands side by side, in their order. */
export function compareBrands(compared: readonly BrandSeries[]): readonly ComparedBrand[] {
  const sums = compared.map((one) => ({ ...one, posts: sumOf(one.series.posts) }));
  const voices = sums.reduce((total, { brand, posts }) => total + (brand.id === ALL_BRANDS ? 0 : posts), 0);
  return sums.map(({ brand, series, posts }) => {
    const counts = {
      negative: sumOf(series.negative),
      neutral: sumOf(series.neutral),
      positive: sumOf(series.positive),
    };
    return {
      id: brand.id,
      name: brand.name,
      posts,
      ...counts,
      negativeShare: ratio(counts.negative, posts),
      neutralShare: ratio(counts.neutral, posts),
      positiveShare: ratio(counts.positive, posts),
      polarity: ratio(sumOf(series.polaritySum), posts),
      reach: sumOf(series.reach),
      shareOfVoice: brand.id === ALL_BRANDS ? null : ratio(posts, voices),
      complete: series.incomplete.length === 0,
    };
  });
}

export const COMPARISON_COLUMNS: CsvColumns<ComparedBrand> = {
  brand: ({ id }) => id,
  name: ({ name }) => name,
  posts: ({ posts }) => posts,
  negative: ({ negative }) => negative,
  neutral: ({ neutral }) => neutral,
  positive: ({ positive }) => positive,
  negative_share: ({ negativeShare }) => negativeShare,
  neutral_share: ({ neutralShare }) => neutralShare,
  positive_share: ({ positiveShare }) => positiveShare,
  polarity: ({ polarity }) => polarity,
  reach: ({ reach }) => reach,
  share_of_voice: ({ shareOfVoice }) => shareOfVoice,
  complete: ({ complete }) => complete,
};

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
