import { type ApiServerOptions, createApiServer } from '../../../src/api/server.js';
import { epochMillis } from '../../../src/contracts/ids.js';
import { silentLogger } from '../../../src/contracts/logger.js';
import { bookOf, createFeed, createScorer, windowsOf } from './fakes.js';
import { BRANDS, NOON } from './posts.js';

/** The API over parts that live in arrays; those named replace them. */
export function openApi(parts: Partial<ApiServerOptions> = {}) {
  return createApiServer({
    brands: BRANDS,
    windows: windowsOf([], epochMillis(NOON)),
    namespaces: { namespace: async () => undefined },
    alerts: bookOf([]),
    feed: createFeed(),
    scorer: createScorer(),
    readiness: async () => [{ name: 'api', ready: true }],
    version: '1.2.3',
    clock: { now: () => epochMillis(NOON + 5_000) },
    logger: silentLogger,
    ...parts,
  });
}
