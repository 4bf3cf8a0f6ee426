import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createLogger } from '../../src/cli/logger.js';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { ROLES, type RoleName } from '../../src/pipelines/role.js';
import { cursorTopic, topicSpecs } from '../../src/pipelines/topics.js';
import { openKafkaStreams } from '../../src/streams/kafka/streams.js';
import type { Streams } from '../../src/streams/port.js';
import { jetstreamServer, post } from '../sources/jetstream-server.js';
import { start } from '../support/cli.js';
import {
  CLIENT,
  canStartSecureKafka,
  type SecureKafka,
  startSecureKafka,
  USER,
} from '../support/secure-kafka.js';
import { freshName, read, send } from './reader.js';

/** Stands in every secret that the tests use. */
const PLANTED = 'planted';

/** A row of the table of rights in docs/security.md, for one operation. */
interface Right {
  readonly user: string;
  readonly resource: string;
  /** A prefix where it ends in `*`. */
  readonly name: string;
  readonly operation: string;
}

const OPERATIONS: Readonly<Record<string, kafkajs.AclOperationTypes>> = {
  All: kafkajs.AclOperationTypes.ALL,
  Read: kafkajs.AclOperationTypes.READ,
  Write: kafkajs.AclOperationTypes.WRITE,
  Describe: kafkajs.AclOperationTypes.DESCRIBE,
  DescribeConfigs: kafkajs.AclOperationTypes.DESCRIBE_CONFIGS,
};

const RESOURCES: Readonly<Record<string, kafkajs.AclResourceTypes>> = {
  topic: kafkajs.AclResourceTypes.TOPIC,
  group: kafkajs.AclResourceTypes.GROUP,
  'transactional id': kafkajs.AclResourceTypes.TRANSACTIONAL_ID,
};

