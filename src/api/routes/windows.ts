import { z } from 'zod';
import type { Clock } from '../../contracts/clock.js';
import { windowAggregateSchema } from '../../contracts/window.js';
import type { BrandList } from '../brand-list.js';
import { errorSchema } from '../errors.js';
import type { NamedWindows } from '../named-windows.js';
import type { Api } from '../schema.js';
import { fillGaps, MOST_WINDOWS, windowSpan } from '../window-span.js';
import { flagParameter, namespaceParameter, tierParameter, timeParameter } from './parameters.js';

const windowsSchema = z.object({
  brand: z.string(),
  tier: tierParameter,
  from: z.number().int().describe('First start asked for'),
  to: z.number().int().describe('Starts are before it'),
  watermark: z
    .number()
    .int()
    .nullable()
    .describe('Windows that end at or before it are closed; null before the first post'),
  windows: z.array(windowAggregateSchema),
});

const countersSchema = z.object({
  counters: z.object({
    counted: z.number().int(),
    late: z.number().int(),
    future: z.number().int(),
    old: z.number().int(),
    duplicates: z.number().int(),
    edits: z.number().int(),
    deletions: z.number().int(),
    gaps: z.number().int(),
  }),
  watermark: z.number().int().nullable(),
  rebuilding: z
    .object({
      partitions: z.number().int(),
      records: z.number().int().describe('Results that are still to be read again'),
    })
    .nullable()
    .describe(
      'Not null while windows are counted again because their store has lost its data: some are missing or too small then, and no alert changes',
    ),
});

export interface WindowRoutesOptions {
  readonly brands: BrandList;
  readonly windows: NamedWindows;
  readonly clock: Clock;
}

export function windowRoutes(api: Api, { brands, windows, clock }: WindowRoutesOptions): void {
  api.get(
    '/v1/brands/:brand/windows',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['windows'],
        summary: `A brand's closed windows in order of time, ${MOST_WINDOWS} at most`,
        params: z.object({ brand: z.string() }),
        querystring: z.strictObject({
          tier: tierParameter.default('1m'),
          from: timeParameter.optional(),
          to: timeParameter.optional(),
          namespace: namespaceParameter,
          fill: flagParameter
            .default(false)
            .describe('Fills closed windows without posts with zeros; they are left out otherwise'),
        }),
        response: { 200: windowsSchema, 400: errorSchema, 404: errorSchema },
      },
    },
    async ({ params, query: { fill, namespace, ...asked } }) => {
      const brand = brands.require(params.brand);
      const reader = await windows.require(namespace);
      const watermark = await reader.watermark();
      const span = windowSpan(asked, watermark ?? clock.now());
      const found = await reader.windows({ brand, ...span });
      const filled = fill && watermark !== undefined ? fillGaps(brand, span, found, watermark) : found;
      return { brand, ...span, watermark: watermark ?? null, windows: filled };
    },
  );

  api.get(
    '/v1/counters',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['windows'],
        summary: 'Posts counted and left out, and how far the windows are closed',
        querystring: z.strictObject({ namespace: namespaceParameter }),
        response: { 200: countersSchema, 400: errorSchema, 404: errorSchema },
      },
    },
    async ({ query: { namespace } }) => {
      const reader = await windows.require(namespace);
      const [counters, watermark, rebuilding] = await Promise.all([
        reader.counters(),
        reader.watermark(),
        reader.rebuilding(),
      ]);
      return { counters, watermark: watermark ?? null, rebuilding: rebuilding ?? null };
    },
  );
}
