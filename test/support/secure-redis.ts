import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Authority, EXPIRED, makeAuthority } from './certificates.js';
import { freePort, ownRedis } from './own-redis.js';
import { temporaryFolder } from './temporary-folder.js';

export const REDIS_USER = { username: 'sentiflux', password: 'planted/redis+password' } as const;

/** A Redis of one test alone that demands TLS, a certificate and a user. */
export interface SecureRedis {
  /** `rediss://`, without a user. */
  readonly url: string;
  readonly port: number;
  readonly authority: Authority;
  /** Of this test: for the sections `redis.tls`. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** @param expired whether the certificate of the server has */
export async function secureRedis({ expired = false } = {}): Promise<SecureRedis> {
  const folder = temporaryFolder();
  const authority = makeAuthority(folder, 'redis-authority');
  const server = authority.sign('redis', expired ? EXPIRED : undefined);
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const port = await freePort();
  await ownRedis(
    ...['--port', '0', '--tls-port', String(port)],
    ...['--tls-cert-file', file('server.pem', server.cert), '--tls-key-file', file('server.key', server.key)],
    ...['--tls-ca-cert-file', file('ca.pem', authority.cert), '--tls-auth-clients', 'yes'],
    ...['--aclfile', file('users.acl', `user default off\n${documentedUser()}\n`)],
  );
  return {
    port,
    url: `rediss://127.0.0.1:${port}`,
    authority,
    tls: { ca: authority.cert, ...authority.sign('worker') },
  };
}

/** The line of docs/security.md that makes the worker's user. */
function documentedUser(): string {
  const line = /^user sentiflux .*$/m.exec(readFileSync('docs/security.md', 'utf8'))?.[0];
  if (line === undefined) throw new Error('docs/security.md names no user of Redis');
  return line.replace('PASSWORD', REDIS_USER.password);
}
