import { createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenServer {
  readonly tokenEndpoint: string;
  readonly jwksEndpoint: string;
  /** Bodies of the requests for a token that were granted. */
  readonly granted: readonly URLSearchParams[];
  /** Statuses with which the next requests for a token are answered before any is granted. */
  readonly faults: number[];
  close(): Promise<void>;
}

export interface TokenServerOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who the tokens say their holder is. */
  readonly subject: string;
  readonly lifeSeconds: number;
}

const ISSUER = 'https://issuer.example';
export const TOKEN_CLAIMS = { issuer: ISSUER, audience: 'kafka' } as const;

/** An OAuth 2.0 server on loopback: it grants signed tokens to one client, and publishes its public key. */
export async function openTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'own', alg: 'RS256', use: 'sig' };
  const login = [options.clientId, options.clientSecret].map(encodeURIComponent).join(':');
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  const granted: URLSearchParams[] = [];
  const faults: number[] = [];

  function token(scope: string): string {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: ISSUER,
      aud: TOKEN_CLAIMS.audience,
      sub: options.subject,
      scope,
      iat: now,
      exp: now + options.lifeSeconds,
    };
    const parts = [{ alg: 'RS256', kid: 'own', typ: 'JWT' }, claims];
    const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
  }

  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.url === '/jwks') return answer(200, { keys: [jwk] });
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const form = new URLSearchParams(body);
    const fault = faults.shift();
    if (fault !== undefined) return answer(fault, { error: 'temporarily_unavailable' });
    if (request.headers.authorization !== authorization) return answer(401, { error: 'invalid_client' });
    if (form.get('grant_type') !== 'client_credentials')
      return answer(400, { error: 'unsupported_grant_type' });
    granted.push(form);
    answer(200, { access_token: token(form.get('scope') ?? ''), expires_in: options.lifeSeconds });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Of a TCP server it is none else.
  return {
    tokenEndpoint: `http://127.0.0.1:${port}/token`,
    jwksEndpoint: `http://127.0.0.1:${port}/jwks`,
    granted,
    faults,
    async close() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
