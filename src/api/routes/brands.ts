import { z } from 'zod';
import type { Clock } from '../../contracts/clock.js';
import type { BrandList, ListedBrand } from '../brand-list.js';
import { errorSchema } from '../errors.js';
import type { NamedWindows } from '../named-windows.js';
import type { Api } from '../schema.js';
import { fillSeries, joinSeries, type Series, sumOf } from '../series.js';
import { lastWindows, type WindowSpan } from '../window-span.js';
import { countParameter, namespaceParameter, tierParameter } from './parameters.js';

const MOST_RECENT_WINDOWS = 360;
const A_DAY_OF_WINDOWS = 288;

const brandSchema = z.object({
  id: z.string(),
  name: z.string(),
  builtIn: z.boolean().describe('True of _all and _other'),
  tier: tierParameter,
  from: z.number().int(),
  to: z.number().int(),
  posts: z.number().int(),
  negative: z.number().int(),
  neutral: z.number().int(),
  positive: z.number().int(),
  postsByWindow: z.array(z.number().int()).describe('In order of time, gaps filled'),
});
type BrandStanding = z.infer<typeof brandSchema>;

const querySchema = z.strictObject({
  tier: tierParameter.default('5m'),
  recent: countParameter(1, MOST_RECENT_WINDOWS)
    .default(A_DAY_OF_WINDOWS)
    .describe('Sums up so many last closed windows of the tier; a day by default'),
  namespace: namespaceParameter,
});

export interface BrandRoutesOptions {
  readonly brands: BrandList;
  readonly windows: NamedWindows;
  readonly clock: Clock;
}

export function brandRoutes(api: Api, { brands, windows, clock }: BrandRoutesOptions): void {
  api.get(
    '/v1/brands',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['brands'],
        summary: 'The brands, and how each stood lately',
        querystring: querySchema,
        response: { 200: z.object({ brands: z.array(brandSchema) }), 400: errorSchema, 404: errorSchema },
      },
    },
    async ({ query: { tier, recent, namespace } }) => {
      const reader = await windows.require(namespace);
      const watermark = await reader.watermark();
      const span = lastWindows(tier, recent, watermark ?? clock.now());
      return {
        brands: await Promise.all(
          brands.all.map(async (brand) => {
            const { id } = brand;
            const query = { ...span, brand: id, fill: true };
            const found = watermark === undefined ? [] : await reader.series(query, watermark);
            return sumUp(brand, span, joinSeries(id, found));
          }),
        ),
      };
    },
  );
}

function sumUp(brand: ListedBrand, span: WindowSpan, series: Series): BrandStanding {
  return {
    ...brand,
    ...span,
    posts: sumOf(series.posts),
    negative: sumOf(series.negative),
    neutral: sumOf(series.neutral),
    positive: sumOf(series.positive),
    postsByWindow: fillSeries(brand.id, span, series, span.to).posts,
  };
}
