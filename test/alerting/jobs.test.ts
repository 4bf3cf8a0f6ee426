import { randomUUID } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Delivery, DeliveryOutcome } from '../../src/alerting/delivery/delivery.js';
import { openBullmqJobs } from '../../src/alerting/schedulers/bullmq.js';
import { createMemoryJobs } from '../../src/alerting/schedulers/memory.js';
import type { JobOptions, Jobs } from '../../src/alerting/schedulers/port.js';
import { type Logger, silentLogger } from '../../src/contracts/logger.js';
import { canStartRedis, ownRedis } from '../support/own-redis.js';
import { redisUrl } from '../support/services.js';
import { alertOf } from './alerts.js';

const delivery = (name: string, receiver = 'ops'): Delivery => ({
  idempotencyKey: `acme:${name}:1772400000000:firing`,
  receiver,
  event: 'firing',
  alert: alertOf({ id: `acme:${name}:1772400000000` }),
});
const resolution = (name: string): Delivery => ({
  ...delivery(name),
  idempotencyKey: `acme:${name}:1772400000000:resolved`,
  event: 'resolved',
});
const receivers = [
  { name: 'ops', perMinute: 1_000 },
  { name: 'slow', perMinute: 2 },
];
const delivered: DeliveryOutcome = { kind: 'delivered', answer: '200 ok' };

/** Collects what happens, and resolves once that many have. */
function collector<Item>() {
  const items: Item[] = [];
  const waiting: (() => void)[] = [];
  return {
    items,
    add(item: Item) {
      items.push(item);
      for (const check of waiting) check();
    },
    reached: (count: number) =>
      new Promise<readonly Item[]>((resolve) => {
        const check = () => items.length >= count && resolve([...items]);
        waiting.push(check);
        check();
      }),
  };
}

