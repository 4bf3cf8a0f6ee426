import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiScope, ApiToken } from '../config/schema.js';

/** So that a token that leaks into a file or a log is recognised by whoever searches for one. */
const PREFIX = 'sft_';
/** Of randomness in a token. Nobody tries out 2^256 tokens, so a slow hash would protect nothing but the attacker's time. */
export const TOKEN_BYTES = 32;

/**
 * A token as its holder keeps it.
 *
 * @param random at least `TOKEN_BYTES` bytes from a cryptographic source
 */
export function tokenOf(random: Buffer): string {
  if (random.length < TOKEN_BYTES)
    throw new RangeError(`a token needs ${TOKEN_BYTES} random bytes, not ${random.length}`);
  return `${PREFIX}${random.toString('base64url')}`;
}

/** What the configuration keeps of a token: SHA-256 of its characters, in hexadecimal digits. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The tokens that the configuration lets in. */
export interface TokenList {
  readonly isEmpty: boolean;
  /** The entry of a token that somebody has sent. Takes as long for a wrong token as for a right one. */
  find(token: string): ApiToken | undefined;
  named(name: string): ApiToken | undefined;
}

export function createTokenList(tokens: readonly ApiToken[]): TokenList {
  const hashed = tokens.map((token) => ({ token, hash: Buffer.from(token.sha256, 'hex') }));
  return {
    isEmpty: tokens.length === 0,
    find(token) {
      const hash = createHash('sha256').update(token).digest();
      let found: ApiToken | undefined;
      // All of them, also after one that fits: the time tells nothing of its place.
      for (const candidate of hashed) if (timingSafeEqual(candidate.hash, hash)) found = candidate.token;
      return found;
    },
    named: (name) => tokens.find((token) => token.name === name),
  };
}

/** A line of the configuration for a token. */
export function tokenEntry(name: string, scopes: readonly ApiScope[], token: string): string {
  return `- { name: "${name}", scopes: [${scopes.join(', ')}], sha256: "${tokenHash(token)}" }`;
}
