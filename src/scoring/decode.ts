import type { InputConfig } from '../config/schema.js';
import type { RejectionCode } from '../contracts/errors.js';
import { type EpochMillis, epochMillis, type PostId, postId } from '../contracts/ids.js';
import type { DecodedRecord, Rejection } from '../contracts/post.js';
import type { RecordBatch } from '../contracts/record.js';
import { keyAt, valueAt } from '../contracts/record-batch.js';
import { schemaIdOf } from '../contracts/registered-schema.js';
import { compileFieldPath, type ReadField } from './field-path.js';
import type { ReadOutcome, ReadRegistered } from './registered-message.js';

/** Tells what record i of a batch is. Never throws: a record that cannot be read is a rejection. */
export type DecodeRecord = (batch: RecordBatch, i: number) => DecodedRecord;

/** Longer ids are a producer's mistake; they are the keys of every store. */
const MAX_ID_LENGTH = 512;
/** Half of a surrogate pair: no UTF-8 has it, so the record's key would not be the id. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Numbers below it are seconds: as milliseconds they would lie before March 1973. */
const FIRST_MILLIS = 100_000_000_000;
/** The years 1 to 9999, as ISO 8601 writes them with four digits. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');
/** Date, time, offset; what names no offset is UTC, whatever the zone of this machine. */
const ISO_8601 =
  /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)(?:[Zz]|([+-]\d{2}):?(\d{2})?)?)?$/;
/** Seconds or milliseconds as a string. */
const EPOCH = /^-?\d{1,16}(?:\.\d{1,9})?$/;

/**
 * Decodes messages by the paths of `input.fields`: JSON, or what a schema of the registry describes.
 *
 * @param readRegistered reads values that name a schema; without it all are taken for JSON
 */
export function createDecoder(input: InputConfig, readRegistered?: ReadRegistered): DecodeRecord {
  const { fields, defaultSource, maxBytes } = input;
  const read = {
    id: compileFieldPath(fields.id),
    source: compileFieldPath(fields.source),
    text: compileFieldPath(fields.text),
    author: compileFieldPath(fields.author),
    createdAt: compileFieldPath(fields.createdAt),
    updatedAt: compileFieldPath(fields.updatedAt),
    language: compileFieldPath(fields.language),
    url: compileFieldPath(fields.url),
    replyTo: compileFieldPath(fields.replyTo),
    reach: compileFieldPath(fields.reach),
  } satisfies Record<keyof typeof fields, ReadField>;
  const utf8 = new TextDecoder('utf-8', { fatal: true });

  /** `undefined` where the bytes are not UTF-8. */
  const textOf = (bytes: Uint8Array): string | undefined => {
    try {
      return utf8.decode(bytes);
    } catch {
      return undefined;
    }
  };
  const readJson = (value: Uint8Array): ReadOutcome => {
    const json = textOf(value);
    if (json === undefined) return rejected('SF_POST_NOT_UTF8', 'the value is not UTF-8');
    const message = objectIn(json);
    return message === undefined
      ? rejected('SF_POST_NOT_JSON', 'the value is not a JSON object')
      : { kind: 'message', message };
  };
  const keyOf = (batch: RecordBatch, i: number): PostId | undefined => {
    const key = keyAt(batch, i);
    return key === null ? undefined : idOf(textOf(key));
  };

  return (batch, i) => {
    const value = valueAt(batch, i);
    if (value === null) {
      const id = keyOf(batch, i);
      return id === undefined
        ? rejected('SF_POST_NO_KEY', 'the value is null, and no key says which post is deleted')
        : { kind: 'deletion', id };
    }
    if (value.length > maxBytes) {
      return rejected('SF_POST_TOO_LARGE', `the value has ${value.length} bytes, more than ${maxBytes}`);
    }
    const schemaId = schemaIdOf(value);
    const outcome =
      readRegistered === undefined || schemaId === undefined
        ? readJson(value)
        : readRegistered(value, schemaId, batch.schemas?.get(schemaId));
    if (outcome.kind === 'rejected') return outcome;
    const { message } = outcome;

    const text = read.text(message);
    if (typeof text !== 'string' || text.trim() === '') {
      return rejected('SF_POST_NO_TEXT', 'the message has no text');
    }
    const givenId = read.id(message);
    const id = givenId === undefined ? keyOf(batch, i) : idOf(givenId);
    if (id === undefined) {
      return rejected(
        'SF_POST_NO_ID',
        `neither message nor key has a usable id (1 to ${MAX_ID_LENGTH} characters)`,
      );
    }
    const givenTime = read.createdAt(message);
    const createdAt = givenTime === undefined ? recordTime(batch.timestamps[i]) : timeOf(givenTime);
    if (createdAt === undefined) {
      return rejected('SF_POST_NO_TIME', 'createdAt is neither ISO 8601 nor a number of the epoch');
    }

    const author = nameOf(read.author(message));
    const language = stringOf(read.language(message));
    const url = stringOf(read.url(message));
    const replyTo = nameOf(read.replyTo(message));
    const reach = reachOf(read.reach(message));
    return {
      kind: 'post',
      post: {
        id,
        source: stringOf(read.source(message)) ?? defaultSource,
        text,
        createdAt,
        updatedAt: timeOf(read.updatedAt(message)) ?? createdAt,
        ...(author !== undefined && { author }),
        ...(language !== undefined && { language }),
        ...(url !== undefined && { url }),
        ...(replyTo !== undefined && { replyTo }),
        ...(reach !== undefined && { reach }),
      },
    };
  };
}

/** {@link createDecoder} for JSON alone. */
export function createJsonDecoder(input: InputConfig): DecodeRecord {
  return createDecoder(input);
}

function rejected(code: RejectionCode, message: string): Rejection {
  return { kind: 'rejected', code, message };
}

function objectIn(json: string): object | undefined {
  try {
    const message: unknown = JSON.parse(json);
    return typeof message === 'object' && message !== null && !Array.isArray(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function idOf(value: unknown): PostId | undefined {
  const name = nameOf(value);
  if (name === undefined || name.length > MAX_ID_LENGTH || LONE_SURROGATE.test(name)) return undefined;
  return postId(name);
}

/** A name as a string; a source's numeric ids count as names where JSON kept every digit. */
function nameOf(value: unknown): string | undefined {
  return Number.isSafeInteger(value) ? String(value) : stringOf(value);
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** ISO 8601, or a number (also as a string) of seconds or milliseconds since the epoch. */
function timeOf(value: unknown): EpochMillis | undefined {
  if (typeof value === 'string') {
    const trimmed = value.trim();
    return EPOCH.test(trimmed) ? timeOf(Number(trimmed)) : isoTime(trimmed);
  }
  if (typeof value !== 'number') return undefined;
  return inRange(Math.round(Math.abs(value) < FIRST_MILLIS ? value * 1000 : value));
}

function isoTime(text: string): EpochMillis | undefined {
  const match = ISO_8601.exec(text);
  if (match === null) return undefined;
  const [, date, time = '00:00', hours, minutes = '00'] = match;
  const offset = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  return inRange(Date.parse(`${date}T${time.replace(',', '.')}${offset}`));
}

/** A broker's -1 says that the record has no timestamp. */
function recordTime(timestamp: number | undefined): EpochMillis | undefined {
  return timestamp !== undefined && timestamp >= 0 ? inRange(timestamp) : undefined;
}

function inRange(time: number): EpochMillis | undefined {
  return time >= EARLIEST && time <= LATEST ? epochMillis(time) : undefined;
}

function reachOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
