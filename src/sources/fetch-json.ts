import type { z } from 'zod';
import type { HttpRequest } from '../http/send.js';
import { type Answer, type AskOptions, ask } from './ask.js';
import { errorOfStatus } from './http-status.js';
import { jsonOf } from './json.js';
import { SourceUnreachable } from './port.js';

/**
 * One request for JSON. Redirects are not followed.
 *
 * @throws SourceUnreachable where there is no answer in time, one that breaks off, is too large or not what the schema
 *   expects, or says 408, 425, 429 or 5xx; also when it is told to stop
 * @throws SentifluxError SF_SOURCE_REFUSED for another status, and for a private address
 */
export async function fetchJson<Value>(
  request: HttpRequest,
  schema: z.ZodType<Value>,
  options: AskOptions,
): Promise<{ readonly value: Value; readonly headers: Answer['headers'] }> {
  const { host } = new URL(request.url);
  const accept = { accept: 'application/json', ...request.headers };
  const { status, headers, body } = await ask({ ...request, headers: accept }, options);
  if (status !== 200) throw errorOfStatus(host, status, headers, options.now());
  const parsed = schema.safeParse(jsonOf(body.toString('utf8')));
  if (parsed.success) return { value: parsed.data, headers };
  throw new SourceUnreachable(`${host} gave no answer that can be read: it is not of the documented shape.`, {
    cause: parsed.error,
  });
}
