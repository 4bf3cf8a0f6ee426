import { z } from 'zod';
import { SentifluxError } from '../../contracts/errors.js';
import type { LiveEvent } from '../../contracts/live-feed.js';
import type { BrandList } from '../brand-list.js';
import { errorSchema } from '../errors.js';
import { EVENT_KINDS, type LiveStreams } from '../live-streams.js';
import type { Api } from '../schema.js';
import { countParameter } from './parameters.js';

const kindsParameter = z
  .string()
  .transform((list) => list.split(','))
  .pipe(z.array(z.enum(EVENT_KINDS)))
  .transform((kinds): ReadonlySet<LiveEvent['kind']> => new Set(kinds))
  .describe(
    'Kinds of events, with commas between them: scored, deleted, window, alert; all of them by default',
  );

export interface StreamRoutesOptions {
  readonly brands: BrandList;
  readonly streams: LiveStreams;
}

export function streamRoutes(api: Api, { brands, streams }: StreamRoutesOptions): void {
  api.get(
    '/v1/stream',
    {
      // A stream without a body would be held open for nobody.
      exposeHeadRoute: false,
      config: { scope: 'read' },
      schema: {
        tags: ['stream'],
        summary: 'What happens from now on, as server-sent events',
        description:
          'Events `scored`, `window` and `alert` as on the topics; a later `scored` with a known id is an edit; ' +
          '`deleted` has the id of a post that is to be shown no more, whatever its brand; `skipped` counts what `scoredPerSecond` left ' +
          'out; `dropped` ends the stream of a reader that is too slow, `closing` when the worker stops.',
        produces: ['text/event-stream'],
        querystring: z.strictObject({
          brand: z.string().optional(),
          kinds: kindsParameter.default(new Set(EVENT_KINDS)),
          scoredPerSecond: countParameter(1, 1_000).optional().describe('Most scored posts a second'),
        }),
        response: {
          200: z.string().describe('Events'),
          400: errorSchema,
          404: errorSchema,
          503: errorSchema,
        },
      },
    },
    async ({ query: { brand, ...filter } }, reply) => {
      const body = streams.open({ ...filter, ...(brand !== undefined && { brand: brands.require(brand) }) });
      if (body === undefined) {
        throw new SentifluxError('SF_API_UNAVAILABLE', 'too many readers of the stream', {
          hint: 'Close others, or try again later.',
        });
      }
      // A connection that ends with its stream keeps no closing server waiting.
      reply.headers({ 'cache-control': 'no-store', connection: 'close', 'x-accel-buffering': 'no' });
      return reply.type('text/event-stream; charset=utf-8').send(body);
    },
  );
}
