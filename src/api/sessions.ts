import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { ApiToken } from '../config/schema.js';
import type { Clock } from '../contracts/clock.js';
import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import type { TokenList } from './tokens.js';

/** What a browser holds in place of the token that it was signed in with. */
export interface Session {
  readonly id: string;
  readonly token: ApiToken;
  readonly expiresAt: EpochMillis;
  readonly remainingMillis: number;
}

export interface Sessions {
  begin(token: ApiToken): { readonly session: Session; readonly value: string };
  /** The session of a cookie's value; `undefined` where it was made up, has expired, or its token is no longer configured. */
  read(value: string): Session | undefined;
}

export interface SessionsOptions {
  readonly tokens: TokenList;
  /** Of the signatures: whoever has it can make sessions. */
  readonly key: string | Buffer;
  readonly lifetimeMillis: number;
  /** The wall's, also in a replay. */
  readonly clock: Clock;
}

const payloadSchema = z.strictObject({ id: z.string(), name: z.string(), expiresAt: z.number().int() });

/**
 * Sessions that no process has to remember: `payload.signature`, the payload in base64url. The signature covers the
 * hash of the token too, so a token that is taken away or made anew under its name ends the sessions begun with it.
 */
export function createSessions({ tokens, key, lifetimeMillis, clock }: SessionsOptions): Sessions {
  const sign = (payload: string, { sha256 }: ApiToken): Buffer =>
    createHmac('sha256', key).update(`${payload}.${sha256}`).digest();

  return {
    begin(token) {
      const [id, expiresAt] = [randomUUID(), epochMillis(clock.now() + lifetimeMillis)];
      const session = { id, token, expiresAt, remainingMillis: lifetimeMillis };
      const payload = Buffer.from(JSON.stringify({ id, name: token.name, expiresAt })).toString('base64url');
      return { session, value: `${payload}.${sign(payload, token).toString('base64url')}` };
    },

    read(value) {
      const [payload = '', signature = '', ...rest] = value.split('.');
      const claimed = rest.length === 0 ? decode(payload) : undefined;
      const token = claimed && tokens.named(claimed.name);
      if (claimed === undefined || token === undefined) return undefined;
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(payload, token);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const { id, expiresAt } = claimed;
      const remainingMillis = expiresAt - clock.now();
      if (remainingMillis <= 0) return undefined;
      return { id, token, expiresAt: epochMillis(expiresAt), remainingMillis };
    },
  };
}

/** Read before the signature is checked, since that needs the token's name: so it trusts nothing. */
function decode(payload: string): z.infer<typeof payloadSchema> | undefined {
  try {
    return payloadSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
