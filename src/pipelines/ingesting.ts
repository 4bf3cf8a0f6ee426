import type { Config } from '../config/schema.js';
import type { Clock } from '../contracts/clock.js';
import { errorOf } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import type { Source } from '../sources/port.js';
import type { Streams } from '../streams/port.js';
import { type IngestTally, ingest } from './ingest.js';
import { requireOwnNames } from './post-record.js';
import type { Role } from './role.js';
import { openSourceCursors } from './source-cursors.js';
import { waitUnlessStopped } from './wait-unless-stopped.js';

export interface IngestingOptions {
  /** Each begins where the cursor of its name stands. */
  readonly sources: readonly Source[];
  readonly config: Pick<Config, 'topics' | 'input' | 'streams'>;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What ends one source for good ends the role. */
  readonly onFailure: (error: Error) => void;
}

export interface Ingesting extends Role {
  /** What became of the posts of each source, once all of them have ended. */
  readonly ended: Promise<readonly IngestTally[]>;
}

/**
 * Reads sources side by side and writes what they tell to the topic of posts (`ingest`).
 *
 * @throws SentifluxError SF_CONFIG_INVALID where the worker would not find what is written; SF_STREAM_UNREACHABLE,
 *   SF_STREAM_REFUSED
 */
export async function startIngesting(options: IngestingOptions): Promise<Ingesting> {
  const { sources, config, streams, clock, logger } = options;
  requireOwnNames(config.input);
  const cursors = await openSourceCursors(streams, config);
  const stopping = new AbortController();
  const tallies = new Map<string, IngestTally>();
  const reading = sources.map((source) =>
    ingest({
      source,
      streams,
      cursors,
      config,
      clock,
      random: Math.random,
      wait: waitUnlessStopped,
      logger,
      stop: stopping.signal,
      onProgress: (tally) => tallies.set(source.name, tally),
    }),
  );
  const ended = Promise.all(reading);
  ended.catch((error: unknown) => options.onFailure(errorOf(error)));

  return {
    name: 'ingest',
    ended,
    async readiness() {
      const detail = sources.map(({ name }) => `${name}: ${figuresOf(tallies.get(name))}`).join('; ');
      return { name: 'ingest', ready: true, detail };
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled(reading);
      await cursors.close();
    },
  };
}

function figuresOf(tally: IngestTally | undefined): string {
  if (tally === undefined) return 'nothing yet';
  const { posts, edits, deletions, interruptions } = tally;
  return `${posts} posts, ${edits} edits, ${deletions} deletions, ${interruptions} interruptions`;
}
