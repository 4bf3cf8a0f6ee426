import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { messageOf } from '../contracts/errors.js';
import { millis, positive, secretPart, secretText, section } from './values.js';

const text = (description: string) => z.string().min(1).optional().describe(description);

const isPem = (value: string): boolean => value.includes('-----BEGIN ');
const NOT_PEM = `expected PEM text, beginning -----BEGIN; of a file: \${file:PATH}, or the variable with _FILE`;

/** Named as Node's `tls.connect` names them. */
const tlsShape = {
  ca: z
    .string()
    .refine(isPem, { error: NOT_PEM })
    .optional()
    .describe("PEM text of the authorities that are trusted, in place of Node's own list"),
  cert: z
    .string()
    .refine(isPem, { error: NOT_PEM })
    .optional()
    .describe('PEM text of the certificate that the worker shows (mutual TLS)'),
  key: z
    .string()
    .refine(isPem, { error: NOT_PEM })
    .optional()
    .meta({ description: 'PEM text of its private key', ...secretPart('value') }),
  passphrase: secretText('of the private key, if it has one'),
  servername: text('name that the certificate of the server must hold, where that is not its address'),
  rejectUnauthorized: z
    .boolean()
    .default(true)
    .describe(
      'false: any certificate is taken, also that of somebody who listens in between; for trials only',
    ),
};

interface TlsInput {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized: boolean;
}

/** What is wrong with certificates and keys, found now rather than at the first connection. */
function checkCertificates(tls: TlsInput, { addIssue }: z.core.$RefinementCtx): void {
  const { ca, cert, key, passphrase } = tls;
  if ((cert === undefined) !== (key === undefined)) {
    addIssue({
      code: 'custom',
      path: [cert === undefined ? 'cert' : 'key'],
      message: 'cert and key belong together',
    });
    return;
  }
  try {
    // OpenSSL passes over authorities that it cannot read.
    if (ca !== undefined) new X509Certificate(ca);
    createSecureContext({ ca, cert, key, passphrase });
  } catch (error) {
    addIssue({
      code: 'custom',
      message: `OpenSSL cannot use these certificates and keys: ${messageOf(error)}`,
    });
  }
}

function saysSomething({ rejectUnauthorized, ...texts }: TlsInput): boolean {
  return !rejectUnauthorized || Object.values(texts).some((value) => value !== undefined);
}

const kafkaTls = section({
  enabled: z.boolean().default(false).describe('whether the connections to the brokers are encrypted'),
  ...tlsShape,
}).superRefine(({ enabled, ...tls }, context) => {
  checkCertificates(tls, context);
  if (!enabled && saysSomething(tls))
    context.addIssue({ code: 'custom', path: ['enabled'], message: 'true, where other keys of tls are set' });
});

/** How the worker logs in to Kafka. */
export type Sasl =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'OAUTHBEARER';
      readonly tokenEndpoint: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
    };

const saslKeys = section({
  mechanism: z
    .enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'])
    .optional()
    .describe('how the worker logs in; without it, it does not'),
  username: text('of PLAIN and SCRAM'),
  password: secretText('of PLAIN and SCRAM'),
  tokenEndpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description: 'of OAUTHBEARER: where tokens come from (client credentials flow)',
      ...secretPart('userinfo'),
    }),
  clientId: text('of OAUTHBEARER'),
  clientSecret: secretText('of OAUTHBEARER'),
  scope: text('of OAUTHBEARER: what the token is asked for'),
});

const sasl = saslKeys.transform((keys, { addIssue }): Sasl | undefined => {
  const { mechanism, username, password, tokenEndpoint, clientId, clientSecret, scope } = keys;
  const problem = (key: keyof typeof keys, message: string): undefined =>
    void addIssue({ code: 'custom', path: [key], message });
  if (mechanism === 'OAUTHBEARER') {
    if (tokenEndpoint === undefined) return problem('tokenEndpoint', 'OAUTHBEARER needs it');
    if (clientId === undefined) return problem('clientId', 'OAUTHBEARER needs it');
    if (clientSecret === undefined) return problem('clientSecret', 'OAUTHBEARER needs it');
    return { mechanism, tokenEndpoint, clientId, clientSecret, ...(scope !== undefined && { scope }) };
  }
  if (mechanism !== undefined) {
    if (username === undefined) return problem('username', `${mechanism} needs it`);
    if (password === undefined) return problem('password', `${mechanism} needs it`);
    return { mechanism, username, password };
  }
  if (Object.keys(keys).length > 0) return problem('mechanism', 'where other keys of sasl are set');
  return undefined;
});

export const kafka = section({
  brokers: z.array(z.string().min(1)).min(1).default(['127.0.0.1:9092']).describe('host:port of the brokers'),
  tls: kafkaTls,
  sasl,
  clientId: z.string().min(1).default('sentiflux').describe('name of the worker in the logs of the brokers'),
  connectionTimeoutMs: millis(3_000).describe('how long a broker may take to answer a connection'),
  sessionTimeoutMs: millis(30_000).describe('a worker not heard of for this long loses its partitions'),
  maxFetchBytes: positive(4_194_304).describe('most bytes of one fetch, over all partitions'),
  fetchWaitMs: millis(100).describe('how long the broker may hold a fetch while nothing comes'),
  fetchIntervalMs: z
    .number()
    .int()
    .min(0)
    .max(1_000)
    .default(10)
    .describe('least time from one fetch to the next after one that brought little; 0: fetch again at once'),
  delivery: z
    .enum(['at-least-once', 'exactly-once'])
    .default('at-least-once')
    .describe('how results and dead letters are written: exactly-once in transactions; see docs/delivery.md'),
});

const REDIS_ADDRESS =
  'expected redis://HOST:PORT or, for TLS, rediss://HOST:PORT; in a user or password there, all but letters and digits percent-encoded';

export const redis = section({
  url: z
    .url({ protocol: /^rediss?$/, error: REDIS_ADDRESS })
    .refine(isDecodable, { error: REDIS_ADDRESS })
    .default('redis://127.0.0.1:6379')
    .meta({
      description: 'redis:// or, for TLS, rediss:// address; may hold user and password',
      ...secretPart('userinfo'),
    }),
  username: text('user, where the address holds none'),
  password: secretText('password, where the address holds none'),
  tls: section(tlsShape).superRefine(checkCertificates),
  connectTimeoutMs: millis(5_000).describe('how long Redis may take to answer a connection'),
}).superRefine(({ url, username, password, tls }, { addIssue }) => {
  if (!URL.canParse(url)) return;
  const address = new URL(url);
  if (address.protocol !== 'rediss:' && saysSomething(tls))
    addIssue({ code: 'custom', path: ['url'], message: 'rediss://, where keys of redis.tls are set' });
  if ((username ?? password) !== undefined && address.username + address.password !== '')
    addIssue({
      code: 'custom',
      path: ['url'],
      message: 'without user and password, where redis.username or redis.password are set',
    });
  if (username !== undefined && password === undefined)
    addIssue({ code: 'custom', path: ['password'], message: 'redis.username needs it' });
});

/** User and password are percent-encoded in an address; the client decodes them. */
function isDecodable(url: string): boolean {
  try {
    const { username, password } = new URL(url);
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
