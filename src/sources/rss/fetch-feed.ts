import { SentifluxError } from '../../contracts/errors.js';
import { PrivateAddressError } from '../../http/private-address.js';
import { type Answer, type AskOptions, ask } from '../ask.js';
import { errorOfStatus } from '../http-status.js';

const ACCEPT =
  'application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5';
const MOST_BYTES = 8_388_608;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 5;

/** What a feed said of its state, and is told with the next question. */
export interface Validators {
  readonly etag?: string | undefined;
  readonly modified?: string | undefined;
}

export interface FetchedFeed extends Validators {
  readonly body: Buffer;
  readonly contentType: string | undefined;
}

/**
 * Asks for a feed (RFC 9110, conditional requests). Redirects are followed, never to a private address but on the feed's
 * own host.
 *
 * @returns `undefined` where it has not changed
 * @throws SourceUnreachable, or SentifluxError SF_SOURCE_REFUSED
 */
export async function fetchFeed(
  url: URL,
  { etag, modified }: Validators,
  options: AskOptions,
): Promise<FetchedFeed | undefined> {
  const headers = {
    accept: ACCEPT,
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(modified !== undefined && { 'if-modified-since': modified }),
  };
  let address = url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const answer = await askAt(address, headers, url, options);
    if (answer.status === 304) return undefined;
    if (answer.status === 200) return fetched(answer);
    const { location } = answer.headers;
    if (!REDIRECTS.has(answer.status) || location === undefined)
      throw errorOfStatus(address.host, answer.status, answer.headers, options.now());
    address = redirected(location, address, url);
  }
  throw new SentifluxError('SF_SOURCE_REFUSED', `${url.host} redirects more than ${MOST_REDIRECTS} times.`, {
    hint: 'Check the address.',
  });
}

async function askAt(
  address: URL,
  headers: Readonly<Record<string, string>>,
  feed: URL,
  options: AskOptions,
): Promise<Answer> {
  const allowPrivate = options.allowPrivate && address.host === feed.host;
  try {
    return await ask({ url: address.href, headers }, { ...options, allowPrivate, maxBytes: MOST_BYTES });
  } catch (error) {
    if (address === feed || !(error instanceof SentifluxError)) throw error;
    if (!(error.cause instanceof PrivateAddressError)) throw error;
    const { cause } = error;
    throw new SentifluxError(
      'SF_SOURCE_REFUSED',
      `${feed.host} redirects into a private network: ${cause.message}.`,
      {
        hint: 'Where that is the feed, give its own address.',
        cause,
      },
    );
  }
}

function redirected(location: string, from: URL, feed: URL): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to?.protocol === 'http:' || to?.protocol === 'https:') return to;
  throw new SentifluxError('SF_SOURCE_REFUSED', `${feed.host} redirects to what is no address of HTTP.`, {
    hint: 'Check the address.',
  });
}

function fetched({ headers, body }: Answer): FetchedFeed {
  const { etag, 'last-modified': modified, 'content-type': contentType } = headers;
  return { body, contentType, etag, modified };
}
