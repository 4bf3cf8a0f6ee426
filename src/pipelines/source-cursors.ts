import { randomUUID } from 'node:crypto';
import type { Config } from '../config/schema.js';
import { SentifluxError } from '../contracts/errors.js';
import type { SourceCursor } from '../contracts/ids.js';
import { sourceCursorSchema } from '../contracts/source-cursor.js';
import type { Streams } from '../streams/port.js';
import { scan } from '../streams/scan.js';
import { parsedValue, textOf } from './record-values.js';
import { cursorTopic } from './topics.js';

/** Where sources stand: what a process that is started again goes on from. */
export interface SourceCursors {
  load(source: string): Promise<SourceCursor | undefined>;
  /** Resolves once it is acknowledged. */
  store(source: string, cursor: SourceCursor): Promise<void>;
  close(): Promise<void>;
}

/**
 * Keeps cursors on a compacted topic beside the posts, keyed by the name of the source: as durable as the posts are,
 * moved with the process for nothing, and gone with the posts where streams are in memory. The topic is made where it
 * is missing.
 *
 * @throws SentifluxError SF_STREAM_UNREACHABLE, SF_STREAM_REFUSED; loading also SF_SOURCE_CURSOR_INVALID
 */
export async function openSourceCursors(
  streams: Streams,
  config: Pick<Config, 'streams' | 'topics'>,
): Promise<SourceCursors> {
  const spec = cursorTopic(config.topics);
  const topic = spec.name;
  await streams.topics().create([spec]);
  const producer = await streams.producer();
  return {
    async load(source) {
      const ranges = await streams.ranges(topic);
      const group = `${config.streams.group}.ingest.${randomUUID()}`;
      let last: SourceCursor | undefined;
      for await (const record of scan(streams, { topic, group, ranges })) {
        if (textOf(record.key) !== source) continue;
        last = parsedValue(record, sourceCursorSchema)?.cursor;
        // To begin anew instead would leave out what is between.
        if (last === undefined) throw invalidCursor(topic, source, record.offset);
      }
      return last;
    },
    async store(source, cursor) {
      const value = Buffer.from(JSON.stringify({ cursor }));
      await producer.send([{ topic, key: Buffer.from(source), value }]);
    },
    close: () => producer.close(),
  };
}

function invalidCursor(topic: string, source: string, offset: number): SentifluxError {
  return new SentifluxError(
    'SF_SOURCE_CURSOR_INVALID',
    `record ${offset} of ${topic} is no cursor, and the last one of ${source}.`,
    { hint: 'Something else writes to that topic; give another --name to begin anew.' },
  );
}
