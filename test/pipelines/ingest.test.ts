import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { SentifluxError } from '../../src/contracts/errors.js';
import { assignmentEpoch, epochMillis, postId, sourceCursor } from '../../src/contracts/ids.js';
import { type Logger, silentLogger } from '../../src/contracts/logger.js';
import { outputRecordsOf } from '../../src/contracts/output-batch.js';
import type { Post } from '../../src/contracts/post.js';
import type { OutputRecord } from '../../src/contracts/record.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { type IngestOptions, ingest } from '../../src/pipelines/ingest.js';
import { deletionRecord, postRecord, requireOwnNames } from '../../src/pipelines/post-record.js';
import { textOf } from '../../src/pipelines/record-values.js';
import { openSourceCursors, type SourceCursors } from '../../src/pipelines/source-cursors.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { createJsonDecoder } from '../../src/scoring/decode.js';
import {
  type Source,
  type SourceBatch,
  type SourceEvent,
  SourceUnreachable,
} from '../../src/sources/port.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { recordsOn } from './replays.js';

const NOON = epochMillis(Date.UTC(2026, 10, 28, 12));

const postOf = (id: string, text = `post ${id}`): Post => ({
  id: postId(id),
  source: 'test',
  text,
  createdAt: NOON,
  updatedAt: NOON,
});
const posted = (id: string): SourceEvent => ({ kind: 'post', post: postOf(id) });
const batch = (cursor: number, ...events: readonly SourceEvent[]): SourceBatch => ({
  events,
  cursor: sourceCursor(String(cursor)),
});

/** Plays one list of batches and errors a connection, and notes from where each was asked. */
function played(
  ...connections: ReadonlyArray<ReadonlyArray<SourceBatch | Error>>
): Source & { asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    name: 'test',
    asked,
    async *read(after) {
      const steps = connections[asked.length] ?? [];
      asked.push(after);
      for (const step of steps) {
        if (step instanceof Error) throw step;
        yield step;
      }
    },
  };
}

/** Cursors whose stores are only noted. */
function notingCursors(cursors: SourceCursors) {
  const stored: string[] = [];
  const noting: SourceCursors = {
    ...cursors,
    async store(_, cursor) {
      stored.push(cursor);
    },
  };
  return { noting, stored };
}

/** A stream in memory whose topics are there, and whose writes of posts can be made to fail or to wait. */
async function place(beforeSend: (records: readonly OutputRecord[]) => Promise<void> = async () => {}) {
  const config = configSchema.parse({ streams: { kind: 'memory' }, topics: { partitions: 1 } });
  const memory = await openStreams(config.streams, silentLogger);
  onTestFinished(() => memory.close());
  await memory.topics().create(topicSpecs(config.topics));
  const streams: Streams = {
    ...memory,
    async producer() {
      const producer = await memory.producer();
      return {
        ...producer,
        async send(outputs) {
          if (outputs[0]?.topic === config.topics.posts) await beforeSend([...outputRecordsOf(outputs)]);
          await producer.send(outputs);
        },
      };
    },
  };
  const cursors = await openSourceCursors(streams, config);
  let now: number = NOON;
  const waits: number[] = [];
  return {
    config,
    cursors,
    waits,
    run: (source: Source, options: Partial<IngestOptions> = {}) =>
      ingest({
        source,
        streams,
        cursors,
        config,
        // Each look at the clock is a second later.
        clock: {
          now() {
            now += 1_000;
            return epochMillis(now);
          },
        },
        random: () => 0,
        wait: async (millis) => void waits.push(millis),
        logger: silentLogger,
        stop: new AbortController().signal,
        ...options,
      }),
    written: async () => {
      const [records = []] = await recordsOn(memory, config.topics.posts);
      return records.map(
        ({ key, value }) => `${textOf(key)} ${value === null ? '-' : JSON.parse(textOf(value) ?? '').text}`,
      );
    },
  };
}

