import type { IncomingMessage, ServerResponse } from 'node:http';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifySchemaCompiler,
  FastifyTypeProvider,
  RawServerDefault,
} from 'fastify';
import type { z } from 'zod';
import { SentifluxError } from '../contracts/errors.js';

/** Gives a handler the type that its route's zod schema says. */
export interface ZodTypeProvider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
}

/** The server as routes see it: their schemas are zod's. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

const MOST_ISSUES = 3;
const MOST_CHARACTERS = 400;

/** Checks a part of a request by its zod schema; what goes on to the handler is the schema's output. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart = 'request' }) =>
  (data) => {
    const parsed = schema.safeParse(data);
    return parsed.success ? { value: parsed.data } : { error: badRequest(httpPart, parsed.error) };
  };

/** What is wrong with a part of a request, for its sender. */
export function badRequest(part: string, { issues }: z.ZodError): SentifluxError {
  const message = issues
    .flatMap(mostTelling)
    .slice(0, MOST_ISSUES)
    .map((issue) => `${[part, ...issue.path].join('.')}: ${issue.message}`)
    .join('; ');
  return new SentifluxError('SF_API_BAD_REQUEST', message.slice(0, MOST_CHARACTERS), {
    hint: 'See /openapi.json for what is expected.',
  });
}

/** Of a union, the issues of the alternative that was probably meant: where the check came deepest, with least to say. */
function mostTelling(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const depth = (issues: readonly z.core.$ZodIssue[]): number =>
    Math.max(0, ...issues.map(({ path }) => path.length));
  const [meant = [issue]] = issue.errors.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length);
  return meant.flatMap((inner) => mostTelling({ ...inner, path: [...issue.path, ...inner.path] }));
}
