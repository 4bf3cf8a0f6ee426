import type { Logger } from '../contracts/logger.js';
import { openServer } from './open-server.js';
import type { Readiness } from './readiness.js';
import { healthRoutes } from './routes/health.js';
import type { Api } from './schema.js';

export interface OpsServerOptions {
  readonly readiness: Readiness;
  readonly logger: Logger;
}

/**
 * The small server that every role has, with `/live` and `/ready`: for supervisors and never for the public. The
 * caller listens and closes.
 */
export async function createOpsServer({ readiness, logger }: OpsServerOptions): Promise<Api> {
  const api = openServer(logger);
  healthRoutes(api, { at: '', readiness, logger });
  return api;
}
