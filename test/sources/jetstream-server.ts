import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

/** An event of Jetstream's documentation. */
export interface JetstreamEvent {
  readonly did: string;
  readonly time_us: number;
  readonly kind: string;
  readonly [rest: string]: unknown;
}

export const NOON_US = Date.UTC(2026, 10, 28, 12) * 1_000;
export const AUTHOR = 'did:plc:eygmaihciaxprqvxpfvl6flk';

/** A commit of `app.bsky.feed.post`, so many microseconds after noon. */
export function commit(
  timeUs: number,
  rkey: string,
  record: object | undefined,
  operation = record === undefined ? 'delete' : 'create',
): JetstreamEvent {
  return {
    did: AUTHOR,
    time_us: NOON_US + timeUs,
    kind: 'commit',
    commit: {
      rev: `rev-${timeUs}`,
      operation,
      collection: 'app.bsky.feed.post',
      rkey,
      ...(record !== undefined && { record: { $type: 'app.bsky.feed.post', ...record }, cid: 'bafyreid' }),
    },
  };
}

/** A post of that time. */
export const post = (timeUs: number, rkey: string, text = `post ${rkey}`): JetstreamEvent =>
  commit(timeUs, rkey, {
    text,
    createdAt: new Date((NOON_US + timeUs) / 1_000).toISOString(),
    langs: ['en'],
  });

export const identity = (timeUs: number): JetstreamEvent => ({
  did: AUTHOR,
  time_us: NOON_US + timeUs,
  kind: 'identity',
  identity: { did: AUTHOR, handle: 'ann.bsky.social', seq: 1409752997, time: '2026-11-28T12:00:00.000Z' },
});

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What one connection is served. */
export interface Behaviour {
  /** Instead of the stream. */
  readonly answer?: Answer;
  /** Ends the connection after so many messages. */
  readonly cutAfter?: number;
  /** Frames that come before any event, as they are. */
  readonly frames?: readonly (string | Buffer)[];
}

export interface JetstreamServer {
  readonly url: string;
  /** Query of each connection, in the order in which they came. */
  readonly asked: readonly URLSearchParams[];
  readonly headers: readonly IncomingHttpHeaders[];
  /** Adds events, and sends them to those who are connected. */
  emit(...events: readonly JetstreamEvent[]): void;
  /** Breaks off every connection, without a word. */
  cut(): void;
  /** Forgets what is older, as a server does whose retention is over. */
  forgetBefore(timeUs: number): void;
  /** What the next connections are served, one each; the ordinary stream afterwards. */
  serve(...behaviours: readonly Behaviour[]): void;
  /** Bytes that wait for readers that do not read. */
  waiting(): number;
  close(): void;
}

/**
 * `/subscribe` as Jetstream's documentation describes it: events from the cursor on and then live; a cursor that is too
 * old begins with the oldest event, one from the future and none at all with what is new.
 */
export async function jetstreamServer(events: readonly JetstreamEvent[] = []): Promise<JetstreamServer> {
  let log = [...events];
  const behaviours: Behaviour[] = [];
  const asked: URLSearchParams[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const readers = new Set<WebSocket>();
  const sockets = new Set<Socket>();
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });

  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  http.on('upgrade', (request, socket, head) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    asked.push(searchParams);
    headers.push(request.headers);
    const { answer, ...behaviour } = behaviours.shift() ?? {};
    if (answer === undefined) {
      server.handleUpgrade(request, socket, head, (reader) => stream(reader, searchParams, behaviour));
      return;
    }
    const lines = Object.entries(answer.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(
      `HTTP/1.1 ${answer.status} -\r\n${lines.join('')}connection: close\r\ncontent-length: 0\r\n\r\n`,
    );
  });

  function stream(reader: WebSocket, query: URLSearchParams, { cutAfter, frames = [] }: Behaviour): void {
    for (const frame of frames) reader.send(frame, { binary: false });
    const cursor = query.get('cursor');
    const newest = log.at(-1)?.time_us ?? 0;
    const from = cursor === null || Number(cursor) > newest ? Number.POSITIVE_INFINITY : Number(cursor);
    const due = log.filter((event) => event.time_us >= from);
    for (const event of due.slice(0, cutAfter)) reader.send(JSON.stringify(event));
    if (cutAfter !== undefined) reader.close(1001, 'going away');
    else readers.add(reader);
    reader.on('close', () => readers.delete(reader));
  }

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has an address with a port.
  const { port } = http.address() as AddressInfo;
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    http.close();
  };
  onTestFinished(close);

  return {
    url: `ws://127.0.0.1:${port}/subscribe`,
    asked,
    headers,
    emit(...more) {
      log.push(...more);
      for (const reader of readers) for (const event of more) reader.send(JSON.stringify(event));
    },
    cut() {
      for (const reader of readers) reader.terminate();
    },
    forgetBefore(timeUs) {
      log = log.filter((event) => event.time_us >= NOON_US + timeUs);
    },
    serve: (...next) => void behaviours.push(...next),
    waiting: () => [...readers].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0),
    close,
  };
}
