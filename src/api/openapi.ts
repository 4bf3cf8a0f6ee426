import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySchema, RouteOptions } from 'fastify';
import { z } from 'zod';
import { SESSION_COOKIE } from './access.js';
import { errorSchema } from './errors.js';

/** For `@fastify/swagger`: the document that describes the routes. */
export function openApiOf(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'sentiflux', version },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'A token of api.tokens' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: SESSION_COOKIE,
            description: 'From POST /v1/session; for the page',
          },
        },
      },
    },
    transform: toJsonSchema,
  };
}

interface Described {
  readonly schema?: FastifySchema;
  readonly url: string;
  readonly route: RouteOptions;
}

/** A route's zod schemas as JSON Schema, with the scope that it asks for and the errors that any route may answer. */
function toJsonSchema({ schema = {}, url, route }: Described): { schema: FastifySchema; url: string } {
  const { response, ...request } = schema;
  const scope = route.config?.scope ?? 'admin';
  return {
    url,
    schema: {
      ...convertAll(request),
      security: scope === 'open' ? [] : [{ token: [scope] }, { session: [scope] }],
      response: convertAll({ ...errorsOf(scope), ...(isObject(response) && response) }),
    },
  };
}

/** An answer that may also be asked for as CSV. */
export function jsonOrCsv(json: z.ZodType) {
  return {
    description: 'JSON, or CSV on request',
    content: {
      'application/json': { schema: json },
      'text/csv': { schema: z.string().describe('A line of names, then a line for each row') },
    },
  };
}

function errorsOf(scope: string): Record<number, z.ZodType> {
  const refusals = scope === 'open' ? {} : { 401: errorSchema, 403: errorSchema };
  return { ...refusals, 429: errorSchema, 500: errorSchema, 503: errorSchema };
}

function convertAll(parts: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]: [string, unknown]) => [
      name,
      part instanceof z.ZodType
        ? convert(part)
        : isObject(part) && !Array.isArray(part)
          ? convertAll(part)
          : part,
    ]),
  );
}

function convert(schema: z.ZodType): object {
  // The input side: what is sent, before transforms give it a brand.
  const { $schema, ...converted } = z.toJSONSchema(schema, { io: 'input' });
  return converted;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
