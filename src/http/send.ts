import { lookup as dnsLookup } from 'node:dns';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { publicOnly, requirePublic } from './private-address.js';

export interface HttpRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ConnectionOptions {
  readonly signal: AbortSignal;
  /** Whether the address may be one of this machine or of a private network. */
  readonly allowPrivate: boolean;
  /** Resolves names; the system's unless told. */
  readonly lookup?: LookupFunction;
  /**
   * Whether the connection may be one that was used before, and be used again. Not where others may be allowed other
   * addresses: a connection that was kept is not checked any more.
   */
  readonly keepAlive?: boolean;
}

/**
 * One request; resolves with the head of the answer. Redirects are not followed. Unless allowed, nothing is sent to a
 * private address: what a name resolves to is checked where the connection is made, so that it cannot be another
 * address then.
 *
 * @throws PrivateAddressError; whatever Node says of the connection
 */
export async function send(
  { url, method = 'GET', headers, body }: HttpRequest,
  { signal, allowPrivate, lookup = dnsLookup, keepAlive = false }: ConnectionOptions,
): Promise<IncomingMessage> {
  const address = new URL(url);
  if (!allowPrivate) requirePublic(address.hostname);
  const request = (address.protocol === 'https:' ? https : http).request(address, {
    method,
    headers: {
      ...headers,
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    },
    ...(!keepAlive && { agent: false }),
    signal,
    lookup: allowPrivate ? lookup : publicOnly(lookup),
  });
  request.end(body);
  const answered = once(request, 'response');
  // An error after the answer has begun says nothing new.
  request.on('error', () => {});
  const [response]: IncomingMessage[] = await answered;
  if (response === undefined) throw new Error('no answer');
  return response;
}
