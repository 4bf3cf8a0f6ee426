import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type ErrorCode, SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import type { Api } from './schema.js';

/** The one shape of every answer that is an error. */
export const errorSchema = z.object({
  error: z.object({
    code: z.string().describe('Stable, for programs: SF_API_…'),
    message: z.string().describe('What happened, for people'),
    hint: z.string().optional().describe('What to do about it'),
  }),
});
export type ErrorAnswer = z.infer<typeof errorSchema>;

interface Failure {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What the client is told; every other code is a failure of ours. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  SF_API_BAD_REQUEST: 400,
  SF_API_UNAUTHORIZED: 401,
  SF_API_FORBIDDEN: 403,
  SF_API_NOT_FOUND: 404,
  SF_API_TOO_LARGE: 413,
  SF_API_TOO_MANY: 429,
  SF_API_UNAVAILABLE: 503,
};

/** Failures of what stands behind the API: an operator has to mend them, and their messages name machines. */
const BEHIND: ReadonlySet<ErrorCode> = new Set([
  'SF_STORE_UNREACHABLE',
  'SF_STORE_REFUSED',
  'SF_STORE_DAMAGED',
  'SF_STREAM_UNREACHABLE',
  'SF_SCORER_FAILED',
]);

/** Answers every failure in one shape, and keeps what only operators should see in the log. */
export function installErrors(api: Api, logger: Logger): void {
  api.setNotFoundHandler(async (request, reply) =>
    answer(reply, {
      status: 404,
      code: 'SF_API_NOT_FOUND',
      message: `no route ${request.method} ${pathOf(request)}`,
      hint: 'GET /openapi.json lists the routes.',
    }),
  );
  api.setErrorHandler(async (error: FastifyError, request, reply) => {
    const failure = failureOf(error, request.id);
    if (failure.status >= 500) {
      const fields = { err: error, requestId: request.id, method: request.method, path: pathOf(request) };
      logger.error(fields, 'a request failed');
    }
    return answer(reply, failure);
  });
}

function failureOf(error: FastifyError | SentifluxError, requestId: string): Failure {
  if (error instanceof SentifluxError) {
    const { code, message, hint } = error;
    const status = STATUS[code];
    if (status !== undefined) return { status, code, message, hint };
    if (BEHIND.has(code)) {
      return {
        status: 503,
        code: 'SF_API_UNAVAILABLE',
        message: 'a part of the worker cannot answer now',
        hint: 'Try again soon; GET /health/ready says which part.',
      };
    }
  } else if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    const tooLarge = error.statusCode === 413;
    return {
      status: error.statusCode,
      code: tooLarge ? 'SF_API_TOO_LARGE' : 'SF_API_BAD_REQUEST',
      message: error.message,
      hint: tooLarge ? 'Send fewer or shorter texts at a time.' : 'See /openapi.json for what is expected.',
    };
  }
  if ('statusCode' in error && error.statusCode === 503) {
    return {
      status: 503,
      code: 'SF_API_UNAVAILABLE',
      message: 'the answer took too long',
      hint: 'Ask for less at a time, or try again later.',
    };
  }
  return {
    status: 500,
    code: 'SF_API_FAILED',
    message: 'the request failed',
    hint: `The log of the worker has the reason, under requestId ${requestId}.`,
  };
}

function answer(reply: FastifyReply, { status, ...error }: Failure): ErrorAnswer {
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  reply.status(status).type('application/json; charset=utf-8').header('cache-control', 'no-store');
  return { error: { code: error.code, message: error.message, ...(error.hint && { hint: error.hint }) } };
}

const MOST_CHARACTERS = 200;

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1).join('').slice(0, MOST_CHARACTERS);
}
