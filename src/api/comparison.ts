import { z } from 'zod';
import { ALL_BRANDS } from '../contracts/ids.js';
import type { WindowAggregate } from '../contracts/window.js';
import type { ListedBrand } from './brand-list.js';
import type { CsvColumns } from './csv.js';

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

export interface BrandWindows {
  readonly brand: ListedBrand;
  readonly windows: readonly WindowAggregate[];
}

/** Brands side by side, in their order. */
export function compareBrands(compared: readonly BrandWindows[]): readonly ComparedBrand[] {
  const sums = compared.map(({ brand, windows }) => ({ brand, windows, posts: sum(windows, 'posts') }));
  const voices = sums.reduce((total, { brand, posts }) => total + (brand.id === ALL_BRANDS ? 0 : posts), 0);
  return sums.map(({ brand, windows, posts }) => {
    const counts = {
      negative: sum(windows, 'negative'),
      neutral: sum(windows, 'neutral'),
      positive: sum(windows, 'positive'),
    };
    return {
      id: brand.id,
      name: brand.name,
      posts,
      ...counts,
      negativeShare: ratio(counts.negative, posts),
      neutralShare: ratio(counts.neutral, posts),
      positiveShare: ratio(counts.positive, posts),
      polarity: ratio(sum(windows, 'polaritySum'), posts),
      reach: sum(windows, 'reach'),
      shareOfVoice: brand.id === ALL_BRANDS ? null : ratio(posts, voices),
      complete: windows.every(({ complete }) => complete),
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

type Summed = 'posts' | 'negative' | 'neutral' | 'positive' | 'polaritySum' | 'reach';

function sum(windows: readonly WindowAggregate[], name: Summed): number {
  return windows.reduce((total, window) => total + window[name], 0);
}

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
