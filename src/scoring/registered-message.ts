import { messageOf } from '../contracts/errors.js';
import type { Rejection } from '../contracts/post.js';
import { FRAME_BYTES, type RegisteredSchema, type UsableSchema } from '../contracts/registered-schema.js';
import { createAvroReader } from './avro-message.js';
import { createProtobufReader } from './protobuf-message.js';
import type { ReadPayload } from './read-payload.js';

/** A value as a message with fields, or why it is none. */
export type ReadOutcome = { readonly kind: 'message'; readonly message: object } | Rejection;

/** Reads a value in a registry's wire format. Never throws. */
export type ReadRegistered = (
  value: Uint8Array,
  schemaId: number,
  schema: RegisteredSchema | undefined,
) => ReadOutcome;

/** Readers are made once for each id, which always means the same schema. */
export function createRegisteredReader(): ReadRegistered {
  const readers = new Map<number, ReadPayload>();

  return (value, schemaId, schema) => {
    if (schema === undefined || schema.kind === 'unknown') {
      const why = schema?.message ?? 'it did not come with the batch';
      return rejected('SF_POST_SCHEMA_UNKNOWN', `the value names schema ${schemaId}: ${why}`);
    }
    let read = readers.get(schemaId);
    if (read === undefined) {
      try {
        read = readerOf(schema);
      } catch (error) {
        return rejected(
          'SF_POST_SCHEMA_UNKNOWN',
          `schema ${schemaId}, which the value names, cannot be used: ${messageOf(error)}`,
        );
      }
      readers.set(schemaId, read);
    }
    try {
      const message = read(value.subarray(FRAME_BYTES));
      if (typeof message === 'object' && message !== null) return { kind: 'message', message };
      return rejected('SF_POST_NOT_OF_SCHEMA', `schema ${schemaId} describes no record with fields`);
    } catch (error) {
      return rejected(
        'SF_POST_NOT_OF_SCHEMA',
        `the value is not what schema ${schemaId} describes: ${messageOf(error)}`,
      );
    }
  };
}

function readerOf(schema: UsableSchema): ReadPayload {
  switch (schema.format) {
    case 'avro':
      return createAvroReader(schema);
    case 'protobuf':
      return createProtobufReader(schema);
    case 'json':
      return createJsonReader();
  }
}

/** Whether it is what the schema says is its producer's to check: what matters here is decided field by field. */
function createJsonReader(): ReadPayload {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  return (payload) => JSON.parse(utf8.decode(payload));
}

function rejected(code: Rejection['code'], message: string): Rejection {
  return { kind: 'rejected', code, message };
}
