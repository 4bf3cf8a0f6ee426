import { z } from 'zod';
import { SentifluxError } from '../../contracts/errors.js';
import type { Answer, AskOptions } from '../ask.js';
import { fetchJson } from '../fetch-json.js';

const TIMEOUT_MILLIS = 30_000;
/** A token is replaced so long before it ends. */
const SPARE_MILLIS = 60_000;
/** No limit of Reddit lasts longer. */
const LONGEST_PAUSE_MILLIS = 600_000;

const tokenSchema = z.object({
  access_token: z.string().min(1),
  /** Seconds. */
  expires_in: z.number().positive(),
});

export interface RedditClientOptions extends Pick<AskOptions, 'userAgent' | 'now'> {
  /** Where the interface is that takes tokens. */
  readonly url: string;
  /** Where tokens come from. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Resolves after so many milliseconds, or as soon as it is told to stop. */
  readonly wait: (millis: number, stop: AbortSignal) => Promise<void>;
}

/**
 * Asks Reddit's interface for a path, as an application (OAuth 2, client credentials), no faster than it says.
 *
 * @throws SourceUnreachable; SentifluxError SF_SOURCE_REFUSED
 */
export type RedditClient = <Value>(
  path: string,
  schema: z.ZodType<Value>,
  stop: AbortSignal,
) => Promise<Value>;

export function createRedditClient(options: RedditClientOptions): RedditClient {
  const { url, tokenUrl, clientId, clientSecret, now, wait } = options;
  let token: { readonly text: string; readonly until: number } | undefined;
  /** Of the limit, before which nothing is left of it. */
  let pausedUntil = 0;

  const connection = (stop: AbortSignal): AskOptions => ({
    ...options,
    timeoutMs: TIMEOUT_MILLIS,
    stop,
    // Both addresses are in the configuration, and no redirect is followed.
    allowPrivate: true,
    keepAlive: true,
  });

  async function freshToken(stop: AbortSignal): Promise<string> {
    const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
    const request = {
      url: tokenUrl,
      method: 'POST',
      headers: {
        authorization: `Basic ${credentials}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    } as const;
    const { value } = await fetchJson(request, tokenSchema, connection(stop));
    token = { text: value.access_token, until: now() + value.expires_in * 1_000 - SPARE_MILLIS };
    return token.text;
  }

  return async function ask(path, schema, stop) {
    if (pausedUntil > now()) await wait(pausedUntil - now(), stop);
    const kept = token !== undefined && token.until > now() ? token.text : undefined;
    const authorization = `Bearer ${kept ?? (await freshToken(stop))}`;
    try {
      const request = { url: `${url}${path}`, headers: { authorization } };
      const { value, headers } = await fetchJson(request, schema, connection(stop));
      pausedUntil = endOfLimit(headers, now()) ?? pausedUntil;
      return value;
    } catch (error) {
      const isRefused = error instanceof SentifluxError && error.code === 'SF_SOURCE_REFUSED';
      if (!isRefused || kept === undefined) throw error;
      // A token may end before its time.
      token = undefined;
      return ask(path, schema, stop);
    }
  };
}

/** Until when nothing more may be asked, where the last question was the last that is allowed. */
function endOfLimit(headers: Answer['headers'], now: number): number | undefined {
  const remaining = Number(headers['x-ratelimit-remaining'] ?? Number.NaN);
  const seconds = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  if (!(remaining < 1) || !(seconds >= 0)) return undefined;
  return now + Math.min(seconds * 1_000, LONGEST_PAUSE_MILLIS);
}
