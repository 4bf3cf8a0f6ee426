import { fastify } from 'fastify';
import type { Logger } from '../contracts/logger.js';
import { installErrors } from './errors.js';
import { type Api, validatorCompiler, type ZodTypeProvider } from './schema.js';
import { installSecurityHeaders } from './security-headers.js';

const BODY_LIMIT_BYTES = 64 * 1024;
/** An alert's id holds the ids of its brand and rule. */
const MOST_PARAMETER_CHARACTERS = 512;
/** How long a client may take to send a request. */
const REQUEST_TIMEOUT_MILLIS = 30_000;
/** How long a closing server waits for its clients. */
const CLOSE_GRACE_MILLIS = 3_000;

export interface OpenServerOptions {
  readonly logger: Logger;
  /** Addresses and networks whose `X-Forwarded-…` headers are believed. */
  readonly trustedProxies?: readonly string[];
  /** How long an answer may take to begin; then the client is told to try again. Without end where it is left out. */
  readonly answerMillis?: number;
}

/** A server without routes: how requests are checked, refused and logged. */
export function openServer({ logger, trustedProxies = [], answerMillis }: OpenServerOptions): Api {
  const api = fastify({
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MILLIS,
    ...(answerMillis !== undefined && { handlerTimeout: answerMillis }),
    routerOptions: { maxParamLength: MOST_PARAMETER_CHARACTERS },
    // An address that cannot be decoded belongs to no route, so no handler of ours would see it.
    frameworkErrors: (_error, _request, { raw }) => {
      const error = { code: 'SF_API_BAD_REQUEST', message: 'the address cannot be decoded' };
      raw.writeHead(400, { 'content-type': 'application/json; charset=utf-8' });
      raw.end(JSON.stringify({ error }));
    },
  }).withTypeProvider<ZodTypeProvider>();
  // A form of another site can send text/plain without asking first; JSON it cannot.
  api.removeContentTypeParser('text/plain');
  api.setValidatorCompiler(validatorCompiler);
  api.setSerializerCompiler(() => (data) => JSON.stringify(data));
  installSecurityHeaders(api);
  installErrors(api, logger);
  api.addHook('onResponse', async (request, reply) => {
    logger.debug(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        millis: reply.elapsedTime,
      },
      'request answered',
    );
  });
  api.addHook('preClose', async () => {
    // Browsers open connections in advance, and those that never asked anything do not count as idle.
    const cutOff = setTimeout(() => api.server.closeAllConnections(), CLOSE_GRACE_MILLIS).unref();
    api.server.once('close', () => clearTimeout(cutOff));
  });
  return api;
}
