import { z } from 'zod';
import type { BrandId } from '../../contracts/ids.js';
import type { WindowAggregate } from '../../contracts/window.js';
import {
  type MergedSamples,
  type MergedTerm,
  mergeSamples,
  mergeTerms,
  type WindowWithSamples,
  type WindowWithTerms,
} from '../../contracts/window-digest.js';
import { windowsInParts } from '../../contracts/window-reader.js';
import type { BrandList } from '../brand-list.js';
import { type CsvCell, type CsvColumns, sendCsv, toCsv, wantsCsv } from '../csv.js';
import { errorSchema } from '../errors.js';
import { jsonOrCsv } from '../openapi.js';
import type { Api } from '../schema.js';
import type { AskedSpan } from '../window-span.js';
import { countParameter, tierParameter } from './parameters.js';
import { type LocateOptions, locate, spanParameters, spanSchema } from './span.js';

const MOST_SHOWN = 100;
const params = z.object({ brand: z.string() });
const count = z.number().int();

const termSchema = z.object({
  term: z.string(),
  negative: count.describe('Mentions in negative posts, in the windows that name the term'),
  other: count.describe('Mentions in the other posts of these windows'),
  score: z
    .number()
    .describe('Standard deviations beyond chance; a window that does not name the term counts as 0'),
  windows: count.describe('Windows that name the term among their ten most telling ones'),
});
const negativePostSchema = z.object({
  id: z.string(),
  polarity: z.number().min(-1).max(1).optional().describe('Missing in windows of older versions'),
});
const repeatedPostSchema = z.object({
  id: z.string(),
  repeats: count.describe('How often its text came again within the windows that name the post'),
});

const TERM_COLUMNS: CsvColumns<MergedTerm> = {
  term: ({ term }) => term,
  negative: ({ negative }) => negative,
  other: ({ other }) => other,
  score: ({ score }) => score,
  windows: ({ windows }) => windows,
};

interface SampleRow {
  readonly id: string;
  readonly kind: 'negative' | 'repeated';
  readonly polarity?: number;
  readonly repeats?: number;
}
const SAMPLE_COLUMNS: CsvColumns<SampleRow> = {
  kind: ({ kind }) => kind,
  id: ({ id }) => id,
  polarity: ({ polarity }): CsvCell => polarity,
  repeats: ({ repeats }): CsvCell => repeats,
};

export interface TermsAndSamplesOptions extends LocateOptions {
  readonly brands: BrandList;
}

export function termsAndSamplesRoutes(api: Api, options: TermsAndSamplesOptions): void {
  const { brands } = options;

  api.get(
    '/v1/brands/:brand/terms',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['windows'],
        summary: 'Terms that tell negative posts from the others, over all windows of a time',
        params,
        querystring: z.strictObject({
          tier: tierParameter.exclude(['10s']).default('1h').describe('Size of the windows that are merged'),
          ...spanParameters,
          limit: countParameter(1, MOST_SHOWN).default(20),
        }),
        response: {
          200: jsonOrCsv(spanSchema.extend({ brand: z.string(), terms: z.array(termSchema) })),
          400: errorSchema,
          404: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const { format, limit, ...asked } = request.query;
      const brand = brands.require(request.params.brand);
      const { found, ...span } = await read(
        brand,
        asked,
        options,
        ({ negativeTerms }): WindowWithTerms => ({
          negativeTerms,
        }),
      );
      const terms = mergeTerms(found).slice(0, limit);
      if (wantsCsv(request, format)) return sendCsv(reply, `${brand}-terms`, toCsv(TERM_COLUMNS, terms));
      return { brand, ...span, terms };
    },
  );

  api.get(
    '/v1/brands/:brand/samples',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['windows'],
        summary: 'Ids of the most negative and of the most repeated posts of a time',
        description: 'Each window names five of each at most.',
        params,
        querystring: z.strictObject({
          tier: tierParameter.default('1h').describe('Size of the windows that are merged'),
          ...spanParameters,
          limit: countParameter(1, MOST_SHOWN).default(10).describe('Of each kind'),
        }),
        response: {
          200: jsonOrCsv(
            spanSchema.extend({
              brand: z.string(),
              mostNegative: z.array(negativePostSchema),
              mostRepeated: z.array(repeatedPostSchema),
            }),
          ),
          400: errorSchema,
          404: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const { format, limit, ...asked } = request.query;
      const brand = brands.require(request.params.brand);
      const { found, ...span } = await read(
        brand,
        asked,
        options,
        ({ mostNegative, mostNegativePolarity, mostRepeated }): WindowWithSamples => ({
          mostNegative,
          mostNegativePolarity,
          mostRepeated,
        }),
      );
      const merged = mergeSamples(found);
      const samples: MergedSamples = {
        mostNegative: merged.mostNegative.slice(0, limit),
        mostRepeated: merged.mostRepeated.slice(0, limit),
      };
      if (wantsCsv(request, format))
        return sendCsv(reply, `${brand}-samples`, toCsv(SAMPLE_COLUMNS, rowsOf(samples)));
      return { brand, ...span, ...samples };
    },
  );
}

/** Of each closed window in the span what is asked for, and nothing more: they may be thousands. */
async function read<Part>(
  brand: BrandId,
  asked: AskedSpan & { readonly namespace?: string | undefined },
  options: LocateOptions,
  partOf: (window: WindowAggregate) => Part,
) {
  const { reader, watermark, span } = await locate(asked, 1, options);
  const found: Part[] = [];
  for await (const windows of windowsInParts(reader, { brand, ...span })) found.push(...windows.map(partOf));
  return { ...span, watermark: watermark ?? null, found };
}

function rowsOf({ mostNegative, mostRepeated }: MergedSamples): readonly SampleRow[] {
  return [
    ...mostNegative.map((post) => ({ kind: 'negative' as const, ...post })),
    ...mostRepeated.map((post) => ({ kind: 'repeated' as const, ...post })),
  ];
}