/** What is logged as a warning. */
function warnings(): { readonly logger: Logger; readonly told: string[] } {
  const told: string[] = [];
  return { told, logger: { ...silentLogger, warn: (_, message) => void told.push(message) } };
}

const away = () => new SentifluxError('SF_STREAM_UNREACHABLE', 'Kafka does not answer.');

describe('ingesting', () => {
  it('writes posts and edits under their ids, and deletions as null values, and counts them', async () => {
    const { run, written } = await place();
    const edit: SourceEvent = { kind: 'edit', post: postOf('a', 'edited') };
    const deletion: SourceEvent = { kind: 'deletion', id: postId('b') };
    const tally = await run(played([batch(1, posted('a'), posted('b')), batch(2, edit, deletion)]));
    expect(await written()).toEqual(['a post a', 'b post b', 'a edited', 'b -']);
    expect(tally).toMatchObject({ posts: 2, edits: 1, deletions: 1, interruptions: 0, latest: NOON });
  });

  it('goes on from the cursor that was stored', async () => {
    const { run } = await place();
    await run(played([batch(1, posted('a')), batch(2, posted('b'))]));
    const source = played([]);
    await run(source);
    expect(source.asked).toEqual(['2']);
  });

  it('keeps a cursor for each source', async () => {
    const { run } = await place();
    await run(played([batch(1, posted('a'))]));
    const other = { ...played([]), name: 'other' };
    await run(other);
    expect(other.asked).toEqual([undefined]);
  });

  it('stores no cursor before all that came before it is acknowledged', async () => {
    let acknowledge = (): void => {};
    const acknowledged = new Promise<void>((resolve) => {
      acknowledge = resolve;
    });
    let begun = (): void => {};
    const second = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const { run, cursors } = await place(async ([first]) => {
      if (textOf(first?.key) !== 'b') return;
      begun();
      await acknowledged;
    });
    const running = run(played([batch(1, posted('a')), batch(2, posted('b'))]));
    await second;
    expect(await cursors.load('test')).toBe('1');
    acknowledge();
    await running;
    expect(await cursors.load('test')).toBe('2');
  });

  it('leaves the cursor before a batch whose write is refused, and ends', async () => {
    const { run, cursors } = await place(async ([first]) => {
      if (textOf(first?.key) === 'b') throw new SentifluxError('SF_STREAM_REFUSED', 'no right to write.');
    });
    await expect(run(played([batch(1, posted('a')), batch(2, posted('b'))]))).rejects.toMatchObject({
      code: 'SF_STREAM_REFUSED',
    });
    expect(await cursors.load('test')).toBe('1');
  });

  it('stores the cursor of what it has written when it ends, however short a time that was', async () => {
    const { run, cursors } = await place();
    await run(played([batch(1, posted('a')), batch(2, posted('b'))]), { clock: { now: () => NOON } });
    expect(await cursors.load('test')).toBe('2');
  });

  it('stores at once where one of several feeds stands before its first events', async () => {
    const { run, cursors } = await place();
    const { noting, stored } = notingCursors(cursors);
    const source = played([batch(1, posted('a')), { ...batch(2), isStart: true }, batch(3, posted('b'))]);
    await run(source, { cursors: noting, clock: { now: () => NOON } });
    expect(stored).toEqual(['1', '2', '3']);
  });

  it('stores the first cursor at once, and later ones no more often than once a second', async () => {
    const { run, cursors } = await place();
    const { noting, stored } = notingCursors(cursors);
    let now: number = NOON;
    const source: Source = {
      name: 'test',
      async *read() {
        for (const n of [1, 2, 3, 4, 5]) {
          now += 400;
          yield batch(n, posted(String(n)));
        }
      },
    };
    await run(source, { cursors: noting, clock: { now: () => epochMillis(now) } });
    expect(stored).toEqual(['1', '4', '5']);
  });

  it('writes a batch again while Kafka is away, with longer waits, and asks the source for nothing meanwhile', async () => {
    let [attempts, pulled] = [0, 0];
    const { run, written, waits } = await place(async () => {
      attempts += 1;
      if (attempts <= 3) throw away();
    });
    const source: Source = {
      name: 'test',
      async *read() {
        for (const id of ['a', 'b']) {
          pulled += 1;
          yield batch(pulled, posted(id));
        }
      },
    };
    const { told, logger } = warnings();
    await run(source, {
      logger,
      wait: async (millis) => {
        waits.push(millis);
        expect(pulled).toBe(1);
      },
    });
    expect(waits).toEqual([1_000, 2_000, 4_000]);
    expect(await written()).toEqual(['a post a', 'b post b']);
    expect(told).toEqual(Array(3).fill('posts cannot be written; the source waits'));
  });

  it('reads on from the last batch where the source breaks off, after waits that grow to a minute', async () => {
    const { run, written, waits } = await place();
    const broken = new SourceUnreachable('the connection ended.');
    const failing = Array.from({ length: 7 }, () => [broken]);
    const source = played([batch(1, posted('a')), broken], ...failing, [batch(2, posted('b'))]);
    const tally = await run(source);
    expect(source.asked).toEqual([undefined, ...Array(8).fill('1')]);
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(await written()).toEqual(['a post a', 'b post b']);
    expect(tally.interruptions).toBe(8);
  });

  it('waits a short time again once something has come, and up to half less by chance', async () => {
    const { run, waits } = await place();
    const broken = new SourceUnreachable('the connection ended.');
    const source = played([broken], [broken], [batch(1, posted('a')), broken], []);
    await run(source, { random: () => 0.5 });
    expect(waits).toEqual([750, 1_500, 750]);
  });

  it('waits as long as the source asks for, and a little by chance', async () => {
    const { run, waits } = await place();
    await run(played([new SourceUnreachable('answered 429.', { afterMs: 90_000 })], []), {
      random: () => 0.5,
    });
    expect(waits).toEqual([94_500]);
  });

  it('ends where the source refuses', async () => {
    const { run, waits } = await place();
    const refused = new SentifluxError('SF_SOURCE_REFUSED', 'it answered 403.');
    await expect(run(played([refused]))).rejects.toBe(refused);
    expect(waits).toEqual([]);
  });

  it('stops after the write that is under way, and also while it waits', async () => {
    const { run, cursors } = await place();
    const stop = new AbortController();
    const endless: Source = {
      name: 'test',
      async *read(_, signal) {
        for (let i = 1; !signal.aborted; i += 1) yield batch(i, posted(String(i)));
      },
    };
    await run(endless, {
      stop: stop.signal,
      onProgress: ({ posts }) => {
        if (posts === 5) stop.abort();
      },
    });
    expect(await cursors.load('test')).toBe('5');

    const again = new AbortController();
    await run(played([new SourceUnreachable('away.')], [new Error('asked again')]), {
      stop: again.signal,
      wait: async () => again.abort(),
    });
  });

  it('does not count a batch as read that it gave up while Kafka was away', async () => {
    const { run, cursors } = await place(async ([first]) => {
      if (textOf(first?.key) === 'b') throw away();
    });
    const stop = new AbortController();
    await run(played([batch(1, posted('a')), batch(2, posted('b'))]), {
      stop: stop.signal,
      wait: async () => stop.abort(),
    });
    expect(await cursors.load('test')).toBe('1');
  });

  it('counts what cannot become a post, tells of the first of a kind, and passes over what is too large', async () => {
    const { run, written } = await place();
    const unusable: SourceEvent = { kind: 'unusable', code: 'SF_SOURCE_MALFORMED', message: 'no event' };
    const large: SourceEvent = { kind: 'post', post: postOf('large', 'x'.repeat(70_000)) };
    const { told, logger } = warnings();
    const { unusable: counted } = await run(played([batch(1, unusable, large, unusable, posted('a'))]), {
      logger,
    });
    expect(await written()).toEqual(['a post a']);
    expect([...counted]).toEqual([
      ['SF_SOURCE_MALFORMED', 2],
      ['SF_POST_TOO_LARGE', 1],
    ]);
    expect(told).toEqual([
      'no event; more of its kind are counted',
      'large has 70079 bytes, more than 65536; more of its kind are counted',
    ]);
  });

  it('says once a minute how it stands', async () => {
    const { run } = await place();
    const told: unknown[] = [];
    const logger = { ...silentLogger, info: (fields: object) => void told.push(fields) };
    let now: number = NOON;
    const clock = {
      now() {
        now += 10_000;
        return epochMillis(now);
      },
    };
    await run(played(Array.from({ length: 10 }, (_, i) => batch(i, posted(String(i))))), { logger, clock });
    expect(told[0]).toEqual({ source: 'test', cursor: undefined });
    expect(told.length).toBeLessThan(6);
    expect(told[1]).toMatchObject({ source: 'test', edits: 0, interruptions: 0, unusable: {} });
  });

  it('says what the source no longer had', async () => {
    const { run } = await place();
    const { told, logger } = warnings();
    await run(played([{ ...batch(1, posted('a')), gap: { from: '12:00', to: '13:00' } }]), { logger });
    expect(told).toEqual([
      'the source has nothing between 12:00 and 13:00: posts of that time may be missing',
    ]);
  });

  it('says which part of the source cannot be read, and goes on with the rest', async () => {
    const { run, written } = await place();
    const { told, logger } = warnings();
    const problem = new SourceUnreachable('one of the feeds answered 503.');
    const tally = await run(played([{ events: [], problem }, batch(1, posted('a'))]), { logger });
    expect(tally).toMatchObject({ posts: 1, interruptions: 1 });
    expect(told).toEqual(['a part of the source cannot be read for now; the rest goes on']);
    expect(await written()).toEqual(['a post a']);
  });

  it('refuses a cursor that something else has written', async () => {
    const { run, config } = await place(async () => {});
    const streams = await openStreams(config.streams, silentLogger);
    onTestFinished(() => streams.close());
    const cursors = await openSourceCursors(streams, config);
    const producer = await streams.producer();
    await producer.send([
      { topic: config.topics.cursors, key: Buffer.from('test'), value: Buffer.from('{"offset":7}') },
    ]);
    await expect(run(played([]), { cursors })).rejects.toMatchObject({ code: 'SF_SOURCE_CURSOR_INVALID' });
  });
});

