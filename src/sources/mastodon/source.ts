import { epochMillis, type SourceCursor, sourceCursor } from '../../contracts/ids.js';
import { type CombineOptions, combineSources } from '../combine.js';
import { invalidCursor } from '../invalid-cursor.js';
import { jsonOf } from '../json.js';
import type { Source, SourceBatch, SourceEvent } from '../port.js';
import type { EventSourceMessage } from '../server-sent-events.js';
import { createServer, type Server, type ServerOptions, type Timeline } from './server.js';
import { laterOf, rewound } from './snowflake.js';
import { MASTODON, type Status, statusSchema } from './status.js';
import { ToldPosts } from './told-posts.js';

/** Of what was missed, at most: 300 questions in five minutes are allowed, and the stream waits meanwhile. */
const MOST_PAGES = 100;

export interface MastodonOptions
  extends Pick<CombineOptions, 'createBackoff' | 'wait'>,
    Omit<ServerOptions, 'url' | 'token'> {
  readonly name?: string;
  readonly instances: readonly Pick<ServerOptions, 'url' | 'token'>[];
  /** Without `#`; without any all posts are read. */
  readonly hashtags: readonly string[];
  readonly scope: Timeline['scope'];
  /** How far before the cursor posts are asked for after a break: those of other servers come late under earlier numbers. */
  readonly rewindMs: number;
}

/** Public posts of servers of Mastodon. A part is one timeline of one server. */
export function createMastodonSource(options: MastodonOptions): Source {
  const { name = MASTODON, scope, hashtags } = options;
  const told = new ToldPosts();
  const timelines: readonly Timeline[] =
    hashtags.length === 0 ? [{ scope }] : [...new Set(hashtags)].map((hashtag) => ({ scope, hashtag }));
  const instances = new Map(options.instances.map((instance) => [new URL(instance.url).host, instance]));
  const parts = [...instances.values()].flatMap((instance) => {
    const server = createServer({ ...options, ...instance });
    return timelines.map((timeline) => createTimelineSource(server, timeline, told, options));
  });
  return combineSources({ ...options, name, parts });
}

/** The cursor is the greatest number of a status. */
function createTimelineSource(
  server: Server,
  timeline: Timeline,
  told: ToldPosts,
  { now, rewindMs }: MastodonOptions,
): Source {
  const name = `${server.host}/${timeline.scope}${timeline.hashtag === undefined ? '' : `/${timeline.hashtag}`}`;

  /** What a payload tells, and the status that it is. */
  function read(
    kind: 'post' | 'edit',
    payload: unknown,
  ): { readonly events: readonly SourceEvent[]; readonly status?: Status } {
    const parsed = statusSchema.safeParse(payload);
    if (!parsed.success) return { events: [malformed(server.host)] };
    return { events: told.tell(kind, parsed.data, server.host, epochMillis(now())), status: parsed.data };
  }

  function readEvent({ event, data }: EventSourceMessage): ReturnType<typeof read> {
    if (event === 'update') return read('post', jsonOf(data));
    // An edit has the number of its post, which is no place in the stream.
    if (event === 'status.update') return { events: read('edit', jsonOf(data)).events };
    return { events: event === 'delete' ? told.delete(data.trim(), server.host) : [] };
  }

  async function* missedSince(last: string, stop: AbortSignal): AsyncGenerator<SourceBatch> {
    let from = rewound(last, rewindMs);
    let cursor = last;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const page = await server.after(timeline, from, stop);
      // The newest come first, as in all timelines.
      const statuses = page.toReversed().map((status) => read('post', status));
      const before = from;
      for (const { status } of statuses) if (status !== undefined) from = laterOf(from, status.id);
      cursor = laterOf(cursor, from);
      yield { events: statuses.flatMap(({ events }) => events), cursor: sourceCursor(cursor) };
      if (from === before) return;
    }
    yield { events: [], gap: { from: `status ${cursor} of ${name}`, to: new Date(now()).toISOString() } };
  }

  return {
    name,
    async *read(after, stop) {
      let last = after === undefined ? undefined : numberOf(after, name);
      // First, so that nothing is between what is asked for and what comes.
      const stream = await server.stream(timeline, stop);
      try {
        if (last !== undefined)
          for await (const batch of missedSince(last, stop)) {
            last = batch.cursor ?? last;
            yield batch;
          }
        for await (const messages of stream.events()) {
          const batches = messages.map(readEvent);
          const statuses = batches.flatMap(({ status }) => status ?? []);
          const [first] = statuses;
          // So that a process that is killed before the first posts count goes on with them.
          if (last === undefined && first !== undefined)
            yield { events: [], cursor: sourceCursor(rewound(first.id, 1)), isStart: true };
          for (const { id } of statuses) last = laterOf(last, id);
          const events = batches.flatMap((batch) => batch.events);
          yield { events, ...(last !== undefined && { cursor: sourceCursor(last) }) };
        }
      } finally {
        stream.close();
      }
    },
  };
}

function malformed(host: string): SourceEvent {
  return { kind: 'unusable', code: 'SF_SOURCE_MALFORMED', message: `an event of ${host} is no status` };
}

/** @throws SentifluxError SF_SOURCE_CURSOR_INVALID */
function numberOf(cursor: SourceCursor, name: string): string {
  if (/^[\w-]{1,64}$/.test(cursor)) return cursor;
  throw invalidCursor(cursor, name);
}
