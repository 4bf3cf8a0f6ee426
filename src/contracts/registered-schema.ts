/** A schema of a registry; or why records that name it cannot be read. */
export type RegisteredSchema = UsableSchema | { readonly kind: 'unknown'; readonly message: string };

/** A schema with all that it refers to. */
export interface UsableSchema {
  readonly kind: 'schema';
  readonly format: 'avro' | 'protobuf' | 'json';
  readonly text: string;
  /** One stands before those that refer to it. */
  readonly references: readonly SchemaReference[];
}

/** By the name under which schemas refer to it. */
export interface SchemaReference {
  readonly name: string;
  readonly text: string;
}

/** Schemas by their ids in the registry. An id never comes to mean another schema. */
export type RegisteredSchemas = ReadonlyMap<number, RegisteredSchema>;

const MAGIC_BYTE = 0;
/** The magic byte and the id. */
export const FRAME_BYTES = 5;

/**
 * Id of the schema that a value was written with, in Confluent's wire format: a zero byte, then the id as a big-endian
 * 32-bit integer. `undefined` for another value: no JSON text begins with a zero byte.
 */
export function schemaIdOf(value: Uint8Array | null): number | undefined {
  if (value === null || value.length < FRAME_BYTES || value[0] !== MAGIC_BYTE) return undefined;
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(1);
}
