import protobuf from 'protobufjs';
import type { UsableSchema } from '../contracts/registered-schema.js';
import type { ReadPayload } from './read-payload.js';

/** Of what a message says of itself, in its reader's type. */
const TIMESTAMP = '.google.protobuf.Timestamp';
/** Wrappers of single values, such as StringValue. */
const WRAPPER = /^\.google\.protobuf\.\w+Value$/;

/**
 * Reads Protobuf's encoding, behind the path by which the registry's format tells which message of the file it is.
 * Fields keep the names of the schema. An integer that is no safe one is its digits, a Timestamp ISO 8601, a wrapper its
 * value; fields that are not set are absent.
 *
 * @throws Error where the schema is none
 */
export function createProtobufReader(schema: Pick<UsableSchema, 'text' | 'references'>): ReadPayload {
  const root = new protobuf.Root();
  // First, so that its messages are the first of their package.
  const { package: name, imports = [], weakImports = [] } = parsed(schema.text, root);
  const known = [imports, weakImports].flat();
  for (const { text } of schema.references) {
    const reference = parsed(text, root);
    known.push(...(reference.imports ?? []), ...(reference.weakImports ?? []));
  }
  for (const path of new Set(known)) {
    // What Google has defined is with the library, and in no registry.
    const common = protobuf.common.get(path);
    if (common?.nested !== undefined) root.addJSON(common.nested);
  }
  root.resolveAll();
  const own = name === undefined ? root : root.lookup(name);
  if (!(own instanceof protobuf.Namespace)) throw new Error('it defines no message');

  return (payload) => {
    const reader = protobuf.Reader.create(payload);
    const type = typeAt(own, pathIn(reader));
    return plain(type.decode(reader));
  };
}

function parsed(text: string, root: protobuf.Root): protobuf.IParserResult {
  return protobuf.parse(text, root, { keepCase: true });
}

/** Indices of the message in its file, then in the message around it: `[0]` is written as a single 0. */
function pathIn(reader: protobuf.Reader): readonly number[] {
  const length = reader.sint32();
  if (length === 0) return [0];
  if (length < 0 || length > reader.len) throw new RangeError('its path of the message is none');
  return Array.from({ length }, () => reader.sint32());
}

function typeAt(namespace: protobuf.NamespaceBase, path: readonly number[]): protobuf.Type {
  let at: protobuf.NamespaceBase = namespace;
  for (const index of path) {
    const type = at.nestedArray.filter((nested) => nested instanceof protobuf.Type)[index];
    if (type === undefined) throw new RangeError(`it has no message ${path.join('.')}`);
    at = type;
  }
  if (!(at instanceof protobuf.Type)) throw new RangeError('its path of the message is empty');
  return at;
}

/** A message as plain objects. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof protobuf.util.Long) {
    const number = Number(String(value));
    return Number.isSafeInteger(number) ? number : String(value);
  }
  const fields = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
  const type = value instanceof protobuf.Message ? value.$type.fullName : '';
  if (type === TIMESTAMP) return instantOf(fields);
  return WRAPPER.test(type) ? fields.value : fields;
}

function instantOf({ seconds = 0, nanos = 0 }: Record<string, unknown>): string | undefined {
  const millis = Number(seconds) * 1_000 + Number(nanos) / 1_000_000;
  const instant = new Date(millis);
  return Number.isNaN(instant.getTime()) ? undefined : instant.toISOString();
}
