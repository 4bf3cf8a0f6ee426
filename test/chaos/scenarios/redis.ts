import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { until } from '../cluster.js';
import { freePorts } from '../ports.js';
import type { Scenario, Stage } from '../scenario.js';
import { Service } from '../service.js';

const PROMISE = 'scoring goes on; each post is counted once when Redis is back';

export const redis: readonly Scenario[] = [
  {
    name: 'redis-killed',
    promise: PROMISE,
    fault: 'Redis killed, 5 s later started again with its data',
    seconds: 20,
    async strike({ cluster, recovers }) {
      await recovers();
      await cluster.redis.end('SIGKILL');
      await wait(5_000);
      cluster.redis.start();
      await cluster.redisAnswers();
      await recovers();
    },
  },
  {
    name: 'redis-frozen',
    promise: PROMISE,
    fault: 'Redis frozen (SIGSTOP) for 20 s',
    seconds: 35,
    async strike({ cluster, recovers }) {
      await recovers();
      cluster.redis.signal('SIGSTOP');
      await wait(20_000);
      cluster.redis.signal('SIGCONT');
      await recovers();
    },
  },
  {
    name: 'redis-full',
    promise: PROMISE,
    fault: 'memory of Redis full (noeviction) for 10 s',
    seconds: 25,
    async strike({ cluster, recovers }) {
      await recovers();
      const client = cluster.redisClient();
      await client.config('SET', 'maxmemory-policy', 'noeviction');
      await client.config('SET', 'maxmemory', '1mb');
      await wait(10_000);
      await client.config('SET', 'maxmemory', '0');
      client.disconnect();
      await recovers();
    },
  },
  {
    name: 'redis-failover',
    promise: PROMISE,
    fault: 'Redis fails over: a replica takes its place, and it becomes the replica',
    seconds: 25,
    strike: failOver,
  },
  {
    name: 'script-flush',
    promise: 'scripts are sent again; each post is counted once',
    fault: 'SCRIPT FLUSH',
    seconds: 3,
    repeats: true,
    async strike({ cluster, repeats, between, recovers }) {
      const client = cluster.redisClient();
      for (let flush = 0; flush < repeats; flush += 1) {
        await wait(between(0, 1_000));
        await client.script('FLUSH');
        await recovers();
      }
      client.disconnect();
    },
  },
  {
    name: 'redis-emptied',
    promise: 'windows come back from Kafka',
    fault: 'FLUSHALL: Redis has lost everything',
    seconds: 40,
    async strike({ cluster, recovers }) {
      await recovers();
      await wait(5_000);
      const client = cluster.redisClient();
      await client.flushall();
      client.disconnect();
      await recovers();
    },
  },
];

async function failOver({ cluster, recovers, folder, afterwards }: Stage): Promise<void> {
  const [port = 0] = await freePorts(1);
  const home = join(folder, 'replica');
  mkdirSync(home);
  const first = cluster.redisProxy.target;
  const replicaOf = ['--replicaof', '127.0.0.1', `${first}`];
  const replica = new Service(
    ['redis-server', '--bind', '127.0.0.1', '--port', `${port}`, '--dir', home, ...replicaOf],
    join(home, 'log'),
  );
  replica.start();
  const before = cluster.redisClient();
  const after = new Redis(port, '127.0.0.1', { retryStrategy: () => 100 }).on('error', () => {});
  afterwards(async () => {
    cluster.redisProxy.target = first;
    await before.replicaof('NO', 'ONE');
    before.disconnect();
    after.disconnect();
    await replica.end('SIGKILL');
  });
  await until('the replica follows', async () =>
    (await after.info('replication')).includes('master_link_status:up'),
  );
  await recovers();
  // Connections that stand still lead to what is the replica from now on, and refuses to be written to.
  await after.replicaof('NO', 'ONE');
  cluster.redisProxy.target = port;
  await before.replicaof('127.0.0.1', port);
  await recovers();
}