/** A way to Redis that can be cut. */
async function proxyTo({ hostname, port }: URL): Promise<{ address: string; cut(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has an address with a port.
  const { port: own } = server.address() as AddressInfo;
  return {
    address: `redis://127.0.0.1:${own}`,
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function behavesAsJobs(open: (options: JobOptions) => Promise<Jobs>): void {
  const opened: Jobs[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
  });

  async function setUp(outcomes: readonly DeliveryOutcome[] = [], given: Partial<JobOptions> = {}) {
    const errors = collector<object>();
    const logger: Logger = { ...silentLogger, error: (fields) => errors.add(fields) };
    const jobs = await open({
      evaluateEveryMs: 20,
      deliveryAttempts: 3,
      deliveryBackoffMs: 5,
      receivers,
      logger,
      ...given,
    });
    opened.push(jobs);
    const attempts = collector<string>();
    const deliver = async ({ idempotencyKey }: Delivery): Promise<DeliveryOutcome> => {
      const outcome = outcomes[attempts.items.length] ?? delivered;
      attempts.add(idempotencyKey);
      return outcome;
    };
    return { jobs, attempts, errors, deliver, idle: async () => {} };
  }
  const again: DeliveryOutcome = { kind: 'retry', reason: 'it answered 500' };

  it('evaluates again and again, also after a failure', async () => {
    const { jobs, errors, deliver } = await setUp();
    const evaluations = collector<number>();
    const evaluate = async () => {
      evaluations.add(evaluations.items.length);
      if (evaluations.items.length === 2) throw new Error('windows cannot be read');
    };
    await jobs.start({ evaluate, deliver });
    await evaluations.reached(4);
    expect(await errors.reached(1)).toMatchObject([{ err: { message: 'windows cannot be read' } }]);
  });

  it('never evaluates twice at once', async () => {
    const { jobs, deliver } = await setUp([], { evaluateEveryMs: 5 });
    const overlaps = collector<boolean>();
    let running = 0;
    const evaluate = async () => {
      running += 1;
      await new Promise((resolve) => setTimeout(resolve, 15));
      overlaps.add(running > 1);
      running -= 1;
    };
    await jobs.start({ evaluate, deliver });
    expect(await overlaps.reached(4)).not.toContain(true);
  });

  it('delivers what it was given before and after the start', async () => {
    const { jobs, attempts, deliver, idle } = await setUp();
    await jobs.enqueue([delivery('before')]);
    await jobs.start({ evaluate: idle, deliver });
    await jobs.enqueue([delivery('after'), delivery('after-too')]);
    const keys = await attempts.reached(3);
    expect(new Set(keys)).toEqual(
      new Set(['before', 'after', 'after-too'].map((name) => delivery(name).idempotencyKey)),
    );
  });

  it('tries again until the delivery arrives', async () => {
    const { jobs, attempts, errors, deliver, idle } = await setUp([again, again]);
    await jobs.start({ evaluate: idle, deliver });
    await jobs.enqueue([delivery('shaky')]);
    await attempts.reached(3);
    await jobs.close();
    expect(attempts.items).toHaveLength(3);
    expect(errors.items).toEqual([]);
  });

  it('gives up after the last attempt and says so once', async () => {
    const { jobs, attempts, errors, deliver, idle } = await setUp([again, again, again, again]);
    await jobs.start({ evaluate: idle, deliver });
    await jobs.enqueue([delivery('dead')]);
    const [logged] = await errors.reached(1);
    expect(logged).toEqual({
      code: 'SF_DELIVERY_FAILED',
      delivery: 'ops/acme/dead/1772400000000/firing',
      reason: 'it answered 500',
    });
    expect(attempts.items).toHaveLength(3);
    expect(errors.items).toHaveLength(1);
  });

  it('tries again when an attempt throws', async () => {
    const { jobs, idle } = await setUp();
    const attempts = collector<string>();
    const deliver = async ({ idempotencyKey }: Delivery): Promise<DeliveryOutcome> => {
      attempts.add(idempotencyKey);
      if (attempts.items.length === 1) throw new Error('out of sockets');
      return delivered;
    };
    await jobs.start({ evaluate: idle, deliver });
    await jobs.enqueue([delivery('thrown')]);
    await attempts.reached(2);
  });

  it('does not try again what was refused', async () => {
    const { jobs, attempts, errors, deliver, idle } = await setUp([{ kind: 'refused', reason: 'gone' }]);
    await jobs.start({ evaluate: idle, deliver });
    await jobs.enqueue([delivery('refused')]);
    expect(await errors.reached(1)).toMatchObject([{ code: 'SF_DELIVERY_FAILED', reason: 'gone' }]);
    await jobs.enqueue([delivery('next')]);
    expect(await attempts.reached(2)).toEqual([
      'acme:refused:1772400000000:firing',
      'acme:next:1772400000000:firing',
    ]);
  });

  it('makes a delivery once, however often it is handed over', async () => {
    const { jobs, attempts, deliver, idle } = await setUp();
    await jobs.enqueue([delivery('same'), delivery('same')]);
    await jobs.start({ evaluate: idle, deliver });
    await attempts.reached(1);
    await jobs.enqueue([delivery('same')]);
    await jobs.enqueue([delivery('last')]);
    expect(await attempts.reached(2)).toEqual([
      'acme:same:1772400000000:firing',
      'acme:last:1772400000000:firing',
    ]);
  });

  it('does not try again what is told otherwise by then', async () => {
    const { jobs, attempts, deliver, idle } = await setUp([{ kind: 'superseded' }]);
    await jobs.start({ evaluate: idle, deliver });
    await jobs.enqueue([delivery('over')]);
    await attempts.reached(1);
    await jobs.enqueue([delivery('next')]);
    expect(await attempts.reached(2)).toEqual([
      'acme:over:1772400000000:firing',
      'acme:next:1772400000000:firing',
    ]);
  });

  it('tells that an alert is resolved only after it has told that it fires', async () => {
    const { jobs, attempts, deliver, idle } = await setUp([again, again]);
    await jobs.start({ evaluate: idle, deliver });
    await jobs.enqueue([delivery('shaky')]);
    await jobs.enqueue([resolution('shaky')]);
    expect(await attempts.reached(4)).toEqual([
      'acme:shaky:1772400000000:firing',
      'acme:shaky:1772400000000:firing',
      'acme:shaky:1772400000000:firing',
      'acme:shaky:1772400000000:resolved',
    ]);
  });

  it('tells that an alert is resolved where it came to nothing to tell that it fires', async () => {
    const { jobs, attempts, deliver, idle } = await setUp([{ kind: 'refused', reason: 'gone' }]);
    await jobs.start({ evaluate: idle, deliver });
    await jobs.enqueue([delivery('refused'), resolution('refused')]);
    expect(await attempts.reached(2)).toEqual([
      'acme:refused:1772400000000:firing',
      'acme:refused:1772400000000:resolved',
    ]);
  });

  it('lets a receiver that has had its share wait, and no other', async () => {
    const { jobs, attempts, deliver, idle } = await setUp();
    await jobs.start({ evaluate: idle, deliver });
    await jobs.enqueue(['1', '2', '3'].map((name) => delivery(name, 'slow')));
    await attempts.reached(2);
    await jobs.enqueue([delivery('other')]);
    expect((await attempts.reached(3)).at(-1)).toBe('acme:other:1772400000000:firing');
  });

  it('comes back to a receiver that said when only then', async () => {
    const { jobs, attempts, deliver, idle } = await setUp([{ ...again, afterMs: 3_600_000 }]);
    await jobs.start({ evaluate: idle, deliver });
    await jobs.enqueue([delivery('later')]);
    await attempts.reached(1);
    await jobs.enqueue([delivery('next'), delivery('last')]);
    expect(new Set(await attempts.reached(3))).toEqual(
      new Set(['later', 'next', 'last'].map((name) => `acme:${name}:1772400000000:firing`)),
    );
  });

  it('can be closed twice', async () => {
    const { jobs, deliver, idle } = await setUp();
    await jobs.start({ evaluate: idle, deliver });
    await jobs.close();
    await jobs.close();
  });

  it('takes nothing over where there is nothing', async () => {
    const { jobs } = await setUp();
    await jobs.enqueue([]);
  });

  it('finishes what has begun when it is closed', async () => {
    const { jobs, deliver } = await setUp();
    const begun = collector<true>();
    let finished = false;
    const evaluate = async () => {
      begun.add(true);
      await new Promise((resolve) => setTimeout(resolve, 50));
      finished = true;
    };
    await jobs.start({ evaluate, deliver });
    await begun.reached(1);
    await jobs.close();
    expect(finished).toBe(true);
  });
}

describe('the jobs in memory', () => behavesAsJobs(async (options) => createMemoryJobs(options)));

describe.skipIf(redisUrl === undefined)('the jobs in BullMQ', () => {
  const url = redisUrl ?? '';
  const namespaces: string[] = [];
  const redis = new Redis(url, { lazyConnect: true });
  const freshNamespace = () => {
    const namespace = `test-${randomUUID().slice(0, 8)}`;
    namespaces.push(namespace);
    return namespace;
  };
  const open = (options: JobOptions, namespace = freshNamespace()) =>
    openBullmqJobs({ ...options, url, connectTimeoutMs: 1_000, namespace });

  afterAll(async () => {
    for (const namespace of namespaces) {
      const keys = await redis.keys(`sf:{${namespace}:jobs}:*`);
      if (keys.length > 0) await redis.del(keys);
    }
    redis.disconnect();
  });

  behavesAsJobs(open);

  const options: JobOptions = {
    evaluateEveryMs: 20,
    deliveryAttempts: 3,
    deliveryBackoffMs: 5,
    receivers,
    logger: silentLogger,
  };

  it('lets another process deliver what one took over and did not finish', async () => {
    const namespace = freshNamespace();
    const first = await open(options, namespace);
    await first.enqueue([delivery('handed-on')]);
    await first.close();
    const second = await open(options, namespace);
    const attempts = collector<string>();
    await second.start({
      evaluate: async () => {},
      deliver: async ({ idempotencyKey }) => {
        attempts.add(idempotencyKey);
        return delivered;
      },
    });
    expect(await attempts.reached(1)).toEqual(['acme:handed-on:1772400000000:firing']);
    await second.close();
  });

  it('goes on evaluating when one of two processes leaves', async () => {
    const namespace = freshNamespace();
    const [staying, leaving] = await Promise.all([open(options, namespace), open(options, namespace)]);
    const evaluations = collector<string>();
    const deliver = async (): Promise<DeliveryOutcome> => delivered;
    await leaving.start({ evaluate: async () => evaluations.add('leaving'), deliver });
    await staying.start({ evaluate: async () => evaluations.add('staying'), deliver });
    await evaluations.reached(3);
    await leaving.close();
    const before = evaluations.items.length;
    const after = (await evaluations.reached(before + 3)).slice(before);
    expect(new Set(after)).toEqual(new Set(['staying']));
    await staying.close();
  });

  it('says where Redis cannot be reached', async () => {
    const nowhere = { ...options, url: 'redis://127.0.0.1:1', connectTimeoutMs: 500, namespace: 'test' };
    await expect(openBullmqJobs(nowhere)).rejects.toMatchObject({ code: 'SF_STORE_UNREACHABLE' });
  });

  it('can be closed while Redis is away', async () => {
    const { address, cut } = await proxyTo(new URL(url));
    const jobs = await openBullmqJobs({
      ...options,
      url: address,
      connectTimeoutMs: 1_000,
      namespace: freshNamespace(),
    });
    const evaluations = collector<true>();
    const deliver = async (): Promise<DeliveryOutcome> => delivered;
    await jobs.start({ evaluate: async () => evaluations.add(true), deliver });
    await evaluations.reached(1);
    await cut();
    await expect(jobs.enqueue([delivery('lost')])).rejects.toMatchObject({ code: 'SF_STORE_UNREACHABLE' });
    await jobs.close();
  });

  it('does not attempt a job that is no delivery', async () => {
    const namespace = freshNamespace();
    const failures = collector<object>();
    const jobs = await open(
      { ...options, logger: { ...silentLogger, error: (fields) => failures.add(fields) } },
      namespace,
    );
    const connection = redis.duplicate({ maxRetriesPerRequest: null });
    const queue = new Queue('alert-delivery-ops', { connection, prefix: `sf:{${namespace}:jobs}` });
    await queue.add('planted', { alert: 'no alert' });
    const attempts = collector<string>();
    await jobs.start({
      evaluate: async () => {},
      deliver: async ({ idempotencyKey }) => {
        attempts.add(idempotencyKey);
        return delivered;
      },
    });
    await jobs.enqueue([delivery('good')]);
    expect(await attempts.reached(1)).toEqual(['acme:good:1772400000000:firing']);
    expect(await failures.reached(1)).toMatchObject([{ code: 'SF_DELIVERY_FAILED' }]);
    await queue.close();
    connection.disconnect();
    await jobs.close();
  });
});

describe.skipIf(!canStartRedis)('jobs in a Redis that is emptied', () => {
  it('go on evaluating, and deliver what comes after', async () => {
    const redis = await ownRedis();
    const jobs = await openBullmqJobs({
      url: redis.url,
      connectTimeoutMs: 1_000,
      namespace: 'emptied',
      evaluateEveryMs: 50,
      deliveryAttempts: 3,
      deliveryBackoffMs: 5,
      receivers,
      logger: silentLogger,
    });
    onTestFinished(() => jobs.close());
    const evaluations = collector<number>();
    const attempts = collector<string>();
    await jobs.start({
      evaluate: async () => evaluations.add(evaluations.items.length),
      deliver: async ({ idempotencyKey }) => {
        attempts.add(idempotencyKey);
        return delivered;
      },
    });
    await evaluations.reached(2);
    await redis.client().flushall();
    const before = evaluations.items.length;
    await evaluations.reached(before + 5);
    await jobs.enqueue([delivery('after')]);
    expect(await attempts.reached(1)).toEqual([delivery('after').idempotencyKey]);
  });
});
