import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROLES } from '../../src/pipelines/role.js';
import { freePorts } from '../chaos/ports.js';
import { type Authority, EXPIRED, makeAuthority } from './certificates.js';
import { startBroker } from './kafka-broker.js';
import { openTokenServer, TOKEN_CLAIMS, type TokenServer } from './token-server.js';

const CLUSTER_ID = 'c2VudGlmbHV4LXNlY3VyZQ';
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;

/** False where there is no java or openssl, and where Kafka's jars cannot be had: its tests are skipped then. */
export const canStartSecureKafka =
  spawnSync('java', ['-version']).status === 0 && spawnSync('openssl', ['version']).status === 0;

/** One broker that lets nobody in without a certificate, or without TLS and a login. */
export interface SecureKafka {
  /** Addresses of its listeners. */
  readonly sasl: string;
  readonly mutualTls: string;
  /** Its certificate has expired. */
  readonly expired: string;
  /** Without TLS; who comes this way may do everything. */
  readonly plain: string;
  readonly authority: Authority;
  /** Whom the broker does not know. */
  readonly stranger: Authority;
  readonly tokens: TokenServer;
  close(): Promise<void>;
}

/** The user of each mechanism, and whom tokens name. Each role is a user of PLAIN besides, with the same password. */
export const USER = { username: 'worker', password: 'planted-kafka-password' } as const;
export const CLIENT = { clientId: 'worker-client', clientSecret: 'planted-client-secret' } as const;

/** @param folder for what it writes */
export async function startSecureKafka(folder: string): Promise<SecureKafka> {
  const jars = execFileSync('scripts/services.sh', ['jars'], { encoding: 'utf8' }).trim();
  const ports = await freePorts(5);
  const [plain, sasl, mutualTls, expired, controller] = ports.map((port) => `127.0.0.1:${port}`);
  if (plain === undefined || sasl === undefined || mutualTls === undefined || expired === undefined)
    throw new Error('five ports were asked for');
  const authority = makeAuthority(folder, 'authority');
  const stranger = makeAuthority(folder, 'stranger');
  const store = (name: string, ...parts: readonly string[]): string => {
    writeFileSync(join(folder, name), parts.join(''));
    return join(folder, name);
  };
  const server = authority.sign('broker');
  const late = authority.sign('late-broker', EXPIRED);
  const tokens = await openTokenServer({ ...CLIENT, subject: USER.username, lifeSeconds: 300 });
  const jaas = (rest: string): string => `org.apache.kafka.common.security.${rest};`;
  const own = {
    listeners: `PLAINTEXT://${plain},SASL://${sasl},MUTUAL://${mutualTls},EXPIRED://${expired},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${plain},SASL://${sasl},MUTUAL://${mutualTls},EXPIRED://${expired}`,
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL,EXPIRED:SSL,CONTROLLER:PLAINTEXT',
    'controller.quorum.voters': `1@${controller}`,
    'log.dirs': join(folder, 'data'),
    'ssl.keystore.type': 'PEM',
    'ssl.truststore.type': 'PEM',
    'ssl.keystore.location': store('broker.pem', server.key, server.cert),
    'ssl.truststore.location': store('trusted.pem', authority.cert),
    'listener.name.mutual.ssl.client.auth': 'required',
    'listener.name.expired.ssl.keystore.location': store('late.pem', late.key, late.cert),
    'listener.name.expired.ssl.keystore.type': 'PEM',
    'sasl.enabled.mechanisms': MECHANISMS.join(','),
    'listener.name.sasl.plain.sasl.jaas.config': jaas(
      `plain.PlainLoginModule required ${[USER.username, ...ROLES].map((name) => `user_${name}="${USER.password}"`).join(' ')}`,
    ),
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': jaas('scram.ScramLoginModule required'),
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': jaas('scram.ScramLoginModule required'),
    'listener.name.sasl.oauthbearer.sasl.jaas.config': jaas('oauthbearer.OAuthBearerLoginModule required'),
    'listener.name.sasl.oauthbearer.sasl.server.callback.handler.class':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
    'listener.name.sasl.oauthbearer.sasl.oauthbearer.jwks.endpoint.url': tokens.jwksEndpoint,
    'listener.name.sasl.oauthbearer.sasl.oauthbearer.expected.issuer': TOKEN_CLAIMS.issuer,
    'listener.name.sasl.oauthbearer.sasl.oauthbearer.expected.audience': TOKEN_CLAIMS.audience,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    // Of a certificate its common name, so that it is the same user as by a password.
    'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/,DEFAULT',
  };
  const shared = readFileSync('deploy/kafka/server.properties', 'utf8').replaceAll(
    /^listener\.security\.protocol\.map=.*$/gm,
    '',
  );
  const properties = store(
    'server.properties',
    [shared, ...Object.entries(own).map(([name, value]) => `${name}=${value}`), ''].join('\n'),
  );
  const java = [
    '-Xmx512m',
    '-cp',
    `${jars}/*`,
    `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${tokens.jwksEndpoint}`,
  ];
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${USER.username},password=${USER.password}]`,
  ]);
  const tool = ['kafka.tools.StorageTool', 'format', '--cluster-id', CLUSTER_ID, '--config', properties];
  execFileSync('java', [...java, ...tool, ...scram], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const broker = await startBroker({ folder, java, properties, address: expired });
    const close = async (): Promise<void> => {
      await broker.end();
      await tokens.close();
    };
    return { plain, sasl, mutualTls, expired, authority, stranger, tokens, close };
  } catch (error) {
    await tokens.close();
    throw error;
  }
}
