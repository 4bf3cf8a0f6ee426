import { stringifySetCookie } from 'cookie';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { API_SCOPES } from '../../config/schema.js';
import { SentifluxError } from '../../contracts/errors.js';
import { SESSION_COOKIE } from '../access.js';
import { errorSchema } from '../errors.js';
import type { Api } from '../schema.js';
import type { Sessions } from '../sessions.js';
import type { TokenList } from '../tokens.js';

const standingSchema = z.object({
  required: z.boolean().describe('False where nobody is asked for a token'),
  name: z
    .string()
    .nullable()
    .describe('Of the token that the caller has shown; null where it has shown none'),
  scopes: z.array(z.enum(API_SCOPES)).describe('What the caller may do'),
});
type Standing = z.infer<typeof standingSchema>;

export interface SessionRoutesOptions {
  readonly tokens: TokenList;
  readonly sessions: Sessions;
}

/** For the page: it shows a token once and then holds a cookie that no script can read. */
export function sessionRoutes(api: Api, { tokens, sessions }: SessionRoutesOptions): void {
  api.get(
    '/v1/session',
    {
      config: { scope: 'open' },
      schema: {
        tags: ['session'],
        summary: 'Whom the server takes the caller for',
        response: { 200: standingSchema },
      },
    },
    async ({ caller }): Promise<Standing> => {
      if (caller.kind === 'trusted') return { required: false, name: null, scopes: [...API_SCOPES] };
      if (caller.kind === 'stranger') return { required: true, name: null, scopes: [] };
      return { required: true, name: caller.token.name, scopes: caller.token.scopes };
    },
  );

  api.post(
    '/v1/session',
    {
      config: { scope: 'open' },
      schema: {
        tags: ['session'],
        summary: 'Signs in with a token: sets a cookie in its place',
        body: z.strictObject({ token: z.string().trim().min(1).max(200) }),
        response: { 200: standingSchema, 400: errorSchema, 401: errorSchema, 403: errorSchema },
      },
    },
    async (request, reply): Promise<Standing> => {
      const token = tokens.find(request.body.token);
      if (token === undefined) {
        throw new SentifluxError('SF_API_UNAUTHORIZED', 'the token is not one of api.tokens', {
          hint: 'Ask whoever runs this worker for one; `sentiflux token create` makes it.',
        });
      }
      const { session, value } = sessions.begin(token);
      reply.header('set-cookie', cookie(request, value, new Date(session.expiresAt)));
      return { required: true, name: token.name, scopes: token.scopes };
    },
  );

  api.delete(
    '/v1/session',
    {
      config: { scope: 'open' },
      schema: {
        tags: ['session'],
        summary: 'Signs out: takes the cookie away',
        response: { 204: z.null().describe('Signed out'), 403: errorSchema },
      },
    },
    async (request, reply) => {
      reply.header('set-cookie', cookie(request, '', new Date(0)));
      return reply.status(204).send();
    },
  );
}

/** No script reads it, and pages of other sites do not have it sent. */
function cookie({ protocol }: FastifyRequest, value: string, expires: Date): string {
  return stringifySetCookie({
    name: SESSION_COOKIE,
    value,
    expires,
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: protocol === 'https',
  });
}