function documentedRights(): readonly Right[] {
  const page = readFileSync('docs/security.md', 'utf8');
  const rows = page.matchAll(
    /^\| ([a-z ]+) \| (topic|group|transactional id) \| `([^`]+)` \| ([A-Za-z, ]+) \|$/gm,
  );
  return [...rows].flatMap(([, who = '', resource = '', name = '', operations = '']) =>
    (who === 'every role' ? ROLES : [who]).flatMap((user) =>
      operations.split(', ').map((operation) => ({ user, resource, name, operation })),
    ),
  );
}

function aclOf({ user, resource, name, operation }: Right): kafkajs.AclEntry {
  const { PREFIXED, LITERAL } = kafkajs.ResourcePatternTypes;
  return {
    resourceType: RESOURCES[resource] ?? kafkajs.AclResourceTypes.UNKNOWN,
    resourceName: name.replace(/\*$/, ''),
    resourcePatternType: name.endsWith('*') ? PREFIXED : LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation: OPERATIONS[operation] ?? kafkajs.AclOperationTypes.UNKNOWN,
    permissionType: kafkajs.AclPermissionTypes.ALLOW,
  };
}

/** An address of the broker, and the keys of `streams.kafka` with which a worker comes. */
type Way = () => readonly [string, object];

describe.skipIf(!canStartSecureKafka)('a Kafka that demands TLS and a login', () => {
  const [input, output] = [freshName('input'), freshName('output')];
  const logged: string[] = [];
  let folder: string;
  let kafka: SecureKafka;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sentiflux-kafka-'));
    kafka = await startSecureKafka(folder);
    const admin = new Kafka({ brokers: [kafka.plain], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [input, output].map((topic) => ({ topic, numPartitions: 1 })) });
    const everything = ['topic', 'group', 'transactional id'].map(
      (resource): Right => ({ user: USER.username, resource, name: 'test.*', operation: 'All' }),
    );
    await admin.createAcls({ acl: [...everything, ...documentedRights()].map(aclOf) });
    await admin.disconnect();
  }, 120_000);

  afterAll(async () => {
    await kafka?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const logger = createLogger('debug', { write: (line) => void logged.push(line) });

  async function openAt(broker: string, keys: object) {
    const { streams } = configSchema.parse({ streams: { kafka: { brokers: [broker], ...keys } } });
    const opened = await openKafkaStreams(streams.kafka, logger);
    onTestFinished(() => opened.close());
    return opened;
  }

  const tls = () => ({ enabled: true, ca: kafka.authority.cert });
  const login = (mechanism: string) => ({ mechanism, ...USER });
  const wrong = (mechanism: string) => ({ ...login(mechanism), password: `${PLANTED}-wrong` });
  const client = () => ({
    mechanism: 'OAUTHBEARER',
    tokenEndpoint: kafka.tokens.tokenEndpoint,
    ...CLIENT,
    scope: 'posts',
  });

  describe.each<[string, Way]>([
    ['PLAIN', () => [kafka.sasl, { tls: tls(), sasl: login('PLAIN') }]],
    ['SCRAM-SHA-256', () => [kafka.sasl, { tls: tls(), sasl: login('SCRAM-SHA-256') }]],
    ['SCRAM-SHA-512', () => [kafka.sasl, { tls: tls(), sasl: login('SCRAM-SHA-512') }]],
    ['OAUTHBEARER', () => [kafka.sasl, { tls: tls(), sasl: client() }]],
    [
      'a certificate of the worker',
      () => [kafka.mutualTls, { tls: { ...tls(), ...kafka.authority.sign(USER.username) } }],
    ],
  ])('lets in a worker with %s', (_, way) => {
    it('that produces, consumes and settles in a transaction', async () => {
      const [broker, keys] = way();
      const streams = await openAt(broker, { ...keys, delivery: 'exactly-once' });
      const { end } = (await streams.ranges(output)).get(0) ?? { end: -1 };
      const record = { topic: input, partition: 0, key: null, value: Buffer.from('hello') };
      await send(streams, [record]);

      const group = freshName('group');
      const reader = await read(streams, input, { group });
      await reader.records(1);
      for (const batch of reader.batches)
        await reader.consumption.settle(batch, [{ ...record, topic: output }]);

      // Seen once the coordinator has ended the transaction.
      await expect.poll(() => streams.lagOf(group, input)).toEqual(new Map([[0, 0]]));
      expect((await streams.ranges(output)).get(0)?.end).toBeGreaterThan(end);
    });
  });

  it('asks for the scope of the configuration', async () => {
    await openAt(kafka.sasl, { tls: tls(), sasl: client() });
    expect(kafka.tokens.granted.at(-1)?.get('scope')).toBe('posts');
  });

  it('takes any certificate where the worker is told not to look at it', async () => {
    const streams = await openAt(kafka.expired, { tls: { enabled: true, rejectUnauthorized: false } });
    expect(await streams.partitions(input)).toBe(1);
  });

  it.each<[string, Way, RegExp]>([
    [
      'a wrong password of PLAIN',
      () => [kafka.sasl, { tls: tls(), sasl: wrong('PLAIN') }],
      /REFUSED .* refuses the login: .*Invalid username or password\. Check mechanism, username and password/,
    ],
    [
      'a wrong password of SCRAM',
      () => [kafka.sasl, { tls: tls(), sasl: wrong('SCRAM-SHA-512') }],
      /REFUSED .* refuses the login: .*invalid credentials.*\. Check mechanism, username and password/,
    ],
    [
      'an authority that Node does not know',
      () => [kafka.sasl, { tls: { enabled: true }, sasl: login('PLAIN') }],
      /REFUSED .*unable to verify the first certificate\. Set streams\.kafka\.tls\.ca/,
    ],
    [
      'another authority than the configured one',
      () => [kafka.sasl, { tls: { enabled: true, ca: kafka.stranger.cert }, sasl: login('PLAIN') }],
      /REFUSED .*unable to verify the first certificate\. Set streams\.kafka\.tls\.ca/,
    ],
    [
      'a certificate that has expired',
      () => [kafka.expired, { tls: tls() }],
      /REFUSED .*certificate has expired\. Renew the server's certificate/,
    ],
    [
      'a certificate of another name',
      () => [kafka.sasl, { tls: { ...tls(), servername: 'other.example' }, sasl: login('PLAIN') }],
      /REFUSED .*does not match certificate's altnames.* set streams\.kafka\.tls\.servername/,
    ],
    [
      'no TLS at a port with TLS',
      () => [kafka.sasl, { sasl: login('PLAIN') }],
      /UNREACHABLE .* closes the connection, tried without TLS and with PLAIN\. Where the broker runs, compare streams\.kafka\.tls/,
    ],
    [
      'TLS at a port without',
      () => [kafka.plain, { tls: tls() }],
      /UNREACHABLE .* closes the connection, tried with TLS and without a login\. Where the broker runs, compare streams\.kafka\.tls/,
    ],
    [
      'no login where one is demanded',
      () => [kafka.sasl, { tls: tls() }],
      /UNREACHABLE .* closes the connection, tried with TLS and without a login\. Where the broker runs, compare streams\.kafka\.tls/,
    ],
    [
      'no certificate of its own where one is demanded',
      () => [kafka.mutualTls, { tls: tls() }],
      /REFUSED .*alert bad certificate\. .*set streams\.kafka\.tls\.cert and streams\.kafka\.tls\.key/,
    ],
    [
      'a certificate of its own that a stranger signed',
      () => [kafka.mutualTls, { tls: { ...tls(), ...kafka.stranger.sign(USER.username) } }],
      /REFUSED .*alert certificate unknown\. .*set streams\.kafka\.tls\.cert and streams\.kafka\.tls\.key/,
    ],
  ])('ends the start with one line that names the broker: %s', async (_, way, line) => {
    const [broker, keys] = way();
    await expect(openAt(broker, keys)).rejects.toSatisfy((error) => {
      expect(error.toLine()).toMatch(line);
      expect(error.toLine()).toContain(broker);
      expect(inspect(error, { depth: 9 })).not.toContain(PLANTED);
      return true;
    });
  });

  it('names the token endpoint where that refuses the client', async () => {
    const sasl = { ...client(), clientSecret: `${PLANTED}-wrong` };
    await expect(openAt(kafka.sasl, { tls: tls(), sasl })).rejects.toMatchObject({
      code: 'SF_STREAM_REFUSED',
      message: `the token endpoint ${kafka.tokens.tokenEndpoint} answers with status 401 invalid_client.`,
      hint: expect.stringContaining('clientSecret'),
    });
  });

  it('is asked again with a token that came at the second try', async () => {
    kafka.tokens.faults.push(503);
    const streams = await openAt(kafka.sasl, { tls: tls(), sasl: client() });
    expect(await streams.partitions(input)).toBe(1);
  });

  it('says which right is missing', async () => {
    const streams = await openAt(kafka.sasl, { tls: tls(), sasl: login('PLAIN') });
    await expect(streams.partitions('other')).rejects.toMatchObject({
      code: 'SF_STREAM_REFUSED',
      message: expect.stringContaining('TOPIC_AUTHORIZATION_FAILED'),
      hint: expect.stringContaining('docs/security.md'),
    });
  });

  describe('lets a worker with the rights of docs/security.md', () => {
    const topics = { partitions: 1, replication: 1, minInsyncReplicas: 1 };
    let plain: Streams;

    beforeAll(async () => {
      const { streams } = configSchema.parse({ streams: { kafka: { brokers: [kafka.plain] } } });
      plain = await openKafkaStreams(streams.kafka, silentLogger);
      const { topics: named } = configSchema.parse({ topics });
      await plain.topics().create([...topicSpecs(named), cursorTopic(named)]);
    });

    afterAll(() => plain?.close());

    const endOf = async (topic: string) => (await plain.ranges(topic)).get(0)?.end ?? 0;

    /** Starts the compiled worker as the user that its role has; resolves with what it logs. */
    async function startRole(role: RoleName, more: object = {}): Promise<() => string> {
      const file = join(folder, `${role}.yaml`);
      const login = { mechanism: 'PLAIN', username: role, password: USER.password };
      const settings = {
        streams: { kafka: { brokers: [kafka.sasl], tls: tls(), sasl: login, delivery: 'exactly-once' } },
        topics,
        aggregation: { store: 'memory', idleAfterMs: 500, closeEveryMs: 100 },
        alerting: { scheduler: 'memory' },
        scoring: { threads: 1 },
        api: { port: 0 },
        ops: { port: 0 },
        ...more,
      };
      writeFileSync(file, JSON.stringify(settings));
      const worker = start(['run', '--role', role, '--config', file]);
      onTestFinished(() => void worker.kill('SIGKILL'));
      let log = '';
      return new Promise((resolve, reject) => {
        worker.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
          log += chunk;
          if (log.includes(PLANTED)) reject(new Error('the log shows a secret'));
          if (/"ops":"[^"]+"/.test(log)) resolve(() => log);
        });
        worker.once('exit', () => reject(new Error(`the worker ended: ${log}`)));
      });
    }

    it('score posts, and aggregate what was scored', async () => {
      const score = await startRole('score');
      const post = { id: '1', text: 'what a mess', createdAt: new Date(Date.now() - 60_000).toISOString() };
      const value = Buffer.from(JSON.stringify(post));
      await send(plain, [
        { topic: 'posts.raw', partition: 0, key: Buffer.from('1'), value },
        { topic: 'posts.raw', partition: 0, key: Buffer.from('2'), value: Buffer.from('no JSON') },
      ]);
      await expect.poll(() => endOf('sentiment.scored'), { timeout: 30_000 }).toBeGreaterThan(0);
      await expect.poll(() => endOf('posts.dead-letters')).toBeGreaterThan(0);
      const aggregate = await startRole('aggregate');
      await expect.poll(() => endOf('sentiment.aggregates'), { timeout: 30_000 }).toBeGreaterThan(0);
      expect(score() + aggregate()).not.toContain('AUTHORIZATION');
    }, 90_000);

    it('alert, and serve the API, where a silence is asked for', async () => {
      const alert = await startRole('alert');
      const api = await startRole('api');
      const address = /"api":"([^"]+)"/.exec(api())?.[1];
      const answer = await fetch(`${address}/v1/silences`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          to: new Date(Date.now() + 60_000).toISOString(),
          reason: 'launch',
          by: 'Mei',
        }),
      });
      expect(await answer.text()).toContain('"by":"Mei"');
      expect(await endOf('sentiment.alerts')).toBeGreaterThan(0);
      expect(alert() + api()).not.toContain('AUTHORIZATION');
    }, 90_000);

    it('ingest posts, and keep their cursors', async () => {
      const server = await jetstreamServer();
      const before = await endOf('posts.raw');
      const ingest = await startRole('ingest', {
        sources: { ingest: ['bluesky'], bluesky: { urls: [server.url] } },
      });
      await expect.poll(() => server.asked.length, { timeout: 30_000 }).toBe(1);
      server.emit(post(0, 'a'));
      await expect.poll(() => endOf('posts.raw'), { timeout: 30_000 }).toBe(before + 1);
      // Where it has begun, which is kept before the first post.
      expect(await endOf('posts.cursors')).toBe(1);
      expect(ingest()).not.toContain('AUTHORIZATION');
    }, 90_000);
  });

  it('was told about in the log without a secret', () => {
    expect(logged.join('\n')).toContain('authentication failed');
    expect(logged.join('\n')).not.toContain(PLANTED);
  });
});
