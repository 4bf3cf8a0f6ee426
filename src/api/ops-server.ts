import type { Logger } from '../contracts/logger.js';
import type { ReloadModel } from '../contracts/model-reload.js';
import { openServer } from './open-server.js';
import type { Readiness } from './readiness.js';
import { healthRoutes } from './routes/health.js';
import { metricsRoutes } from './routes/metrics.js';
import { modelRoutes } from './routes/model.js';
import type { Api } from './schema.js';

export interface OpsServerOptions {
  readonly readiness: Readiness;
  /** The page for Prometheus, where it is wanted. */
  readonly metrics?: () => Promise<string>;
  /** Where the worker has a model. */
  readonly reloadModel?: ReloadModel;
  readonly logger: Logger;
}

/**
 * The small server that every role has, with `/live`, `/ready`, `/metrics` and, where there is a model, `/model/reload`:
 * for supervisors and never for the public. The caller listens and closes.
 */
export async function createOpsServer(options: OpsServerOptions): Promise<Api> {
  const { readiness, metrics, reloadModel, logger } = options;
  const api = openServer({ logger });
  healthRoutes(api, { at: '', readiness, logger });
  if (metrics !== undefined) metricsRoutes(api, { metrics });
  if (reloadModel !== undefined) modelRoutes(api, { reloadModel });
  return api;
}
