import { z } from 'zod';
import { configSchema } from './schema.js';

/** One key of the configuration: for the environment, the documentation and `--help`. */
export interface Setting {
  /** Path within the configuration, e.g. `['streams', 'kafka', 'brokers']`. */
  readonly path: readonly string[];
  /** Name of the environment variable that sets it, e.g. `SENTIFLUX_STREAMS_KAFKA_BROKERS`. */
  readonly variable: string;
  readonly description: string;
  readonly type: string;
  /** Whether all of it or a part may be. */
  readonly isSecret: boolean;
  /** As JSON; left out where there is none. */
  readonly default?: string;
}

const jsonSchema = z.looseObject({
  type: z.string().optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  enum: z.array(z.unknown()).optional(),
  secret: z.unknown().optional(),
});

/** Every key of the configuration, in the order of the schema. */
export function settings(): readonly Setting[] {
  return leaves(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }), []);
}

function leaves(node: unknown, path: readonly string[]): readonly Setting[] {
  const schema = jsonSchema.parse(node);
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([key, child]) => leaves(child, [...path, key]));
  }
  return [
    {
      path,
      variable: variableName(path),
      description: schema.description ?? '',
      isSecret: schema.secret !== undefined,
      type: schema.enum?.map((value) => JSON.stringify(value)).join(' or ') ?? schema.type ?? 'text or list',
      ...(schema.default !== undefined && { default: JSON.stringify(schema.default) }),
    },
  ];
}

function variableName(path: readonly string[]): string {
  const words = path.map((key) => key.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase());
  return ['SENTIFLUX', ...words].join('_');
}
