import { z } from 'zod';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import { errorOfStatus } from './http-status.js';
import { SourceUnreachable } from './port.js';

/** A larger answer is none that was asked for. */
const MOST_BYTES = 4_194_304;

export interface FetchOptions {
  readonly timeoutMs: number;
  readonly userAgent: string;
  readonly stop: AbortSignal;
  /** Milliseconds since the epoch, for a `Retry-After` that is a date. */
  readonly now: () => number;
}

/**
 * One `GET` of JSON. Redirects are not followed.
 *
 * @throws SourceUnreachable where there is no answer in time, one that breaks off, is too large or not what the schema
 *   expects, or says 408, 425, 429 or 5xx; also when it is told to stop
 * @throws SentifluxError SF_SOURCE_REFUSED for another status
 */
export async function fetchJson<Value>(
  url: string,
  schema: z.ZodType<Value>,
  options: FetchOptions,
): Promise<Value> {
  const { timeoutMs, userAgent, stop, now } = options;
  const { host } = new URL(url);
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'application/json', 'user-agent': userAgent },
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw errorOfStatus(host, response.status, Object.fromEntries(response.headers), now());
    }
    return schema.parse(JSON.parse(await textOf(response)));
  } catch (cause) {
    if (cause instanceof SentifluxError) throw cause;
    throw new SourceUnreachable(`${host} gave no answer that can be read: ${reasonOf(cause)}.`, { cause });
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What fetch says by itself is that it failed. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return 'it is not of the documented shape';
  return error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : messageOf(error);
}
