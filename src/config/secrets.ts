import { z } from 'zod';
import { type Config, configSchema } from './schema.js';
import type { SecretPart } from './values.js';

const MASK = '***';

/** What of a JSON Schema leads to the marks of secrets. */
const jsonSchema = z.looseObject({
  secret: z.enum(['value', 'path', 'userinfo'] satisfies readonly SecretPart[]).optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).default([]),
  oneOf: z.array(z.unknown()).default([]),
});
type Node = z.infer<typeof jsonSchema>;

const root = alternatives(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }));

/** The configuration for people to see: a tree of the same shape, with `***` for every secret. */
export function maskedConfig(config: Config): unknown {
  return masked(config, root);
}

/** Whether what stands at a path of the configuration may be a secret, hold one, or be part of one. */
export function mayHoldSecret(path: readonly PropertyKey[]): boolean {
  let nodes = root;
  for (const key of path) {
    if (nodes.some(({ secret }) => secret !== undefined)) return true;
    nodes = children(nodes, key);
  }
  // The top level holds every secret; what is wrong with it is its keys.
  return path.length > 0 && nodes.some(holdsSecret);
}

/** A text with `***` for the passwords of the addresses in it, and for users without a password: tokens look so. */
export function maskedAddresses(text: string): string {
  return text.replaceAll(
    /([a-z][\w+.-]*:\/\/)(?:([^\s:@/"']*):[^\s"']*|[^\s:@/"']+)@/gi,
    (_, scheme: string, user: string | undefined) =>
      `${scheme}${user === undefined ? '' : `${user}:`}${MASK}@`,
  );
}

function masked(value: unknown, nodes: readonly Node[]): unknown {
  const secret = nodes.find((node) => node.secret !== undefined)?.secret;
  if (typeof value === 'string') return maskedText(value, secret);
  if (secret !== undefined) return MASK;
  if (Array.isArray(value)) return value.map((item, i) => masked(item, children(nodes, i)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, masked(child, children(nodes, key))]),
  );
}

function maskedText(text: string, secret: SecretPart | undefined): string {
  switch (secret) {
    case undefined:
      return maskedAddresses(text);
    case 'userinfo':
      return maskedAddresses(text).replace(/\?.*$/s, `?${MASK}`);
    case 'path':
      return URL.canParse(text) ? `${new URL(text).origin}/${MASK}` : MASK;
    case 'value':
      return MASK;
  }
}

function children(nodes: readonly Node[], key: PropertyKey): readonly Node[] {
  return nodes.flatMap(({ properties, items }) => [
    ...alternatives(properties[String(key)]),
    ...(typeof key === 'number' ? alternatives(items) : []),
  ]);
}

function holdsSecret(node: Node): boolean {
  const below = [...Object.values(node.properties), node.items].flatMap(alternatives);
  return node.secret !== undefined || below.some(holdsSecret);
}

/** A schema and those that it offers to choose from. */
function alternatives(schema: unknown): readonly Node[] {
  if (schema === undefined) return [];
  const node = jsonSchema.parse(schema);
  return [node, ...[...node.anyOf, ...node.oneOf].flatMap(alternatives)];
}
