import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { SentifluxError } from '../../contracts/errors.js';
import type { ReloadModel } from '../../contracts/model-reload.js';
import { modelStampSchema } from '../../contracts/scored-post.js';
import { errorSchema } from '../errors.js';
import { isLoopback } from '../loopback.js';
import type { Api } from '../schema.js';

const bodySchema = z
  .strictObject({
    directory: z.string().min(1).optional().describe('of the bundle; the configured one by default'),
  })
  .nullish();

export function modelRoutes(api: Api, { reloadModel }: { readonly reloadModel: ReloadModel }): void {
  api.post(
    '/model/reload',
    {
      onRequest: async (request) => refuseStrangers(request),
      schema: {
        tags: ['model'],
        summary: 'Puts another model in place of the one in use, without losing or mixing a batch',
        body: bodySchema,
        response: {
          200: z.object({ from: modelStampSchema, to: modelStampSchema, millis: z.number() }),
          403: errorSchema,
          409: errorSchema,
          422: errorSchema.extend({ model: modelStampSchema.describe('still in use') }),
        },
      },
    },
    async ({ body }, reply) => {
      const outcome = await reloadModel(body?.directory);
      switch (outcome.kind) {
        case 'swapped': {
          const { from, to, millis } = outcome;
          return { from, to, millis };
        }
        case 'refused': {
          const { code, message, hint, model } = outcome;
          reply.status(422);
          return { error: { code, message, ...(hint !== undefined && { hint }) }, model };
        }
        case 'busy':
          reply.status(409);
          return {
            error: {
              code: 'SF_MODEL_BUSY',
              message: 'another swap is under way',
              hint: 'Ask again when it has ended.',
            },
          };
      }
    },
  );
}

/** Whoever may name a directory to read is on this machine; a browser, which names its page's origin, may not. */
function refuseStrangers({ ip, headers }: FastifyRequest): void {
  if (isLoopback(ip) && headers.origin === undefined) return;
  throw new SentifluxError('SF_API_FORBIDDEN', 'a model is reloaded from this machine only.', {
    hint: 'Ask 127.0.0.1 from within the machine or container, or send the process SIGHUP.',
  });
}
