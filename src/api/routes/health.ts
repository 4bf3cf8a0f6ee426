import { z } from 'zod';
import { messageOf } from '../../contracts/errors.js';
import type { Logger } from '../../contracts/logger.js';
import { errorSchema } from '../errors.js';
import type { Readiness, ReadinessCheck } from '../readiness.js';
import type { Api } from '../schema.js';

const checksSchema = z.array(
  z.object({ name: z.string(), ready: z.boolean(), detail: z.string().optional() }),
);

/** For a supervisor: `live` says that the process answers, `ready` that every part can do its work. `at` begins their addresses. */
export function healthRoutes(
  api: Api,
  { at, readiness, logger }: { at: string; readiness: Readiness; logger: Logger },
): void {
  api.get(
    `${at}/live`,
    {
      config: { scope: 'open', rateLimit: false },
      schema: {
        tags: ['health'],
        summary: 'Whether the process answers',
        response: { 200: z.object({ live: z.literal(true) }) },
      },
    },
    async () => ({ live: true }),
  );

  api.get(
    `${at}/ready`,
    {
      config: { scope: 'open', rateLimit: false },
      schema: {
        tags: ['health'],
        summary: 'Whether every part of the worker can do its work',
        response: {
          200: z.object({ ready: z.literal(true), checks: checksSchema }),
          503: errorSchema.extend({ ready: z.literal(false), checks: checksSchema }),
        },
      },
    },
    async (_request, reply) => {
      const checks = await askAll(readiness, logger);
      const waiting = checks.filter(({ ready }) => !ready).map(({ name }) => name);
      if (waiting.length === 0) return { ready: true, checks };
      reply.status(503);
      const error = { code: 'SF_API_UNAVAILABLE', message: `not ready: ${waiting.join(', ')}` };
      return { error, ready: false, checks };
    },
  );
}

async function askAll(readiness: Readiness, logger: Logger): Promise<readonly ReadinessCheck[]> {
  try {
    return await readiness();
  } catch (error) {
    logger.error({ err: error }, 'the parts of the worker could not be asked whether they are ready');
    return [{ name: 'worker', ready: false, detail: messageOf(error) }];
  }
}
