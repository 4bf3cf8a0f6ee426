import { z } from 'zod';
import { LABELS } from '../../contracts/labels.js';
import type { BrandList } from '../brand-list.js';
import { errorSchema } from '../errors.js';
import { callerKey } from '../limits.js';
import { EVENT_KINDS } from '../live-frame.js';
import type { LiveStreams } from '../live-streams.js';
import type { Api } from '../schema.js';
import { brandsParameter, countParameter, listParameter } from './parameters.js';

/** An id that means nothing here is no mistake: the process may be another one. */
const eventIdSchema = z.string().max(100);

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
      // Of the whole answer, which has no end here: the greatest that a timer takes, 24 days.
      handlerTimeout: 2 ** 31 - 1,
      config: { scope: 'read' },
      schema: {
        tags: ['stream'],
        summary: 'What happens from now on, as server-sent events',
        description:
          'Events `scored`, `window` and `alert` as on the topics; a later `scored` with a known id is an edit; ' +
          '`deleted` has the id of a post that is to be shown no more, whatever its brand; `skipped` counts what `scoredPerSecond` left ' +
          'out; `missed` says that events since the last one seen (`Last-Event-ID`, or `lastEventId`) are no longer ' +
          'kept; `dropped` ends the stream of a reader that is too slow, `closing` when the worker stops or the session has ended.',
        querystring: z.strictObject({
          brand: z.string().optional(),
          brands: brandsParameter.optional(),
          kinds: listParameter(z.enum(EVENT_KINDS), EVENT_KINDS.length)
            .optional()
            .describe(
              `Kinds of events, with commas between them: ${EVENT_KINDS.join(', ')}; all of them by default`,
            ),
          labels: listParameter(z.enum(LABELS), LABELS.length)
            .optional()
            .describe('Labels of scored posts, with commas between them; all of them by default'),
          lastEventId: eventIdSchema.optional().describe('As the header, for those who cannot set it'),
          scoredPerSecond: countParameter(1, 1_000).optional().describe('Most scored posts a second'),
        }),
        headers: z.object({ 'last-event-id': eventIdSchema.optional() }),
        response: {
          200: {
            description: 'Events, until either side closes the connection',
            content: { 'text/event-stream': { schema: z.string() } },
          },
          400: errorSchema,
          404: errorSchema,
          503: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const { brand, kinds = EVENT_KINDS, labels, scoredPerSecond, ...query } = request.query;
      const wanted = [...(query.brands ?? []), ...(brand === undefined ? [] : [brand])].map(brands.require);
      const body = streams.open({
        filter: {
          kinds: new Set(kinds),
          ...(wanted.length > 0 && { brands: new Set(wanted) }),
          ...(labels && { labels: new Set(labels) }),
          scoredPerSecond,
        },
        caller: callerKey(request),
        ...(request.caller.kind === 'session' && { lifetimeMillis: request.caller.remainingMillis }),
        lastEventId: request.headers['last-event-id'] ?? query.lastEventId,
      });
      // A connection that ends with its stream keeps no closing server waiting.
      reply.headers({ 'cache-control': 'no-store', connection: 'close', 'x-accel-buffering': 'no' });
      return reply.type('text/event-stream; charset=utf-8').send(body);
    },
  );
}
