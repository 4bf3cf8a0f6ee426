import type { IncomingHttpHeaders } from 'node:http';
import { SentifluxError } from '../contracts/errors.js';
import { retryAfterMillis } from '../contracts/retry-after.js';
import { mayPass } from '../http/later.js';
import { SourceUnreachable } from './port.js';

/**
 * What a status other than success means for a source.
 *
 * @param what who answered, as a sentence begins
 * @param now milliseconds since the epoch, for a `Retry-After` that is a date
 */
export function errorOfStatus(
  what: string,
  status: number,
  headers: IncomingHttpHeaders,
  now: number,
): SentifluxError {
  const message = `${what} answered ${status}.`;
  if (!mayPass(status)) {
    return new SentifluxError('SF_SOURCE_REFUSED', message, {
      hint:
        status >= 300 && status < 400
          ? 'Redirects are not followed: give the address that it leads to.'
          : 'Check the address.',
    });
  }
  // The second, of Mastodon and Reddit, says when there may be questions again, in the forms of the first.
  const again = headers['retry-after'] ?? headers['x-ratelimit-reset'];
  const afterMs = retryAfterMillis([again].flat()[0], now);
  return new SourceUnreachable(message, { ...(afterMs !== undefined && { afterMs }) });
}
