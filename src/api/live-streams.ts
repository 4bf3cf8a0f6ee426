import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { SentifluxError } from '../contracts/errors.js';
import type { LiveEvent, LiveFeed } from '../contracts/live-feed.js';
import { createEventStream, type EventStream, frame, HEARTBEAT } from './event-stream.js';
import { encodeEvent, isWanted, type LiveFilter, type LiveFrame } from './live-frame.js';
import { createLiveHistory } from './live-history.js';

export interface LiveStreamsOptions {
  readonly feed: LiveFeed;
  readonly heartbeatMillis?: number;
  /** Most characters that wait for one reader before it is dropped. */
  readonly maxWaiting?: number;
  readonly maxReaders?: number;
  /** Of one token, session or address. */
  readonly maxReadersPerCaller?: number;
  /** How long the feed is still listened to when nobody reads any more, so that a reader that comes back misses nothing. */
  readonly resumeMillis?: number;
  /** Most characters that are kept of scored posts, and of windows; of alerts and deletions an eighth of it. */
  readonly maxHistory?: number;
}

export interface LiveReaderOptions {
  readonly filter: LiveFilter;
  /** Whom the reader is counted for. */
  readonly caller: string;
  /** How long it may read; without end where it is left out. */
  readonly lifetimeMillis?: number | undefined;
  /** Id of the last event that it has seen, where it comes back. */
  readonly lastEventId?: string | undefined;
}

/** The readers of the live feed. */
export interface LiveStreams {
  /**
   * @returns the body of a response
   * @throws SentifluxError SF_API_UNAVAILABLE or SF_API_TOO_MANY where there are too many readers already
   */
  open(options: LiveReaderOptions): Readable;
  /** Ends every stream with a last event that says so. */
  close(): void;
}

interface Reader {
  readonly stream: EventStream;
  readonly filter: LiveFilter;
  readonly caller: string;
  /** Scored posts in this second. */
  scored: number;
}

const RETRY_MILLIS = 2_000;
const LINGER_MILLIS = 2_000;
/** The greatest that a timer takes: 24 days. */
const MOST_MILLIS = 2 ** 31 - 1;
const MEBI = 1024 * 1024;

const DROPPED = frame('dropped', {
  reason: 'slow reader',
  message: 'events came faster than they were read; what waited was given up',
  hint: 'Connect again with fewer kinds, with one brand or with scoredPerSecond.',
});
const CLOSING = frame('closing', { reason: 'server closing', message: 'the worker stops' });
const SIGNED_OUT = frame('closing', { reason: 'session ended', message: 'sign in again' });
const MISSED = frame('missed', {
  reason: 'no longer kept',
  message: 'events since the last one that you have seen are missing here',
  hint: 'GET /v1/windows and GET /v1/alerts tell how everything stands.',
});

