import { SentifluxError } from '../../contracts/errors.js';
import { type SourceCursor, sourceCursor } from '../../contracts/ids.js';
import type { Source, SourceEvent, SourceGap } from '../port.js';
import { readFrames } from '../web-socket.js';
import { BLUESKY, type JetstreamMessage, messageOfFrame, POSTS } from './jetstream.js';
import { RecentCommits } from './recent-commits.js';

const MICROS = 1_000;
/** The public stream is never still for so long: where nothing is older, the server does not have it any more. */
const GAP_MICROS = 60_000_000;
/** A server that is asked to leave out larger messages: a post has 300 characters. */
const MOST_MESSAGE_BYTES = 1_000_000;

export interface BlueskyOptions {
  readonly name?: string;
  /** Addresses of Jetstream's `/subscribe`; the next one is tried when one fails, as the cursor fits all of them. */
  readonly urls: readonly string[];
  /** How far before the cursor the stream is read again after a break, since servers see an event at different times. */
  readonly rewindMs: number;
  /** A connection on which nothing comes for so long is taken for dead. */
  readonly silenceMs: number;
  readonly userAgent: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Bluesky's public posts, by Jetstream over WebSocket. The cursor is the time of the last event, in microseconds. */
export function createBlueskySource(options: BlueskyOptions): Source {
  const recent = new RecentCommits(2 * options.rewindMs * MICROS);
  let connections = 0;

  return {
    name: options.name ?? BLUESKY,
    async *read(after, stop) {
      const from =
        after === undefined ? undefined : Math.max(1, positionOf(after) - options.rewindMs * MICROS);
      const url = addressOf(options.urls[connections % options.urls.length] ?? '', from);
      connections += 1;
      const { silenceMs, userAgent, now } = options;
      let position = after === undefined ? undefined : positionOf(after);
      let isFirst = true;
      for await (const frames of readFrames({ url, silenceMs, userAgent, stop, now })) {
        const messages = frames.map(messageOfFrame);
        const times = messages.flatMap(({ timeUs }) => timeUs ?? []);
        const [first] = times;
        let gap: SourceGap | undefined;
        if (isFirst && first !== undefined) {
          isFirst = false;
          gap = gapBetween(position, first);
          // Older than what was asked for: the cursor was in this server's future, which then begins with what is new.
          if (from !== undefined && first < from) position = undefined;
          // So that a process that is killed before the first events count goes on with them.
          if (after === undefined) yield { events: [], cursor: sourceCursor(String(first)), isStart: true };
        }
        // What is read again after a break must not move the cursor back with every break.
        for (const time of times) position = Math.max(position ?? 0, time);
        const batch = { events: messages.flatMap((message) => newEvent(message, recent)) };
        if (position === undefined) yield batch;
        else yield { ...batch, cursor: sourceCursor(String(position)), ...(gap && { gap }) };
      }
    },
  };
}

function newEvent(
  { event, commit, timeUs }: JetstreamMessage,
  recent: RecentCommits,
): readonly SourceEvent[] {
  if (event === undefined) return [];
  return commit !== undefined && timeUs !== undefined && recent.has(commit, timeUs) ? [] : [event];
}

/** @throws SentifluxError SF_SOURCE_CURSOR_INVALID */
function positionOf(cursor: SourceCursor): number {
  const position = Number(cursor);
  if (Number.isSafeInteger(position) && position > 0) return position;
  throw new SentifluxError(
    'SF_SOURCE_CURSOR_INVALID',
    `${JSON.stringify(cursor)} is no cursor of Jetstream, which is a number of microseconds.`,
    { hint: 'Another source may have stored it under this name: give another --name.' },
  );
}

function addressOf(base: string, from: number | undefined): string {
  const url = new URL(base);
  url.searchParams.set('wantedCollections', POSTS);
  url.searchParams.set('maxMessageSizeBytes', String(MOST_MESSAGE_BYTES));
  if (from !== undefined) url.searchParams.set('cursor', String(from));
  return url.href;
}

function gapBetween(position: number | undefined, first: number): SourceGap | undefined {
  if (position === undefined || first - position <= GAP_MICROS) return undefined;
  const iso = (micros: number): string => new Date(micros / MICROS).toISOString();
  return { from: iso(position), to: iso(first) };
}
