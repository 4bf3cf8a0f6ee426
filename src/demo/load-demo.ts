import { z } from 'zod';
import { SentifluxError } from '../contracts/errors.js';
import { type EpochMillis, epochMillis } from '../contracts/ids.js';

/** A record of the demo stream, as it goes to the topic of posts. */
export interface DemoRecord {
  /** When it arrives: the record's timestamp. */
  readonly at: EpochMillis;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

const seconds = z.number();
const arrival = { at: seconds, key: z.string().nullable() };
const repeat = z.number().int().positive().default(1);

/** A line of demo/posts.ndjson; demo/README.md describes the three kinds. */
const lineSchema = z.union([
  z.strictObject({
    ...arrival,
    post: z.looseObject({ text: z.string() }),
    createdAt: seconds,
    updatedAt: seconds.optional(),
    repeat,
  }),
  z.strictObject({ ...arrival, value: z.string().nullable(), repeat }),
  z.strictObject({ ...arrival, valueBase64: z.base64() }),
]);
type Line = z.infer<typeof lineSchema>;

/**
 * Reads the demo stream and moves it to a start: the file holds times as seconds from the start, since only a
 * replay knows when it begins.
 *
 * @param ndjson content of demo/posts.ndjson
 * @param startAt the time that second 0 stands for
 * @returns the records in the order of their arrival
 * @throws SentifluxError SF_INPUT_UNREADABLE for a line that is no record; malformed posts are values of
 *   records and pass
 */
export function loadDemo(ndjson: string, startAt: EpochMillis): readonly DemoRecord[] {
  const timeOf = (offset: number) => epochMillis(startAt + Math.round(offset * 1000));
  return ndjson
    .split('\n')
    .flatMap((line, index) => (line === '' ? [] : [parseLine(line, index + 1)]))
    .map((line) => ({
      at: timeOf(line.at),
      key: line.key === null ? null : Buffer.from(line.key),
      value: toValue(line, timeOf),
    }))
    .sort((a, b) => a.at - b.at);
}

function parseLine(line: string, number: number): Line {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new SentifluxError(
      'SF_INPUT_UNREADABLE',
      `line ${number} of the demo is no record: ${line.slice(0, 80)}`,
      {
        hint: 'demo/README.md describes the lines.',
        cause,
      },
    );
  }
}

function toValue(line: Line, timeOf: (offset: number) => EpochMillis): Uint8Array | null {
  if ('valueBase64' in line) return Buffer.from(line.valueBase64, 'base64');
  if ('value' in line) return line.value === null ? null : Buffer.from(line.value.repeat(line.repeat));
  const { post, createdAt, updatedAt } = line;
  const iso = (offset: number) => new Date(timeOf(offset)).toISOString();
  return Buffer.from(
    JSON.stringify({
      ...post,
      text: post.text.repeat(line.repeat),
      createdAt: iso(createdAt),
      ...(updatedAt === undefined ? {} : { updatedAt: iso(updatedAt) }),
    }),
  );
}
