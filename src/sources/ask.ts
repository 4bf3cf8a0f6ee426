import type { IncomingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import { PrivateAddressError } from '../http/private-address.js';
import { type HttpRequest, send } from '../http/send.js';
import { SourceUnreachable } from './port.js';

/** A larger answer is none that was asked for. */
const MOST_BYTES = 4_194_304;

export interface AskOptions {
  /** For the whole answer. */
  readonly timeoutMs: number;
  readonly userAgent: string;
  readonly stop: AbortSignal;
  /** Milliseconds since the epoch, for a `Retry-After` that is a date. */
  readonly now: () => number;
  /** Whether the address may be one of this machine or of a private network. */
  readonly allowPrivate: boolean;
  /** Resolves names; the system's unless told. */
  readonly lookup?: LookupFunction;
  /** Whether connections are kept for the next question; only where `allowPrivate` is the same for all of a host. */
  readonly keepAlive?: boolean;
  /** Of an answer when it is unpacked; 4 MiB unless told. */
  readonly maxBytes?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty unless the status is 200. */
  readonly body: Buffer;
}

/**
 * One request and its answer. Redirects are not followed.
 *
 * @throws SourceUnreachable where there is no answer in time, or one that breaks off or is too large; also when it is
 *   told to stop
 * @throws SentifluxError SF_SOURCE_REFUSED for a private address
 */
export async function ask(request: HttpRequest, options: AskOptions): Promise<Answer> {
  const { timeoutMs, userAgent, stop, maxBytes = MOST_BYTES } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const headers = { 'accept-encoding': 'gzip', 'user-agent': userAgent, ...request.headers };
  try {
    const signal = AbortSignal.any([stop, timeout]);
    const response = await send({ ...request, headers }, { ...options, signal });
    const head = { status: response.statusCode ?? 0, headers: response.headers };
    if (head.status !== 200) {
      response.destroy();
      return { ...head, body: Buffer.alloc(0) };
    }
    const collect = (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => collected(chunks, maxBytes);
    const body =
      response.headers['content-encoding'] === 'gzip'
        ? await pipeline(response, createGunzip(), collect)
        : await pipeline(response, collect);
    return { ...head, body };
  } catch (cause) {
    const reason = timeout.aborted ? `nothing whole within ${timeoutMs} ms` : messageOf(cause);
    throw errorOfConnection(new URL(request.url).host, cause, reason);
  }
}

/**
 * What it means for a source that a connection failed.
 *
 * @param reason as a part of a sentence
 */
export function errorOfConnection(host: string, cause: unknown, reason = messageOf(cause)): SentifluxError {
  if (cause instanceof PrivateAddressError)
    return new SentifluxError('SF_SOURCE_REFUSED', `${cause.message}.`, {
      hint: 'Where it is your own, allowPrivate: true in the section of this source allows it.',
      cause,
    });
  return new SourceUnreachable(`${host} gave no answer that can be read: ${reason}.`, { cause });
}

async function collected(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const taken: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
    taken.push(chunk);
  }
  return Buffer.concat(taken);
}
