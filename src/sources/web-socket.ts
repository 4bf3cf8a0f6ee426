import { WebSocket } from 'ws';
import { messageOf } from '../contracts/errors.js';
import { errorOfStatus } from './http-status.js';
import { SourceUnreachable } from './port.js';

/** No connection is waited for longer. */
const HANDSHAKE_MILLIS = 15_000;
/** Frames that wait to be taken: above it the socket is no longer read, so that the other side has to wait. */
const MOST_WAITING_BYTES = 4_194_304;
/** A larger message ends the connection. */
const MOST_MESSAGE_BYTES = 16_777_216;

export interface FramesOptions {
  readonly url: string;
  /** A connection on which nothing comes for so long, not even a ping, is taken for dead. */
  readonly silenceMs: number;
  readonly userAgent: string;
  readonly stop: AbortSignal;
  /** Milliseconds since the epoch, for a `Retry-After` that is a date. */
  readonly now: () => number;
}

/**
 * The messages of one WebSocket connection, those that have come at a time. While they are not taken they wait, and
 * above some megabytes the socket is not read, which the other side feels through TCP.
 *
 * Messages are bytes, also where they are text that is no UTF-8: one bad message must not end the connection.
 *
 * @throws SourceUnreachable where it cannot be opened, breaks off, falls silent, or is answered 408, 425, 429 or 5xx
 * @throws SentifluxError SF_SOURCE_REFUSED for another status
 */
export async function* readFrames(options: FramesOptions): AsyncGenerator<readonly Buffer[]> {
  const { stop } = options;
  if (stop.aborted) return;
  const { host } = new URL(options.url);
  const socket = new WebSocket(options.url, {
    perMessageDeflate: false,
    followRedirects: false,
    skipUTF8Validation: true,
    handshakeTimeout: HANDSHAKE_MILLIS,
    maxPayload: MOST_MESSAGE_BYTES,
    headers: { 'user-agent': options.userAgent },
  });
  let frames: Buffer[] = [];
  let bytes = 0;
  let failure: Error | undefined;
  let wake = (): void => {};
  const fail = (error: Error): void => {
    failure ??= error;
    wake();
  };

  const silence = setTimeout(() => {
    // What is not read cannot be heard.
    if (socket.isPaused) silence.refresh();
    else fail(new SourceUnreachable(`${host} was silent for ${options.silenceMs} ms.`));
  }, options.silenceMs);
  const heard = (): void => void silence.refresh();

  // Other forms of data come only where they are asked for.
  socket.on('message', (data: Buffer) => {
    heard();
    frames.push(data);
    bytes += data.length;
    if (bytes >= MOST_WAITING_BYTES && !socket.isPaused) socket.pause();
    wake();
  });
  socket.on('open', heard);
  socket.on('ping', heard);
  socket.on('unexpected-response', (request, { statusCode = 0, headers }) => {
    fail(errorOfStatus(host, statusCode, headers, options.now()));
    request.destroy();
  });
  socket.on('close', (code, reason) => {
    const said = reason.length > 0 ? `: ${reason.toString().slice(0, 200)}` : '';
    fail(new SourceUnreachable(`${host} ended the connection (${code}${said}).`));
  });
  socket.on('error', (error) => fail(new SourceUnreachable(`${host}: ${messageOf(error)}.`)));
  const stopped = (): void => wake();
  stop.addEventListener('abort', stopped);

  try {
    while (!stop.aborted) {
      if (frames.length > 0) {
        const taken = frames;
        frames = [];
        bytes = 0;
        yield taken;
        if (socket.isPaused) socket.resume();
      } else if (failure !== undefined) {
        throw failure;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    stop.removeEventListener('abort', stopped);
    clearTimeout(silence);
    socket.terminate();
  }
}
