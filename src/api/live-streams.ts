import type { Readable } from 'node:stream';
import { ALL_BRANDS, type BrandId, OTHER_BRANDS } from '../contracts/ids.js';
import type { LiveEvent, LiveFeed } from '../contracts/live-feed.js';
import { createEventStream, type EventStream, frame, HEARTBEAT } from './event-stream.js';

export const EVENT_KINDS = ['scored', 'deleted', 'window', 'alert'] as const satisfies ReadonlyArray<
  LiveEvent['kind']
>;

/** What one reader wants to hear of. */
export interface LiveFilter {
  readonly kinds: ReadonlySet<LiveEvent['kind']>;
  /** Every brand where it is left out. */
  readonly brand?: BrandId | undefined;
  /** Most scored posts a second; the others are left out and counted in an event `skipped`. */
  readonly scoredPerSecond?: number | undefined;
}

export interface LiveStreamsOptions {
  readonly feed: LiveFeed;
  readonly heartbeatMillis?: number;
  /** Most characters that wait for one reader before it is dropped. */
  readonly maxWaiting?: number;
  readonly maxReaders?: number;
}

/** The readers of the live feed. */
export interface LiveStreams {
  /** The body of a response; `undefined` where there are too many readers already. */
  open(filter: LiveFilter): Readable | undefined;
  /** Ends every stream with a last event that says so. */
  close(): void;
}

interface Reader {
  readonly stream: EventStream;
  readonly filter: LiveFilter;
  /** Scored posts in this second. */
  scored: number;
}

const RETRY_MILLIS = 2_000;
const LINGER_MILLIS = 2_000;

const DROPPED = frame('dropped', {
  reason: 'slow reader',
  message: 'events came faster than they were read; what waited was given up',
  hint: 'Connect again with fewer kinds, with one brand or with scoredPerSecond.',
});
const CLOSING = frame('closing', { reason: 'server closing', message: 'the worker stops' });

/** Hands the live feed to any number of readers; it is listened to only while somebody reads. */
export function createLiveStreams(options: LiveStreamsOptions): LiveStreams {
  const { feed, heartbeatMillis = 15_000, maxWaiting = 1024 * 1024, maxReaders = 256 } = options;
  const readers = new Set<Reader>();
  let silence: (() => void) | undefined;

  function listen(): () => void {
    const unsubscribe = feed.subscribe(distribute);
    const heartbeat = setInterval(() => {
      for (const reader of readers) send(reader, HEARTBEAT);
    }, heartbeatMillis);
    const second = setInterval(() => {
      for (const reader of readers) sayWhatWasSkipped(reader);
    }, 1_000);
    return () => {
      unsubscribe();
      clearInterval(heartbeat);
      clearInterval(second);
    };
  }

  function distribute(event: LiveEvent): void {
    // Encoded once, however many read it, and not at all where nobody does.
    let encoded: string | undefined;
    for (const reader of readers) {
      if (!isWanted(event, reader.filter)) continue;
      if (event.kind === 'scored') {
        reader.scored += 1;
        if (reader.scored > (reader.filter.scoredPerSecond ?? Number.POSITIVE_INFINITY)) continue;
      }
      encoded ??= encode(event);
      send(reader, encoded);
    }
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

  function leave(reader: Reader): void {
    readers.delete(reader);
    if (readers.size > 0) return;
    silence?.();
    silence = undefined;
  }

  return {
    open(filter) {
      if (readers.size >= maxReaders) return undefined;
      const stream = createEventStream({ maxWaiting, lingerMillis: LINGER_MILLIS });
      const reader: Reader = { stream, filter, scored: 0 };
      stream.body.once('close', () => leave(reader));
      readers.add(reader);
      silence ??= listen();
      stream.send(`retry: ${RETRY_MILLIS}\n\n`);
      return stream.body;
    },
    close() {
      for (const reader of readers) {
        reader.stream.end(CLOSING, 'sent');
        leave(reader);
      }
    },
  };
}

function isWanted(event: LiveEvent, { kinds, brand }: LiveFilter): boolean {
  if (!kinds.has(event.kind)) return false;
  if (brand === undefined) return true;
  switch (event.kind) {
    case 'scored': {
      const { brands } = event.post;
      if (brand === ALL_BRANDS) return true;
      return brand === OTHER_BRANDS ? brands.length === 0 : brands.includes(brand);
    }
    // Nobody knows any more which brands it had.
    case 'deleted':
      return true;
    case 'window':
      return event.window.brand === brand;
    case 'alert':
      return event.alert.brand === brand;
  }
}

function encode(event: LiveEvent): string {
  switch (event.kind) {
    case 'scored':
      return frame('scored', event.post);
    case 'deleted':
      return frame('deleted', { id: event.id });
    case 'window':
      return frame('window', event.window);
    case 'alert':
      return frame('alert', event.alert);
  }
}
