import type { IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { messageOf } from '../../contracts/errors.js';
import { retryAfterMillis } from '../../contracts/retry-after.js';
import { mayPass } from '../../http/later.js';
import { PrivateAddressError } from '../../http/private-address.js';
import { send } from '../../http/send.js';
import type { DeliveryOutcome } from './delivery.js';

export interface HttpMessage {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body: string;
}

export interface PostOptions {
  readonly timeoutMs: number;
  readonly allowPrivate: boolean;
  /** Resolves names; the system's unless told. */
  readonly lookup?: LookupFunction;
  /** Milliseconds since the epoch, for a `Retry-After` that is a date. */
  readonly now: () => number;
}

/** What is read of an answer: enough for the reason that a receiver gives. */
const MOST_ANSWER_CHARACTERS = 300;

/**
 * One `POST`. A redirect is not followed: it could lead a signed alert anywhere. Unless allowed, nothing is sent to
 * a private address: what a name resolves to is checked where the connection is made, so that it cannot be another
 * address then. Each attempt has a connection of its own.
 */
export async function post(message: HttpMessage, options: PostOptions): Promise<DeliveryOutcome> {
  const headers = { 'content-type': 'application/json', 'user-agent': 'sentiflux', ...message.headers };
  const signal = AbortSignal.timeout(options.timeoutMs);
  try {
    const response = await send({ ...message, headers, method: 'POST' }, { ...options, signal });
    return outcomeOf(response, await startOf(response), options.now());
  } catch (error) {
    if (error instanceof PrivateAddressError)
      return { kind: 'refused', reason: `${error.message}; allowPrivate: true allows it` };
    const { name } = Object(error) as Error; // Anything that is thrown can be asked for its name.
    const timedOut = name === 'TimeoutError' || name === 'AbortError';
    return {
      kind: 'retry',
      reason: timedOut ? `no answer within ${options.timeoutMs} ms` : messageOf(error),
    };
  }
}

async function startOf(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (text.length >= MOST_ANSWER_CHARACTERS) break;
    }
  } catch {
    // The status has come; an answer that breaks off changes nothing about it.
  }
  return text
    .slice(0, MOST_ANSWER_CHARACTERS)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

function outcomeOf({ statusCode = 0, headers }: IncomingMessage, text: string, now: number): DeliveryOutcome {
  const answer = [statusCode, text].filter(Boolean).join(' ');
  if (statusCode >= 200 && statusCode < 300) return { kind: 'delivered', answer };
  const reason = `it answered ${answer}`;
  if (!mayPass(statusCode)) return { kind: 'refused', reason };
  const afterMs = retryAfterMillis(headers['retry-after'], now);
  return { kind: 'retry', reason, ...(afterMs !== undefined && { afterMs }) };
}
