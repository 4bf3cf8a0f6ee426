import type { z } from 'zod';
import type { SourceRecord } from '../contracts/record.js';

/** A header or a value as text; `undefined` where there is none. */
export function textOf(bytes: Uint8Array | null | undefined): string | undefined {
  return bytes ? Buffer.from(bytes).toString('utf8') : undefined;
}

/** @throws SyntaxError where the bytes are no JSON, or there are none */
export function jsonOf(bytes: Uint8Array | null): unknown {
  return JSON.parse(textOf(bytes) ?? '');
}

/** A record's JSON as a schema knows it; `undefined` where it is something else, or a deletion. */
export function parsedValue<Value>({ value }: SourceRecord, schema: z.ZodType<Value>): Value | undefined {
  try {
    return schema.parse(jsonOf(value));
  } catch {
    return undefined;
  }
}