/** Hands the live feed to any number of readers; it is listened to only while somebody reads, and some time longer. */
export function createLiveStreams(options: LiveStreamsOptions): LiveStreams {
  const { feed, heartbeatMillis = 15_000, maxWaiting = MEBI, resumeMillis = 60_000 } = options;
  const { maxReaders = 256, maxReadersPerCaller = 32, maxHistory = 8 * MEBI } = options;
  const readers = new Set<Reader>();
  const history = createLiveHistory({
    scored: maxHistory,
    window: maxHistory,
    alert: maxHistory / 8,
    deleted: maxHistory / 8,
  });
  /** While the feed is listened to. Ids begin with `run`: those of another run, or process, mean nothing here. */
  let listening: { readonly run: string; readonly end: () => void } | undefined;
  let ending: NodeJS.Timeout | undefined;

  function listen(): NonNullable<typeof listening> {
    const run = randomBytes(4).toString('hex');
    let number = 0;
    const unsubscribe = feed.subscribe((event: LiveEvent) => {
      number += 1;
      // Encoded once, however many read it.
      const encoded = encodeEvent(event, number, `${run}-${number}`);
      history.add(encoded);
      for (const reader of readers) if (isWanted(encoded, reader.filter)) offer(reader, encoded);
    });
    const heartbeat = setInterval(() => {
      for (const reader of readers) send(reader, HEARTBEAT);
    }, heartbeatMillis);
    const second = setInterval(() => {
      for (const reader of readers) sayWhatWasSkipped(reader);
    }, 1_000);
    return {
      run,
      end() {
        unsubscribe();
        clearInterval(heartbeat);
        clearInterval(second);
        history.clear();
      },
    };
  }

  function offer(reader: Reader, { kind, text }: LiveFrame): void {
    if (kind === 'scored') {
      reader.scored += 1;
      if (reader.scored > (reader.filter.scoredPerSecond ?? Number.POSITIVE_INFINITY)) return;
    }
    send(reader, text);
  }

  function send(reader: Reader, next: string): void {
    if (reader.stream.send(next)) return;
    reader.stream.end(DROPPED, 'given up');
    leave(reader);
  }

  function sayWhatWasSkipped(reader: Reader): void {
    const skipped = reader.scored - (reader.filter.scoredPerSecond ?? reader.scored);
    reader.scored = 0;
    if (skipped > 0) send(reader, frame('skipped', { scored: skipped }));
  }

  /** Sends what a reader has not seen, the newest of it where that is too much at once. */
  function resume(reader: Reader, run: string, lastEventId: string): void {
    const [seenRun, seenNumber] = lastEventId.split('-');
    const { frames, complete } =
      seenRun === run
        ? history.after(Number(seenNumber), reader.filter.kinds)
        : { frames: [], complete: false };
    const wanted = frames.filter((one) => isWanted(one, reader.filter));
    const sent = newest(wanted, maxWaiting / 2);
    if (!complete || sent.length < wanted.length) send(reader, MISSED);
    for (const one of sent) offer(reader, one);
  }

  function leave(reader: Reader): void {
    readers.delete(reader);
    if (readers.size > 0) return;
    clearTimeout(ending);
    ending = setTimeout(stopListening, resumeMillis);
  }

  function stopListening(): void {
    clearTimeout(ending);
    listening?.end();
    listening = undefined;
  }

  function refuseTooMany(caller: string): void {
    if (readers.size >= maxReaders) {
      throw new SentifluxError('SF_API_UNAVAILABLE', 'too many readers of the stream', {
        hint: 'Close others, or try again later.',
      });
    }
    const own = [...readers].filter((reader) => reader.caller === caller).length;
    if (own >= maxReadersPerCaller) {
      throw new SentifluxError('SF_API_TOO_MANY', `more than ${maxReadersPerCaller} streams at a time`, {
        hint: 'Close others first.',
      });
    }
  }

  return {
    open({ filter, caller, lifetimeMillis, lastEventId }) {
      refuseTooMany(caller);
      clearTimeout(ending);
      const stream = createEventStream({ maxWaiting, lingerMillis: LINGER_MILLIS });
      const reader: Reader = { stream, filter, caller, scored: 0 };
      stream.body.once('close', () => leave(reader));
      listening ??= listen();
      stream.send(`retry: ${RETRY_MILLIS}\n\n`);
      if (lastEventId !== undefined) resume(reader, listening.run, lastEventId);
      readers.add(reader);
      if (lifetimeMillis !== undefined) {
        const end = setTimeout(() => stream.end(SIGNED_OUT, 'sent'), Math.min(lifetimeMillis, MOST_MILLIS));
        stream.body.once('close', () => clearTimeout(end));
      }
      return stream.body;
    },
    close() {
      for (const reader of readers) reader.stream.end(CLOSING, 'sent');
      readers.clear();
      stopListening();
    },
  };
}

/** The last frames that have room for so many characters. */
function newest(frames: readonly LiveFrame[], characters: number): readonly LiveFrame[] {
  let left = characters;
  const first = frames.findLastIndex(({ text }) => {
    left -= text.length;
    return left < 0;
  });
  return frames.slice(first + 1);
}
