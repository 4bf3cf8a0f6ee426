import type { IncomingMessage } from 'node:http';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { messageOf } from '../contracts/errors.js';
import { type HttpRequest, send } from '../http/send.js';
import { type AskOptions, errorOfConnection } from './ask.js';
import { errorOfStatus } from './http-status.js';
import { SourceUnreachable } from './port.js';

/** No stream is waited for longer. */
const HEAD_MILLIS = 15_000;
/** A larger event ends the connection. */
const MOST_EVENT_CHARACTERS = 1_048_576;

export interface EventStreamOptions
  extends Pick<AskOptions, 'userAgent' | 'stop' | 'now' | 'allowPrivate' | 'lookup'> {
  /** A stream on which nothing comes for so long, not even a comment, is taken for dead. */
  readonly silenceMs: number;
}

export type { EventSourceMessage };

/** A stream that has begun. Whoever opened it reads or closes it. */
export interface EventStream {
  /**
   * The events that have come at a time. While they are not taken the connection is not read, which the other side feels
   * through TCP.
   *
   * @throws SourceUnreachable where it ends, breaks off, falls silent or sends an event without end
   */
  events(): AsyncGenerator<readonly EventSourceMessage[]>;
  close(): void;
}

/**
 * A stream of server-sent events (HTML, 9.2). Redirects are not followed: the request may carry a token.
 *
 * @throws SourceUnreachable where it does not begin in time, or is answered 408, 425, 429 or 5xx
 * @throws SentifluxError SF_SOURCE_REFUSED for another status or a private address
 */
export async function openEventStream(
  request: HttpRequest,
  { userAgent, stop, now, silenceMs, ...connection }: EventStreamOptions,
): Promise<EventStream> {
  const { host } = new URL(request.url);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), HEAD_MILLIS);
  const headers = { accept: 'text/event-stream', 'user-agent': userAgent, ...request.headers };
  const signal = AbortSignal.any([stop, late.signal]);
  let response: IncomingMessage;
  try {
    response = await send({ ...request, headers }, { ...connection, signal });
  } catch (cause) {
    const reason = late.signal.aborted ? `nothing within ${HEAD_MILLIS} ms` : messageOf(cause);
    throw errorOfConnection(host, cause, reason);
  } finally {
    clearTimeout(timer);
  }
  // It may break off while nobody reads it; whoever does will see.
  response.on('error', () => {});
  const { statusCode = 0 } = response;
  if (statusCode !== 200) {
    response.destroy();
    throw errorOfStatus(host, statusCode, response.headers, now());
  }
  return { events: () => eventsOf(response, host, silenceMs), close: () => void response.destroy() };
}

async function* eventsOf(
  response: IncomingMessage,
  host: string,
  silenceMs: number,
): AsyncGenerator<readonly EventSourceMessage[]> {
  let events: EventSourceMessage[] = [];
  let isTooLarge = false;
  const parser = createParser({
    maxBufferSize: MOST_EVENT_CHARACTERS,
    onEvent: (event) => void events.push(event),
    // Lines that are no field are passed over, as browsers do.
    onError: ({ type }) => {
      isTooLarge ||= type === 'max-buffer-size-exceeded';
    },
  });
  const chunks: AsyncIterator<string> = response.setEncoding('utf8')[Symbol.asyncIterator]();
  for (;;) {
    const silent = new SourceUnreachable(`${host} was silent for ${silenceMs} ms.`);
    const timer = setTimeout(() => response.destroy(silent), silenceMs);
    const next = await chunks.next().catch((cause: unknown) => {
      if (cause === silent) throw silent;
      throw new SourceUnreachable(`${host} broke off: ${messageOf(cause)}.`, { cause });
    });
    clearTimeout(timer);
    if (next.done === true) throw new SourceUnreachable(`${host} ended the stream.`);
    parser.feed(next.value);
    const taken = events;
    events = [];
    if (taken.length > 0) yield taken;
    if (isTooLarge)
      throw new SourceUnreachable(`${host} sent an event of more than ${MOST_EVENT_CHARACTERS} characters.`);
  }
}
