import { messageOf } from './errors.js';

/** Where a connection was to be encrypted, as the reader of an error knows it. */
export interface TlsSettings {
  /** Of the configuration: `streams.kafka.tls` or `redis.tls`. */
  readonly section: string;
  /** What turns TLS off, as an imperative. */
  readonly off: string;
}

/** What Node and OpenSSL call certificates that they do not trust. */
const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]);

export interface TlsFault {
  /** What TLS found, without what OpenSSL writes around it. */
  readonly reason: string;
  /** What the reader can do. */
  readonly hint: string;
}

/**
 * What is wrong where TLS has failed; `undefined` for any other error. It does not pass by itself.
 *
 * @param error as Node throws it, or any error that carries its `code`
 */
export function tlsFault(error: unknown, settings: TlsSettings): TlsFault | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = messageOf(error).replace(/^Connection error: /, '');
  const reason = /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
  const hint = hintOf(code, reason, settings);
  return hint === undefined ? undefined : { reason, hint };
}

function hintOf(code: string, reason: string, { section, off }: TlsSettings): string | undefined {
  if (UNTRUSTED.has(code)) {
    return `Set ${section}.ca to the certificate of the authority that signed the server's.`;
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return "Renew the server's certificate, or set the clock of this machine.";
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `Name the server as its certificate does, or set ${section}.servername to a name in it.`;
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return `The server speaks no TLS at this port: name the port that does, or ${off}.`;
  }
  if (code.startsWith('ERR_SSL_') && /certificate|unknown ca/.test(reason)) {
    return `The server refuses the worker's certificate: set ${section}.cert and ${section}.key to ones that it trusts.`;
  }
  return code.startsWith('ERR_SSL_')
    ? `Check ${section} and which versions of TLS the server allows.`
    : undefined;
}
