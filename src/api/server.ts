import { randomBytes } from 'node:crypto';
import swagger from '@fastify/swagger';
import type { AlertRule, ApiConfig } from '../config/schema.js';
import type { AlertBook } from '../contracts/alert-book.js';
import type { BrandBook } from '../contracts/brand-book.js';
import type { Clock } from '../contracts/clock.js';
import type { LiveFeed } from '../contracts/live-feed.js';
import type { Logger } from '../contracts/logger.js';
import type { SilenceBook } from '../contracts/silence-book.js';
import type { TextScorer } from '../contracts/text-scorer.js';
import type { WindowNamespaces, WindowReader } from '../contracts/window-reader.js';
import { installAccess, requireTokens } from './access.js';
import { createBrandList } from './brand-list.js';
import { installLimits } from './limits.js';
import { createLiveStreams, type LiveStreamsOptions } from './live-streams.js';
import { createNamedWindows } from './named-windows.js';
import { openServer } from './open-server.js';
import { openApiOf } from './openapi.js';
import { pageFiles } from './page-files.js';
import type { Readiness } from './readiness.js';
import { alertRoutes } from './routes/alerts.js';
import { brandRoutes } from './routes/brands.js';
import { counterRoutes } from './routes/counters.js';
import { healthRoutes } from './routes/health.js';
import { ruleRoutes, type TryRule } from './routes/rules.js';
import { scoreRoutes } from './routes/score.js';
import { sessionRoutes } from './routes/session.js';
import { silenceRoutes } from './routes/silences.js';
import { streamRoutes } from './routes/stream.js';
import { termsAndSamplesRoutes } from './routes/terms-and-samples.js';
import { versionRoutes } from './routes/version.js';
import { windowRoutes } from './routes/windows.js';
import type { Api } from './schema.js';
import { createSessions } from './sessions.js';
import { createTokenList } from './tokens.js';

export interface ApiServerOptions {
  readonly config: ApiConfig;
  /** Asked anew for every request: they may be replaced. */
  readonly brands: Pick<BrandBook, 'current'>;
  readonly windows: WindowReader;
  /** Windows beside those, for whoever asks for them by name. */
  readonly namespaces: WindowNamespaces;
  readonly alerts: AlertBook;
  readonly silences: SilenceBook;
  readonly rules: readonly AlertRule[];
  readonly tryRule: TryRule;
  readonly feed: LiveFeed;
  readonly scorer: TextScorer;
  readonly readiness: Readiness;
  readonly version: string;
  /** The worker's: a replay has a time of its own. */
  readonly clock: Clock;
  /** Of sessions: the wall's. */
  readonly wallClock: Clock;
  readonly logger: Logger;
  /** Limits of the live stream; the defaults serve a few hundred readers. */
  readonly stream?: Omit<LiveStreamsOptions, 'feed'>;
}

const ANSWER_MILLIS = 20_000;

/** The public routes, their OpenAPI document at `/openapi.json` and the page at `/`. The caller listens and closes. */
export async function createApiServer(options: ApiServerOptions): Promise<Api> {
  const { config, alerts, feed, scorer, readiness, version, clock, logger } = options;
  requireTokens(config);
  const tokens = createTokenList(config.tokens);
  const sessions = createSessions({
    tokens,
    key: config.sessionKey ?? randomBytes(32),
    lifetimeMillis: config.sessionMs,
    clock: options.wallClock,
  });
  const brands = createBrandList(options.brands);
  const windows = createNamedWindows(options.windows, options.namespaces, () => performance.now());
  const streams = createLiveStreams({ ...config.stream, ...options.stream, feed });
  const api = openServer({ logger, trustedProxies: config.trustedProxies, answerMillis: ANSWER_MILLIS });
  installAccess(api, { config, tokens, sessions });

  await installLimits(api, config);
  // First, since it collects the routes that come after it.
  await api.register(swagger, openApiOf(version));
  api.get('/openapi.json', { config: { scope: 'read' }, schema: { hide: true } }, async () => api.swagger());

  api.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/v1/')) reply.header('cache-control', 'no-store');
  });
  brandRoutes(api, { brands, windows, clock });
  windowRoutes(api, { brands, windows, clock });
  termsAndSamplesRoutes(api, { brands, windows, clock });
  counterRoutes(api, { windows });
  alertRoutes(api, { alerts, clock });
  silenceRoutes(api, { silences: options.silences, brands, rules: options.rules, clock });
  ruleRoutes(api, {
    rules: options.rules,
    brands,
    tryRule: options.tryRule,
    windows: options.windows,
    clock,
  });
  streamRoutes(api, { brands, streams });
  scoreRoutes(api, { scorer, scoresPerMinute: config.scoresPerMinute });
  versionRoutes(api, { version });
  sessionRoutes(api, { tokens, sessions });
  healthRoutes(api, { at: '/health', readiness, logger });

  await api.register(pageFiles);
  // A server that closes waits for its answers, and a stream has no end of its own.
  api.addHook('preClose', async () => streams.close());
  return api;
}
