import type { Config } from '../config/schema.js';
import type { Clock } from '../contracts/clock.js';
import { SentifluxError } from '../contracts/errors.js';
import type { EpochMillis, SourceCursor } from '../contracts/ids.js';
import type { Logger } from '../contracts/logger.js';
import type { OutputRecord } from '../contracts/record.js';
import {
  type Source,
  type SourceBatch,
  type SourceEvent,
  SourceUnreachable,
  type UnusableCode,
} from '../sources/port.js';
import type { Streams } from '../streams/port.js';
import { type Backoff, createBackoff } from './backoff.js';
import { deletionRecord, postRecord } from './post-record.js';
import type { SourceCursors } from './source-cursors.js';

/** A cursor is stored no more often: what lies between is read again after a crash, and known by its ids. */
const CURSOR_EVERY_MILLIS = 1_000;
/** How often the log says how it stands. */
const REPORT_EVERY_MILLIS = 60_000;
/** Records of one write: it is waited for, so that fewer of them would wait more often. */
const RECORDS_A_WRITE = 4_000;

export interface IngestOptions {
  readonly source: Source;
  readonly streams: Streams;
  readonly cursors: SourceCursors;
  readonly config: Pick<Config, 'topics' | 'input'>;
  readonly clock: Clock;
  /** From 0 up to 1, as `Math.random` gives it: no two processes try again at the same time. */
  readonly random: () => number;
  /** Resolves after so many milliseconds, or as soon as it is told to stop. */
  readonly wait: (millis: number, stop: AbortSignal) => Promise<void>;
  readonly logger: Logger;
  /** Ends the ingestion after the write that is under way. */
  readonly stop: AbortSignal;
  /** Called after each batch. */
  readonly onProgress?: (tally: IngestTally) => void;
}

/** What became of the events of a source since the start. */
export interface IngestTally {
  readonly posts: number;
  readonly edits: number;
  readonly deletions: number;
  /** Events that could not become posts, by their codes. They are written nowhere. */
  readonly unusable: ReadonlyMap<UnusableCode, number>;
  /** Times that the source, or a part of it, broke off or could not be read. */
  readonly interruptions: number;
  /** Of the newest post that was written, by its own clock. */
  readonly latest?: EpochMillis;
}

/**
 * Writes what a source tells to the topic of posts until the source ends or is told to stop. Its cursor is stored once
 * all that came before it is acknowledged: a process that ends in whatever way and is started again loses nothing, and
 * writes again at most what followed the stored cursor, under the same ids.
 *
 * One batch is in memory at a time: the source is asked for the next one when this one is written. Where the source or
 * the stream cannot be reached, waits grow from a second to a minute, and nothing is given up.
 *
 * @throws SentifluxError whatever a source throws but SourceUnreachable; SF_STREAM_REFUSED, SF_TOPIC_MISSING
 */
