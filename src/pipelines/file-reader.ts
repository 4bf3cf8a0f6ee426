import { z } from 'zod';
import type { InputConfig } from '../config/schema.js';
import { assignmentEpoch, epochMillis, type PostId, postId } from '../contracts/ids.js';
import { packRecords } from '../contracts/record-batch.js';
import { createJsonDecoder } from '../scoring/decode.js';
import { compileFieldPath, type ReadField } from '../scoring/field-path.js';
import type { FileFormat, RecordReader } from '../sources/files/record-event.js';

/** Names of the fields of a post, where nothing else is said. */
const OWN_NAMES = {
  id: 'id',
  source: 'source',
  text: 'text',
  author: 'author',
  createdAt: 'createdAt',
  updatedAt: 'updatedAt',
  language: 'language',
  url: 'url',
  replyTo: 'replyTo',
  reach: 'reach',
} satisfies InputConfig['fields'];
export const FIELD_NAMES = Object.keys(OWN_NAMES);

/** In CSV all cells are texts. */
const deletionSchema = z.looseObject({ deleted: z.union([z.literal(true), z.literal('true')]) });

/** Which file is to be read, and how. */
export interface FileRequest {
  readonly kind: FileFormat;
  readonly name?: string;
  /** Path of a file or a folder, or `-` for standard input. */
  readonly input: string;
  readonly follow: boolean;
  /** Paths in a line, or names of columns, by the field of a post. */
  readonly fields: Partial<InputConfig['fields']>;
  /** `source` of posts that name none. */
  readonly source: string;
}

/**
 * Reads a message as the worker reads it from the topic, but by the fields of the request.
 *
 * @throws SentifluxError SF_CONFIG_INVALID for a path of a field that cannot be read
 */
export function createFileReader({ kind, fields, source }: FileRequest, input: InputConfig): RecordReader {
  const names = { ...OWN_NAMES, ...fields };
  const decode = createJsonDecoder({ ...input, fields: names, defaultSource: source });
  const readId = compileFieldPath(names.id);
  return {
    format: kind,
    numbers: new Set([names.reach].flat()),
    decode(message, place) {
      const deleted = deletedId(message, readId);
      if (deleted !== undefined) return { kind: 'deletion', id: deleted };
      const record = {
        topic: kind,
        partition: 0,
        offset: 0,
        timestamp: epochMillis(Date.now()),
        key: place === undefined ? null : Buffer.from(place),
        value: message,
      };
      return decode(packRecords([record], assignmentEpoch(0)), 0);
    },
  };
}

/** A file has no null values: a deletion is an id with `deleted: true`. */
function deletedId(message: Uint8Array, readId: ReadField): PostId | undefined {
  const text = Buffer.from(message).toString('utf8');
  // Most lines are not worth reading twice.
  if (!text.includes('deleted')) return undefined;
  const parsed = deletionSchema.safeParse(parsedJson(text));
  const id = parsed.success ? readId(parsed.data) : undefined;
  return typeof id === 'string' || typeof id === 'number' ? postId(String(id)) : undefined;
}

function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
