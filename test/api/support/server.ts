import type { z } from 'zod';
import { createMemoryAlertStore } from '../../../src/alerting/stores/memory.js';
import { type ApiServerOptions, createApiServer } from '../../../src/api/server.js';
import { configSchema } from '../../../src/config/schema.js';
import { epochMillis } from '../../../src/contracts/ids.js';
import { silentLogger } from '../../../src/contracts/logger.js';
import { bookOf, createFeed, createScorer, windowsOf } from './fakes.js';
import { BRANDS, NOON } from './posts.js';

/** The section `api` of a configuration, with its defaults. */
export const apiConfig = (changes: z.input<typeof configSchema>['api'] = {}) =>
  configSchema.parse({ api: changes }).api;

/** The API over parts that live in arrays; those named replace them. */
export function openApi(parts: Partial<ApiServerOptions> = {}) {
  return createApiServer({
    config: apiConfig(),
    brands: { current: BRANDS },
    windows: windowsOf([], epochMillis(NOON)),
    namespaces: { namespace: async () => undefined },
    alerts: bookOf([]),
    silences: createMemoryAlertStore(),
    rules: configSchema.parse({}).alerting.rules,
    tryRule: async ({ watermark }) => ({ from: watermark, to: watermark, windows: 0, alerts: [] }),
    feed: createFeed(),
    scorer: createScorer(),
    readiness: async () => [{ name: 'api', ready: true }],
    version: '1.2.3',
    clock: { now: () => epochMillis(NOON + 5_000) },
    wallClock: { now: () => epochMillis(NOON) },
    logger: silentLogger,
    ...parts,
  });
}