export async function ingest(options: IngestOptions): Promise<IngestTally> {
  const { source, streams, cursors, config, clock, logger, stop, wait } = options;
  const { posts: topic } = config.topics;
  const tally = new Tally(source.name, logger);
  const sourceBackoff = createBackoff(options.random);
  const streamBackoff = createBackoff(options.random);
  const producer = await streams.producer();
  let position = await cursors.load(source.name);
  let stored = position;
  let storedAt = clock.now();
  let reportedAt = storedAt;
  logger.info({ source: source.name, cursor: position }, 'reading the source');

  /** Until it is done, however long the stream is away; false where it was told to stop meanwhile. */
  async function done(write: () => Promise<void>): Promise<boolean> {
    for (;;) {
      try {
        await write();
        streamBackoff.reset();
        return true;
      } catch (error) {
        if (!(error instanceof SentifluxError) || error.code !== 'SF_STREAM_UNREACHABLE') throw error;
        const pause = streamBackoff.next();
        logger.warn(
          { source: source.name, code: error.code, err: error, pause },
          'posts cannot be written; the source waits',
        );
        await wait(pause, stop);
        if (stop.aborted) return false;
      }
    }
  }

  async function store(cursor: SourceCursor): Promise<void> {
    if (await done(() => cursors.store(source.name, cursor))) stored = cursor;
    storedAt = clock.now();
  }

  /** @returns false where it was told to stop before all was written */
  async function take(batch: SourceBatch): Promise<boolean> {
    if (batch.gap !== undefined) warnOfGap(source.name, batch.gap, logger);
    if (batch.problem !== undefined) {
      const { problem } = batch;
      tally.interruptions += 1;
      logger.warn(
        { source: source.name, code: problem.code, err: problem },
        'a part of the source cannot be read for now; the rest goes on',
      );
    }
    const events = batch.events.map((event) => withRecord(event, topic, config.input.maxBytes));
    for (let i = 0; i < events.length; i += RECORDS_A_WRITE) {
      const part = events.slice(i, i + RECORDS_A_WRITE);
      const records = part.flatMap(({ record }) => record ?? []);
      if (records.length > 0 && !(await done(() => producer.send(records)))) return false;
      for (const { event } of part) tally.add(event);
    }
    position = batch.cursor ?? position;
    // The first one at once: without any, a live source would begin with what is new.
    const isDue =
      stored === undefined || batch.isStart === true || clock.now() - storedAt >= CURSOR_EVERY_MILLIS;
    if (isDue && position !== undefined && position !== stored) await store(position);
    options.onProgress?.(tally);
    if (clock.now() - reportedAt >= REPORT_EVERY_MILLIS) {
      reportedAt = clock.now();
      logger.info({ source: source.name, ...tally.figures() }, 'ingested since the start');
    }
    return true;
  }

  try {
    while (!stop.aborted) {
      try {
        for await (const batch of source.read(position, stop)) {
          sourceBackoff.reset();
          if (!(await take(batch))) break;
        }
        break;
      } catch (error) {
        if (!(error instanceof SourceUnreachable)) throw error;
        if (stop.aborted) break;
        await pause(error, sourceBackoff);
      }
    }
    return tally;
  } finally {
    // Not a batch that was broken off: its cursor never became the position. One attempt: the stream may be away.
    if (position !== undefined && position !== stored) {
      await cursors.store(source.name, position).catch((error: unknown) => {
        logger.warn({ source: source.name, err: error }, 'the last cursor could not be stored');
      });
    }
    await producer.close();
  }

  async function pause(error: SourceUnreachable, backoff: Backoff): Promise<void> {
    tally.interruptions += 1;
    const millis = backoff.next(error.afterMs);
    logger.warn(
      { source: source.name, code: error.code, err: error, pause: millis },
      'the source broke off; trying again',
    );
    await wait(millis, stop);
  }
}

interface WithRecord {
  readonly event: SourceEvent;
  /** Left out where there is nothing to write. */
  readonly record?: OutputRecord;
}

function withRecord(event: SourceEvent, topic: string, maxBytes: number): WithRecord {
  if (event.kind === 'unusable') return { event };
  if (event.kind === 'deletion') return { event, record: deletionRecord(topic, event.id) };
  const record = postRecord(topic, event.post);
  const size = record.value?.length ?? 0;
  if (size <= maxBytes) return { event, record };
  // A broker may refuse it, and with it the whole write; the worker would reject it anyway.
  const message = `${event.post.id} has ${size} bytes, more than ${maxBytes}`;
  return { event: { kind: 'unusable', code: 'SF_POST_TOO_LARGE', message } };
}

function warnOfGap(
  source: string,
  gap: { readonly from: string; readonly to: string },
  logger: Logger,
): void {
  logger.warn(
    { source, code: 'SF_SOURCE_GAP', ...gap },
    `the source has nothing between ${gap.from} and ${gap.to}: posts of that time may be missing`,
  );
}

class Tally implements IngestTally {
  posts = 0;
  edits = 0;
  deletions = 0;
  interruptions = 0;
  latest?: EpochMillis;
  readonly unusable = new Map<UnusableCode, number>();
  readonly #source: string;
  readonly #logger: Logger;

  constructor(source: string, logger: Logger) {
    this.#source = source;
    this.#logger = logger;
  }

  figures() {
    const { posts, edits, deletions, interruptions, unusable } = this;
    return { posts, edits, deletions, interruptions, unusable: Object.fromEntries(unusable) };
  }

  add(event: SourceEvent): void {
    switch (event.kind) {
      case 'unusable':
        this.#addUnusable(event.code, event.message);
        return;
      case 'deletion':
        this.deletions += 1;
        return;
      case 'edit':
        this.edits += 1;
        break;
      case 'post':
        this.posts += 1;
    }
    const { updatedAt } = event.post;
    if (this.latest === undefined || updatedAt > this.latest) this.latest = updatedAt;
  }

  /** The first of a kind is worth a line; the rest are counted. */
  #addUnusable(code: UnusableCode, message: string): void {
    const before = this.unusable.get(code) ?? 0;
    this.unusable.set(code, before + 1);
    if (before === 0)
      this.#logger.warn({ source: this.#source, code }, `${message}; more of its kind are counted`);
  }
}
