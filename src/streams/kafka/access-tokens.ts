import kafkajs from 'kafkajs';
import { z } from 'zod';
import type { Sasl } from '../../config/schema.js';
import type { Clock } from '../../contracts/clock.js';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { mayPass } from '../../http/later.js';

type ClientCredentials = Extract<Sasl, { mechanism: 'OAUTHBEARER' }>;

/** A token is asked for anew when this part of its life is left: brokers end a connection with its token. */
const RENEW_AT_LIFE_LEFT = 0.2;
/** kafkajs logs in again 10 s before a connection's end; a token must outlive that by far to be used again. */
const LEAST_LIFE_MILLIS = 30_000;
/** Of a token whose answer does not say it: what is asked for next time. */
const UNKNOWN_LIFE_SECONDS = 60;
const TIMEOUT_MILLIS = 10_000;

const answerSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().default(UNKNOWN_LIFE_SECONDS),
});
const refusalSchema = z.object({ error: z.string().regex(/^[\w.-]{1,64}$/) });

// Its errors are no exports that an ES module could name.
/** To kafkajs one of its own errors, which it tries again as those of a broker that is away. */
export class TokenEndpointAway extends kafkajs.KafkaJSConnectionError {}

interface Token {
  readonly value: string;
  readonly renewAt: number;
  readonly expiresAt: number;
}

/**
 * Tokens of the OAuth 2.0 client credentials flow (RFC 6749, 4.4), as Kafka's OAUTHBEARER takes them. Each is used
 * until it is near its end; connections that need one at the same time share one request. While the endpoint is away,
 * a token that is still valid goes on being used.
 *
 * @returns a function that resolves to a token; it throws SentifluxError SF_STREAM_REFUSED where the endpoint refuses
 *   the client, and TokenEndpointAway where it may answer later
 */
export function accessTokens(
  credentials: ClientCredentials,
  clock: Clock,
): () => Promise<{ readonly value: string }> {
  let token: Token | undefined;
  let asking: Promise<Token> | undefined;

  async function renewed(): Promise<Token> {
    try {
      token = await ask(credentials, clock);
      return token;
    } catch (error) {
      if (token !== undefined && clock.now() < token.expiresAt) return token;
      throw error;
    } finally {
      asking = undefined;
    }
  }

  return async () => {
    if (token !== undefined && clock.now() < token.renewAt) return { value: token.value };
    asking ??= renewed();
    const { value } = await asking;
    return { value };
  };
}

async function ask(
  { tokenEndpoint, clientId, clientSecret, scope }: ClientCredentials,
  clock: Clock,
): Promise<Token> {
  const { origin, pathname } = new URL(tokenEndpoint);
  const endpoint = `the token endpoint ${origin}${pathname}`;
  const login = [clientId, clientSecret].map(encodeURIComponent).join(':');
  const askedAt = clock.now();
  let status: number;
  let body: unknown;
  try {
    const response = await fetch(tokenEndpoint, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(login).toString('base64')}`,
        accept: 'application/json',
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }),
      // The secret goes nowhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MILLIS),
    });
    status = response.status;
    body = await response.json().catch(() => undefined);
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new TokenEndpointAway(`${endpoint} does not answer: ${messageOf(cause)}`);
  }
  if (status !== 200) {
    const known = refusalSchema.safeParse(body);
    const answer = `${endpoint} answers with status ${status}${known.success ? ` ${known.data.error}` : ''}`;
    throw mayPass(status) ? new TokenEndpointAway(answer) : refusal(answer);
  }
  const answer = answerSchema.safeParse(body);
  if (!answer.success) throw refusal(`${endpoint} answers without an access_token`);
  const life = answer.data.expires_in * 1_000;
  return {
    value: answer.data.access_token,
    renewAt: askedAt + life - Math.max(LEAST_LIFE_MILLIS, life * RENEW_AT_LIFE_LEFT),
    expiresAt: askedAt + life,
  };
}

function refusal(answer: string): SentifluxError {
  return new SentifluxError('SF_STREAM_REFUSED', `${answer}.`, {
    hint: 'Check tokenEndpoint, clientId, clientSecret and scope of streams.kafka.sasl.',
  });
}
