import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { freePorts } from './ports.js';
import { type NetworkProxy, openProxy } from './proxy.js';
import { Service } from './service.js';

const BROKERS = 3;
const CLUSTER_ID = 'c2VudGlmbHV4LWNoYW9zMA';
const STARTS_WITHIN_MILLIS = 90_000;

/** Three brokers and a Redis on loopback, each with a network of its own before it. */
export interface Cluster {
  /** Addresses of the brokers, for what must not be disturbed. */
  readonly direct: readonly string[];
  /** The same by way of the proxies, for workers. */
  readonly proxied: readonly string[];
  readonly brokers: readonly Service[];
  readonly brokerProxies: readonly NetworkProxy[];
  readonly redis: Service;
  readonly redisProxy: NetworkProxy;
  /** By way of the proxy. */
  readonly redisUrl: string;
  readonly admin: Admin;
  /** A connection that must not be disturbed. */
  redisClient(): Redis;
  redisAnswers(): Promise<void>;
  /** Resolves when every broker runs and has caught up with the leaders of the topics. */
  whole(topics: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts the cluster; what it writes lies in the folder.
 *
 * @param jars Kafka's
 * @param random numbers from 0 to 1, for the proxies
 */
export async function startCluster(folder: string, jars: string, random: () => number): Promise<Cluster> {
  const ports = await freePorts(4 * BROKERS + 2);
  const take = (from: number): readonly number[] => ports.slice(from * BROKERS, (from + 1) * BROKERS);
  const [direct, behindProxy, proxyPorts, controllers] = [take(0), take(1), take(2), take(3)];
  const [redisPort = 0, redisProxyPort = 0] = ports.slice(4 * BROKERS);
  const address = (port: number | undefined): string => `127.0.0.1:${port}`;

  const brokers = direct.map((port, index) => {
    const home = join(folder, `broker-${index + 1}`);
    mkdirSync(home, { recursive: true });
    const properties = join(home, 'server.properties');
    writeFileSync(
      properties,
      propertiesOf({
        'node.id': index + 1,
        listeners: `PLAINTEXT://${address(port)},HOST://${address(behindProxy[index])},CONTROLLER://${address(controllers[index])}`,
        'advertised.listeners': `PLAINTEXT://${address(port)},HOST://${address(proxyPorts[index])}`,
        'controller.quorum.voters': controllers.map((at, i) => `${i + 1}@${address(at)}`).join(','),
        'log.dirs': join(home, 'data'),
      }),
    );
    const java = ['-Xmx512m', '-cp', `${jars}/*`, '-Dorg.slf4j.simpleLogger.showDateTime=true'];
    execFileSync(
      'java',
      [...java, 'kafka.tools.StorageTool', 'format', '--cluster-id', CLUSTER_ID, '--config', properties],
      { stdio: 'ignore' },
    );
    return new Service(['java', ...java, 'kafka.Kafka', properties], join(home, 'log'));
  });
  const redisHome = join(folder, 'redis');
  mkdirSync(redisHome, { recursive: true });
  const redis = new Service(
    // As a user keeps windows: a log of what was written, synced once a second.
    [
      'redis-server',
      '--bind',
      '127.0.0.1',
      '--port',
      `${redisPort}`,
      '--dir',
      redisHome,
      '--appendonly',
      'yes',
    ],
    join(redisHome, 'log'),
  );
  const kafka = new Kafka({
    brokers: direct.map(address),
    clientId: 'chaos',
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 200, retries: 4 },
  });
  const admin = kafka.admin();
  const clients: Redis[] = [];

  for (const service of [...brokers, redis]) service.start();
  const brokerProxies = await Promise.all(
    proxyPorts.map((port, i) => openProxy(port, behindProxy[i] ?? 0, random)),
  );
  const redisProxy = await openProxy(redisProxyPort, redisPort, random);

  const redisClient = (): Redis => {
    const client = new Redis(redisPort, '127.0.0.1', { retryStrategy: () => 100 });
    client.on('error', () => {});
    clients.push(client);
    return client;
  };
  const cluster: Cluster = {
    direct: direct.map(address),
    proxied: proxyPorts.map(address),
    brokers,
    brokerProxies,
    redis,
    redisProxy,
    redisUrl: `redis://${address(redisProxyPort)}`,
    admin,
    redisClient,
    async redisAnswers() {
      const client = redisClient();
      await until('Redis answers', async () => (await client.ping()) === 'PONG');
      client.disconnect();
    },
    whole: (topics) =>
      until('all brokers are in sync', async () => {
        const described = await admin.describeCluster();
        if (described.brokers.length < BROKERS) return false;
        const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
        return found.every(({ partitions }) =>
          partitions.every(({ isr, replicas }) => isr.length === replicas.length),
        );
      }),
    async close() {
      await admin.disconnect().catch(() => {});
      for (const client of clients) client.disconnect();
      await Promise.all([...brokerProxies, redisProxy].map((proxy) => proxy.close()));
      for (const service of [...brokers, redis]) service.signal('SIGCONT');
      await Promise.all([...brokers, redis].map((service) => service.end('SIGKILL')));
    },
  };
  try {
    await until('Kafka answers', async () => {
      await admin.connect();
      return (await admin.describeCluster()).brokers.length === BROKERS;
    });
    await cluster.redisAnswers();
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/** The properties of the single node of `make services`, with three nodes to replicate to. */
function propertiesOf(own: Readonly<Record<string, string | number>>): string {
  const shared = readFileSync('deploy/kafka/server.properties', 'utf8')
    .replaceAll(/^(.*replication\.factor)=1$/gm, `$1=${BROKERS}`)
    .replaceAll(/^(.*min\.isr)=1$/gm, '$1=2')
    .replaceAll(/^node\.id=.*$/gm, '');
  return [shared, ...Object.entries(own).map(([name, value]) => `${name}=${value}`), ''].join('\n');
}

/** Asks, also over errors, until the answer is yes. */
export async function until(
  what: string,
  asked: () => Promise<boolean>,
  withinMillis = STARTS_WITHIN_MILLIS,
  everyMillis = 200,
): Promise<void> {
  const deadline = performance.now() + withinMillis;
  let failure: unknown;
  while (performance.now() < deadline) {
    try {
      if (await asked()) return;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await wait(everyMillis);
  }
  const because = failure === undefined ? '' : `: ${failure instanceof Error ? failure.message : failure}`;
  throw new Error(`not within ${withinMillis / 1_000} s: ${what}${because}`);
}
