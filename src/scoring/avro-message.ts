import avro, { type Schema, type Type } from 'avsc';
import type { UsableSchema } from '../contracts/registered-schema.js';
import type { ReadPayload } from './read-payload.js';

/**
 * Reads Avro's binary encoding by the schema that it was written with, so that nothing of it is lost. A long that is no
 * safe integer is its digits. Instants are milliseconds, whatever their unit.
 *
 * @throws Error where the schema is none
 */
export function createAvroReader(schema: Pick<UsableSchema, 'text' | 'references'>): ReadPayload {
  // Names that are defined go on in the next schema.
  const options = { registry: {}, typeHook: longTypeOf };
  for (const { text } of schema.references) avro.Type.forSchema(schemaIn(text), options);
  const type = avro.Type.forSchema(schemaIn(schema.text), options);
  return ({ buffer, byteOffset, byteLength }) => type.fromBuffer(Buffer.from(buffer, byteOffset, byteLength));
}

function schemaIn(text: string): Schema {
  return JSON.parse(text);
}

/** The library's own type of longs refuses what a number cannot hold. */
function longTypeOf(schema: Schema): Type | undefined {
  if (schema === 'long') return LONG;
  if (typeof schema !== 'object' || !('type' in schema) || schema.type !== 'long') return undefined;
  const unit = 'logicalType' in schema ? INSTANTS.get(schema.logicalType) : undefined;
  return unit ?? LONG;
}

const LONG = longType((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)));
const INSTANTS: ReadonlyMap<unknown, Type> = new Map([
  ['timestamp-micros', longType((micros) => Number(micros) / 1_000)],
  ['timestamp-nanos', longType((nanos) => Number(nanos) / 1_000_000)],
]);

/** @param read makes of a long what a message holds; nothing is ever written */
function longType(read: (value: bigint) => number | string): Type {
  return avro.types.LongType.__with({
    fromBuffer: (buffer: Buffer) => read(buffer.readBigInt64LE()),
    toBuffer: () => Buffer.alloc(8),
    // Of defaults, which readers of what was written never need.
    fromJSON: (value: unknown) => value,
    toJSON: (value: unknown) => value,
    isValid: () => true,
    compare: () => 0,
  });
}