describe('a record of a post', () => {
  const { input } = configSchema.parse({});
  const decode = createJsonDecoder(input);
  const decoded = ({ key, value }: OutputRecord) =>
    decode(
      packRecords([{ topic: 't', partition: 0, offset: 0, timestamp: NOON, key, value }], assignmentEpoch(0)),
      0,
    );

  it('is the same post for the worker that reads it', () => {
    const word = fc
      .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
      .filter((text) => text.trim() !== '');
    const time = fc
      .integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59.999Z') })
      .map(epochMillis);
    const posts = fc.record(
      {
        id: word.map(postId),
        source: word,
        text: word,
        createdAt: time,
        updatedAt: time,
        author: word,
        language: word,
        url: word,
        replyTo: word,
        reach: fc.nat(),
      },
      { requiredKeys: ['id', 'source', 'text', 'createdAt', 'updatedAt'] },
    );
    fc.assert(
      fc.property(posts, (post) => {
        expect(decoded(postRecord('t', post))).toEqual({ kind: 'post', post });
      }),
    );
  });

  it('of a deletion is one for the worker', () => {
    expect(decoded(deletionRecord('t', postId('a')))).toEqual({ kind: 'deletion', id: 'a' });
  });

  it('is not written where the worker would look for other names only', () => {
    const fields = (text: string | string[]) => configSchema.parse({ input: { fields: { text } } }).input;
    expect(() => requireOwnNames(fields('body'))).toThrow(
      expect.objectContaining({ code: 'SF_CONFIG_INVALID', hint: 'Name both: text: ["body","text"].' }),
    );
    expect(() => requireOwnNames(fields(['body', 'text']))).not.toThrow();
  });
});
