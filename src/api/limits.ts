import { isIPv6 } from 'node:net';
import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import type { ApiConfig } from '../config/schema.js';
import { SentifluxError } from '../contracts/errors.js';
import type { Api } from './schema.js';

const MINUTE_MILLIS = 60_000;
/** How long browsers remember that an origin may ask. */
const PREFLIGHT_SECONDS = 600;

/** How often anybody may ask, and from which pages. Counted in this process, for the routes that come after it. */
export async function installLimits(
  api: Api,
  { requestsPerMinute, cors: { origins } }: ApiConfig,
): Promise<void> {
  if (origins.length > 0) {
    await api.register(cors, {
      origin: [...origins],
      // Other pages bring a token of their own; what the browser holds for this server is not theirs.
      credentials: false,
      methods: ['GET', 'HEAD', 'POST', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'last-event-id'],
      exposedHeaders: ['retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
      maxAge: PREFLIGHT_SECONDS,
    });
  }
  await api.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: MINUTE_MILLIS,
    keyGenerator: callerKey,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new SentifluxError('SF_API_TOO_MANY', `more than ${max} requests a minute`, {
        hint: `Ask again in ${Math.ceil(ttl / 1_000)} s.`,
      }),
  });
}

/** Whom a request is counted for: its token, a signed-in page at its address, or else its address. */
export function callerKey({ caller, ip }: FastifyRequest): string {
  switch (caller.kind) {
    case 'token':
      return `token ${caller.token.name}`;
    case 'session':
      return `session ${caller.token.name} ${networkOf(ip)}`;
    case 'trusted':
    case 'stranger':
      return `address ${networkOf(ip)}`;
  }
}

/** IPv6 gives every customer a network of addresses (a /64 or more); they count as one. */
export function networkOf(ip: string): string {
  const address = ip.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(address)) return address;
  const [left = '', right = ''] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(left), groups(right)];
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const network = [...before, ...zeros, ...after].slice(0, 4);
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
