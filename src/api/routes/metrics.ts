import type { Api } from '../schema.js';

/** Text format 0.0.4 of Prometheus. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** `metrics` at the ops port, for Prometheus. */
export function metricsRoutes(api: Api, { metrics }: { readonly metrics: () => Promise<string> }): void {
  api.get('/metrics', async (_request, reply) => {
    const page = await metrics();
    return reply.type(CONTENT_TYPE).serializer(String).send(page);
  });
}
