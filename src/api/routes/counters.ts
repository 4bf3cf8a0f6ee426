import { z } from 'zod';
import { errorSchema } from '../errors.js';
import type { NamedWindows } from '../named-windows.js';
import type { Api } from '../schema.js';
import { namespaceParameter } from './parameters.js';

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

export function counterRoutes(api: Api, { windows }: { readonly windows: NamedWindows }): void {
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
