import { z } from 'zod';
import type { BrandId, EpochMillis } from '../../contracts/ids.js';
import { type WindowAggregate, windowAggregateSchema } from '../../contracts/window.js';
import type { WindowText } from '../../contracts/window-reader.js';
import type { BrandList } from '../brand-list.js';
import { COMPARISON_COLUMNS, compareBrands, comparedBrandSchema } from '../comparison.js';
import { type CsvColumns, csvTime, sendCsv, toCsv, wantsCsv } from '../csv.js';
import { errorSchema } from '../errors.js';
import { jsonOrCsv } from '../openapi.js';
import type { Api } from '../schema.js';
import { joinSeries, seriesJson, seriesSchema } from '../series.js';
import { type AskedSpan, emptyWindow, fillGaps, MOST_WINDOWS, MOST_WINDOWS_OF_ALL } from '../window-span.js';
import { brandsParameter, flagParameter, tierParameter } from './parameters.js';
import { type LocateOptions, locate, spanParameters, spanSchema } from './span.js';

const JSON_TYPE = 'application/json; charset=utf-8';

const fill = flagParameter
  .default(false)
  .describe('Fills closed windows without posts with zeros; they are left out otherwise');

/** Windows as rows of a spreadsheet. */
const WINDOW_COLUMNS: CsvColumns<WindowAggregate> = {
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

export interface WindowRoutesOptions extends LocateOptions {
  readonly brands: BrandList;
}

interface AskedWindows extends AskedSpan {
  readonly brands: readonly BrandId[];
  readonly namespace?: string | undefined;
  readonly fill: boolean;
}

export function windowRoutes(api: Api, options: WindowRoutesOptions): void {
  const { brands } = options;

  api.get(
    '/v1/brands/:brand/windows',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['windows'],
        summary: `A brand's closed windows in order of time, ${MOST_WINDOWS} at most`,
        params: z.object({ brand: z.string() }),
        querystring: z.strictObject({ tier: tierParameter.default('1m'), ...spanParameters, fill }),
        response: {
          200: jsonOrCsv(spanSchema.extend({ brand: z.string(), windows: z.array(windowAggregateSchema) })),
          400: errorSchema,
          404: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const { format, ...asked } = request.query;
      const brand = brands.require(request.params.brand);
      if (wantsCsv(request, format)) {
        const { windows, tier } = await readWindows({ ...asked, brands: [brand] }, options);
        return sendCsv(reply, `${brand}-${tier}`, toCsv(WINDOW_COLUMNS, windows.flat()));
      }
      const { texts, ...span } = await readTexts(brand, asked, options);
      // As the serializer would make it: a day of minutes is 3 MB, which stands in the store as it is to be sent.
      return reply.type(JSON_TYPE).send(jsonWith({ brand, ...span }, 'windows', texts));
    },
  );

  api.get(
    '/v1/windows',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['windows'],
        summary: `Closed windows of several brands, as columns; ${MOST_WINDOWS_OF_ALL} at most`,
        querystring: z.strictObject({
          brands: brandsParameter,
          tier: tierParameter.default('1m'),
          ...spanParameters,
          fill,
        }),
        response: {
          200: jsonOrCsv(spanSchema.extend({ series: z.array(seriesSchema) })),
          400: errorSchema,
          404: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const { format, ...asked } = request.query;
      const ids = asked.brands.map(brands.require);
      if (wantsCsv(request, format)) {
        const { windows, tier } = await readWindows({ ...asked, brands: ids }, options);
        return sendCsv(reply, `windows-${tier}`, toCsv(WINDOW_COLUMNS, windows.flat()));
      }
      const { parts, ...span } = await readSeries({ ...asked, brands: ids }, options);
      // As the serializer would make it of objects: a day of minutes of twenty brands are 1.4 MB, of which most is known.
      const series = ids.map((brand, i) => seriesJson(brand, parts[i] ?? []));
      return reply.type(JSON_TYPE).send(jsonWith(span, 'series', series));
    },
  );

  api.get(
    '/v1/compare',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['windows'],
        summary: 'Brands side by side: volume, shares, polarity and share of voice in a time',
        querystring: z.strictObject({
          brands: brandsParameter,
          tier: tierParameter.default('1h').describe('Size of the windows that are summed up'),
          ...spanParameters,
        }),
        response: {
          200: jsonOrCsv(spanSchema.extend({ brands: z.array(comparedBrandSchema) })),
          400: errorSchema,
          404: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const { format, ...asked } = request.query;
      const listed = asked.brands.map(brands.find);
      const ids = listed.map(({ id }) => id);
      const { parts, ...span } = await readSeries({ ...asked, brands: ids, fill: false }, options);
      const compared = compareBrands(
        listed.map((brand, i) => ({ brand, series: joinSeries(brand.id, parts[i] ?? []) })),
      );
      if (wantsCsv(request, format)) return sendCsv(reply, 'comparison', toCsv(COMPARISON_COLUMNS, compared));
      return { ...span, brands: compared };
    },
  );
}

/** In the order in which the brands were asked for. */
async function readWindows(asked: AskedWindows, options: WindowRoutesOptions) {
  const { reader, watermark, span } = await locate(asked, asked.brands.length, options);
  const windows = await Promise.all(
    asked.brands.map(async (brand) => {
      const found = await reader.windows({ brand, ...span });
      return asked.fill && watermark !== undefined
        ? fillGaps(span, found, watermark, (start) => emptyWindow(brand, span.tier, start))
        : found;
    }),
  );
  return { ...span, watermark: watermark ?? null, windows };
}

/** The same of one brand, each as JSON in bytes. */
async function readTexts(brand: BrandId, asked: Omit<AskedWindows, 'brands'>, options: WindowRoutesOptions) {
  const { reader, watermark, span } = await locate(asked, 1, options);
  const found = watermark === undefined ? [] : await reader.texts({ brand, ...span }, watermark);
  const empty = (start: EpochMillis): WindowText => ({
    start,
    json: Buffer.from(JSON.stringify(emptyWindow(brand, span.tier, start))),
  });
  const windows = asked.fill && watermark !== undefined ? fillGaps(span, found, watermark, empty) : found;
  return { ...span, watermark: watermark ?? null, texts: windows.map(({ json }) => json) };
}

/** The same as columns, of each brand in parts in order of time. */
async function readSeries(asked: AskedWindows, options: WindowRoutesOptions) {
  const { reader, watermark, span } = await locate(asked, asked.brands.length, options);
  const { fill } = asked;
  const parts = await Promise.all(
    asked.brands.map(async (brand) =>
      watermark === undefined ? [] : reader.series({ brand, ...span, fill }, watermark),
    ),
  );
  return { ...span, watermark: watermark ?? null, parts };
}

const COMMA = Buffer.from(',');

/** JSON of an object with one more field at its end: a list of what is JSON already. */
function jsonWith(object: object, field: string, list: readonly Uint8Array[]): Buffer {
  const pieces: Uint8Array[] = [Buffer.from(`${JSON.stringify(object).slice(0, -1)},"${field}":[`)];
  for (const [i, json] of list.entries()) {
    if (i > 0) pieces.push(COMMA);
    pieces.push(json);
  }
  pieces.push(Buffer.from(']}'));
  return Buffer.concat(pieces);
}
