import { parseCookie } from 'cookie';
import type { FastifyRequest } from 'fastify';
import type { ApiConfig, ApiScope, ApiToken } from '../config/schema.js';
import { SentifluxError } from '../contracts/errors.js';
import { isLoopback } from './loopback.js';
import type { Api } from './schema.js';
import type { Sessions } from './sessions.js';
import type { TokenList } from './tokens.js';

/** What a route asks of its caller; `open` asks nothing. A route that says nothing asks for `admin`. */
export type RouteScope = ApiScope | 'open';

/** Who sends a request, told before anything else of it is read. */
export type Caller =
  /** The server has no tokens: it trusts whoever reaches it. */
  | { readonly kind: 'trusted' }
  | { readonly kind: 'token'; readonly token: ApiToken }
  | { readonly kind: 'session'; readonly token: ApiToken; readonly remainingMillis: number }
  /** `shown` where it came with a token or session that is not valid. */
  | { readonly kind: 'stranger'; readonly shown: 'nothing' | 'token' | 'session' };

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: RouteScope;
  }
  interface FastifyRequest {
    caller: Caller;
  }
}

export const SESSION_COOKIE = 'sentiflux_session';

const STRANGER: Caller = { kind: 'stranger', shown: 'nothing' };
const CHANGES_NOTHING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface AccessOptions {
  readonly config: Pick<ApiConfig, 'anonymous' | 'cors'>;
  readonly tokens: TokenList;
  readonly sessions: Sessions;
}

/**
 * @throws SentifluxError SF_CONFIG_INVALID where others than this machine could reach a server that asks nobody
 *   for a token, or where it is told both to ask and not to ask
 */
export function requireTokens({ host, tokens, anonymous }: ApiConfig): void {
  if (tokens.length > 0 && anonymous) {
    throw new SentifluxError('SF_CONFIG_INVALID', 'api.anonymous is true, and api.tokens holds tokens.', {
      hint: 'Take away one of them: with tokens nobody is anonymous.',
    });
  }
  if (tokens.length > 0 || anonymous || isLoopback(host)) return;
  throw new SentifluxError(
    'SF_CONFIG_INVALID',
    `api.host is ${JSON.stringify(host)}, which other machines can reach, and api.tokens is empty.`,
    {
      hint: 'Make a token with `sentiflux token create`, or set api.anonymous where something else keeps strangers out.',
    },
  );
}

/** Tells who calls before the rate limit counts it, and refuses before a body is read. */
export function installAccess(api: Api, options: AccessOptions): void {
  api.decorateRequest('caller');
  api.addHook('onRequest', async (request) => {
    request.caller = callerOf(request, options);
  });
  api.addHook('preParsing', async (request) => {
    if (request.is404) return;
    const scope = request.routeOptions.config.scope ?? 'admin';
    if (scope !== 'open') refuseStrangers(request.caller, scope);
    refuseOtherOrigins(request, scope, options.config);
  });
}

function callerOf({ headers }: FastifyRequest, { tokens, sessions }: AccessOptions): Caller {
  if (tokens.isEmpty) return { kind: 'trusted' };
  if (headers.authorization !== undefined) {
    const [, sent] = /^Bearer +([\w~+/.-]+=*) *$/i.exec(headers.authorization) ?? [];
    const token = sent === undefined ? undefined : tokens.find(sent);
    return token === undefined ? { kind: 'stranger', shown: 'token' } : { kind: 'token', token };
  }
  const cookie = headers.cookie === undefined ? undefined : parseCookie(headers.cookie)[SESSION_COOKIE];
  if (cookie === undefined) return STRANGER;
  const session = sessions.read(cookie);
  return session === undefined
    ? { kind: 'stranger', shown: 'session' }
    : { kind: 'session', token: session.token, remainingMillis: session.remainingMillis };
}

function refuseStrangers(caller: Caller, scope: ApiScope): void {
  if (caller.kind === 'trusted') return;
  if (caller.kind === 'stranger') {
    const message = {
      nothing: 'this needs a token',
      token: 'the token is not one of api.tokens',
      session: 'the session has ended',
    }[caller.shown];
    throw new SentifluxError('SF_API_UNAUTHORIZED', message, {
      hint: 'Send `Authorization: Bearer TOKEN`, or sign in on the page.',
    });
  }
  const { name, scopes } = caller.token;
  if (scopes.includes(scope)) return;
  throw new SentifluxError('SF_API_FORBIDDEN', `the token ${name} has not the scope ${scope}`, {
    hint: `It has ${scopes.join(', ')}; use a token that has ${scope}.`,
  });
}

/**
 * A browser sends a session along, and reaches this machine, whichever page asks it to. So pages of other origins
 * change nothing, and where no token is needed they read nothing either.
 */
function refuseOtherOrigins(
  request: FastifyRequest,
  scope: RouteScope,
  config: AccessOptions['config'],
): void {
  const { caller, method, hostname } = request;
  if (caller.kind === 'trusted' && scope !== 'open' && !config.anonymous && !isLoopback(hostname)) {
    // A name that its owner has led to 127.0.0.1 (DNS rebinding) makes a page of theirs one of our origin.
    throw new SentifluxError('SF_API_FORBIDDEN', `this is not ${hostname.slice(0, 100)}`, {
      hint: 'Without api.tokens only localhost and its addresses are answered; see docs/api.md.',
    });
  }
  if (CHANGES_NOTHING.has(method) || caller.kind === 'token') return;
  const origin = originOf(request, config.cors.origins);
  if (origin === 'same' || (origin === 'unknown' && caller.kind !== 'session')) return;
  throw new SentifluxError('SF_API_FORBIDDEN', 'this request comes from a page of another origin', {
    hint: 'Programs send `Authorization: Bearer TOKEN`; pages are those of this server.',
  });
}

/** Which page a request comes from. Programs say nothing of it; browsers cannot be made to say something wrong. */
function originOf(request: FastifyRequest, allowed: readonly string[]): 'same' | 'other' | 'unknown' {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined && allowed.includes(origin) && request.caller.kind === 'trusted') return 'same';
  if (site !== undefined) return site === 'same-origin' ? 'same' : 'other';
  if (origin === undefined) return 'unknown';
  return URL.canParse(origin) && new URL(origin).host === request.host ? 'same' : 'other';
}
