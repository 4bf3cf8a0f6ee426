import { isIP } from 'node:net';
import { messageOf, SentifluxError } from './errors.js';
import { tlsFault } from './tls-faults.js';

/** How Redis is reached: the section `redis` of the configuration. */
export interface RedisAddress {
  /** `redis://` or, with TLS, `rediss://`. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Options of Node's `tls.connect`; without meaning for `redis://`. */
  readonly tls?: Readonly<Record<string, string | boolean | undefined>> | undefined;
  readonly connectTimeoutMs: number;
}

/** What every client of Redis is opened with, beside the address: in the words of ioredis. */
export interface RedisLogin {
  readonly connectTimeout: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: Record<string, string | boolean | undefined>;
}

export function redisLogin({ url, username, password, tls, connectTimeoutMs }: RedisAddress): RedisLogin {
  const { protocol, hostname } = new URL(url);
  return {
    connectTimeout: connectTimeoutMs,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    // Node names the server to itself only where it is told to; servers behind one address need it.
    ...(protocol === 'rediss:' && {
      tls: { ...(isIP(hostname.replace(/^\[|\]$/g, '')) === 0 && { servername: hostname }), ...tls },
    }),
  };
}

/** Host and port, without user and password. */
export function redisPlace({ url }: Pick<RedisAddress, 'url'>): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 6379}`;
}

/** Replies to a wrong or missing password, and to a user who may not do what was asked. */
const NOT_ALLOWED = /^(WRONGPASS|NOAUTH|NOPERM)\b|ERR AUTH|invalid username-password pair/;

/**
 * The error to show where Redis refuses the worker, or the worker its certificate; `undefined` for every other error.
 * It does not pass by itself, so nobody should wait for that.
 */
export function redisRefusal(error: unknown, address: Pick<RedisAddress, 'url'>): SentifluxError | undefined {
  const place = redisPlace(address);
  const fault = tlsFault(error, { section: 'redis.tls', off: 'begin redis.url with redis://' });
  const refused = (what: string, hint: string) =>
    new SentifluxError('SF_STORE_REFUSED', `Redis at ${place} ${what}.`, { hint, cause: error });
  if (fault !== undefined) return refused(`and TLS: ${fault.reason}`, fault.hint);
  if (!(error instanceof Error && NOT_ALLOWED.test(error.message))) return undefined;
  return refused(
    `refuses the worker: ${messageOf(error)}`,
    'Check redis.username and redis.password, or those in redis.url, and what the user may do (docs/security.md).',
  );
}

/**
 * The error to show where work with Redis failed: `redisRefusal`, or that it cannot be reached.
 *
 * @param what failed, as a sentence begins
 */
export function redisFailure(
  error: unknown,
  address: Pick<RedisAddress, 'url'>,
  what: string,
): SentifluxError {
  const refusal = redisRefusal(error, address);
  if (refusal !== undefined) return refusal;
  return new SentifluxError('SF_STORE_UNREACHABLE', `${what}: ${messageOf(error)}.`, {
    hint: 'Check redis.url, that the server runs and has memory left, and which TLS it wants (redis:// or rediss://, redis.tls).',
    cause: error,
  });
}

/** What of ioredis' client is needed here. */
interface Connectable {
  connect(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

/** Connects, and fails with the reason, where ioredis itself only says that the connection is closed. */
export async function connectRedis(client: Connectable): Promise<void> {
  let reason: Error | undefined;
  const note = (error: Error): void => {
    reason = error;
  };
  client.on('error', note);
  try {
    await client.connect();
  } catch (error) {
    throw reason ?? error;
  } finally {
    client.off('error', note);
  }
}
