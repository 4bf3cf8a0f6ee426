import { z } from 'zod';
import { DEAD_LETTER_HEADERS, REDRIVEN_HEADER, REDRIVES_HEADER } from '../contracts/dead-letter.js';
import { SentifluxError } from '../contracts/errors.js';
import type { EpochMillis } from '../contracts/ids.js';
import type { SourceRecord } from '../contracts/record.js';
import type { OffsetRange, Streams } from '../streams/port.js';
import { scan } from '../streams/scan.js';
import { parsedValue } from './record-values.js';

/** Most characters that are kept of a header, and of a value. */
const KEPT_CHARACTERS = 500;
/** Most bytes that a character takes in UTF-8. */
const MAX_CHARACTER_BYTES = 4;

/** What is known of a record among the dead letters without its bytes. Others than the worker may write there. */
export interface DeadLetter {
  readonly partition: number;
  readonly offset: number;
  /** When it was given up. */
  readonly timestamp: EpochMillis;
  readonly stage: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly attempts: number | undefined;
  readonly source: DeadLetterSource | undefined;
  /** How often its record had been redriven before it came here. */
  readonly redrives: number;
  /** Whether this very dead letter was redriven. */
  readonly redriven: boolean;
  /** The start of its value, where that was asked for. */
  readonly text: string | undefined;
}

export interface DeadLetterSource {
  readonly topic: string;
  readonly partition: number | undefined;
  readonly offset: number | undefined;
}

export interface SurveyOptions {
  readonly topic: string;
  /** Name of a group that exists while the survey lasts. */
  readonly group: string;
  /** All by default. */
  readonly partitions?: readonly number[];
  readonly withText?: boolean;
}

export interface Survey {
  /** What was looked through: from the start of each partition to its end at that time. */
  readonly ranges: ReadonlyMap<number, OffsetRange>;
  /** By partition in the order of their offsets. */
  readonly letters: readonly DeadLetter[];
}

/**
 * Reads all dead letters that there are.
 *
 * @throws SentifluxError SF_TOPIC_MISSING, SF_USAGE where there is no such partition
 */
export async function surveyDeadLetters(streams: Streams, options: SurveyOptions): Promise<Survey> {
  const { topic, group, withText = false } = options;
  const ranges = await rangesOf(streams, topic, options.partitions);
  const letters: DeadLetter[] = [];
  const redriven = new Map<number, Set<number>>();
  for await (const record of scan(streams, { topic, group, ranges })) {
    const marked = redrivenOffsets(record);
    if (marked === undefined) {
      letters.push(describeDeadLetter(record, withText));
      continue;
    }
    const known = redriven.get(record.partition) ?? new Set();
    redriven.set(record.partition, known);
    for (const offset of marked) known.add(offset);
  }
  return {
    ranges,
    letters: letters.map((letter) =>
      redriven.get(letter.partition)?.has(letter.offset) ? { ...letter, redriven: true } : letter,
    ),
  };
}

async function rangesOf(
  streams: Streams,
  topic: string,
  partitions: readonly number[] | undefined,
): Promise<ReadonlyMap<number, OffsetRange>> {
  const ranges = await streams.ranges(topic);
  if (partitions === undefined) return ranges;
  const unknown = partitions.find((partition) => !ranges.has(partition));
  if (unknown !== undefined) {
    throw new SentifluxError('SF_USAGE', `${topic} has no partition ${unknown}.`, {
      hint: `Its partitions are 0 to ${ranges.size - 1}.`,
    });
  }
  return new Map([...ranges].filter(([partition]) => partitions.includes(partition)));
}

export interface DeadLetterFilter {
  /** One of these; so with the two below. */
  readonly code?: readonly string[];
  readonly stage?: readonly string[];
  readonly sourceTopic?: readonly string[];
  /** Given up at this time or later. */
  readonly from?: EpochMillis;
  /** Given up before this time. */
  readonly to?: EpochMillis;
  readonly redriven?: boolean;
}

/** The dead letters that every part of a filter lets through, the oldest first. */
export function selectDeadLetters(
  letters: readonly DeadLetter[],
  { code, stage, sourceTopic, from, to, redriven }: DeadLetterFilter,
): readonly DeadLetter[] {
  const allows = (allowed: readonly string[] | undefined, value: string | undefined): boolean =>
    allowed === undefined || (value !== undefined && allowed.includes(value));
  return letters
    .filter(
      (letter) =>
        allows(code, letter.code) &&
        allows(stage, letter.stage) &&
        allows(sourceTopic, letter.source?.topic) &&
        (from === undefined || letter.timestamp >= from) &&
        (to === undefined || letter.timestamp < to) &&
        (redriven === undefined || letter.redriven === redriven),
    )
    .sort((a, b) => a.timestamp - b.timestamp || a.partition - b.partition || a.offset - b.offset);
}

const offsetsSchema = z.array(z.number().int().nonnegative());

/** The offsets that a record marks as redriven; `undefined` where it is a dead letter, for all that it holds. */
function redrivenOffsets(record: SourceRecord): readonly number[] | undefined {
  const { headers } = record;
  // A post may have brought a header of that name along.
  if (headers?.[REDRIVEN_HEADER] === undefined || headers[DEAD_LETTER_HEADERS.code] !== undefined)
    return undefined;
  return parsedValue(record, offsetsSchema);
}

/** Reads what the headers say. A number that is none, and a header that is missing, is `undefined`. */
export function describeDeadLetter(record: SourceRecord, withText = false): DeadLetter {
  const { partition, offset, timestamp, value, headers } = record;
  const text = (name: string): string | undefined => headers?.[name] && startOf(headers[name]);
  const topic = text(DEAD_LETTER_HEADERS.topic);
  return {
    partition,
    offset,
    timestamp,
    stage: text(DEAD_LETTER_HEADERS.stage),
    code: text(DEAD_LETTER_HEADERS.code),
    message: text(DEAD_LETTER_HEADERS.message),
    attempts: wholeNumberIn(text(DEAD_LETTER_HEADERS.attempts)),
    source: topic
      ? {
          topic,
          partition: wholeNumberIn(text(DEAD_LETTER_HEADERS.partition)),
          offset: wholeNumberIn(text(DEAD_LETTER_HEADERS.offset)),
        }
      : undefined,
    redrives: wholeNumberIn(text(REDRIVES_HEADER)) ?? 0,
    redriven: false,
    text: withText && value !== null ? startOf(value) : undefined,
  };
}

/** The start of bytes as text; what is not UTF-8 becomes U+FFFD. */
function startOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, KEPT_CHARACTERS * MAX_CHARACTER_BYTES)).toString('utf8');
  return Array.from(start).slice(0, KEPT_CHARACTERS).join('');
}

/** The number that a header holds in digits. */
export function wholeNumberIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}
