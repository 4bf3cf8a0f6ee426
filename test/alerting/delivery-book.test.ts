import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type AlertEvent,
  type Delivery,
  type DeliveryOutcome,
  idempotencyKey,
} from '../../src/alerting/delivery/delivery.js';
import { openBullmqJobs } from '../../src/alerting/schedulers/bullmq.js';
import { openBullmqDeliveryBook } from '../../src/alerting/schedulers/bullmq-delivery-book.js';
import type { Alert } from '../../src/contracts/alert.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { redisUrl } from '../support/services.js';
import { alertOf } from './alerts.js';
import { firing, resolved } from './notices.js';

/** A job in Redis may take its time on a busy machine. */
const SOON = { timeout: 15_000 };

const deliveryOf = (receiver: string, alert: Alert, event: AlertEvent): Delivery => ({
  idempotencyKey: idempotencyKey(alert.id, event),
  receiver,
  event,
  alert,
});
const surge = deliveryOf('pager', firing, 'firing');
const over = deliveryOf('chat', resolved, 'resolved');
const other = deliveryOf('pager', alertOf({ rule: 'volume' }), 'firing');
const ID = 'pager/acme/negative-surge/1772399700000/firing';

/** Jobs of two receivers whose deliveries come to what a test says, and the book about them. */
async function set(outcomeOf: (delivery: Delivery, attempt: number) => DeliveryOutcome) {
  const url = redisUrl ?? '';
  const namespace = `test-${randomUUID().slice(0, 8)}`;
  const place = { url, namespace, connectTimeoutMs: 1_000, logger: silentLogger };
  const jobs = await openBullmqJobs({
    ...place,
    evaluateEveryMs: 60_000,
    deliveryAttempts: 2,
    deliveryBackoffMs: 1,
    receivers: ['pager', 'chat'].map((name) => ({ name, perMinute: 1_000 })),
  });
  const book = await openBullmqDeliveryBook(place);
  const redis = new Redis(url);
  onTestFinished(async () => {
    await jobs.close();
    await book.close();
    const keys = await redis.keys(`sf:{${namespace}:jobs}:*`);
    if (keys.length > 0) await redis.del(keys);
    redis.disconnect();
  });
  const attempts: Delivery[] = [];
  await jobs.start({
    evaluate: async () => {},
    async deliver(delivery) {
      attempts.push(delivery);
      return outcomeOf(
        delivery,
        attempts.filter((one) => one.idempotencyKey === delivery.idempotencyKey).length,
      );
    },
  });
  return { jobs, book, attempts, redis, prefix: `sf:{${namespace}:jobs}` };
}

describe.skipIf(redisUrl === undefined)('the deliveries in Redis', () => {
  it('are listed by what became of them, with what the receiver said', async () => {
    const { jobs, book } = await set(({ receiver }) =>
      receiver === 'pager'
        ? { kind: 'refused', reason: 'it answered 400 invalid key' }
        : { kind: 'delivered', answer: '200 ok' },
    );
    await jobs.enqueue([surge, over]);
    await expect
      .poll(() => book.list('dead', {}), SOON)
      .toMatchObject([
        {
          id: ID,
          receiver: 'pager',
          state: 'dead',
          delivery: surge,
          attempts: 1,
          answer: 'it answered 400 invalid key',
        },
      ]);
    await expect
      .poll(() => book.list('delivered', {}), SOON)
      .toMatchObject([{ receiver: 'chat', delivery: over, answer: '200 ok' }]);
    expect(await book.list('waiting', {})).toEqual([]);
  });

  it('are dead after the last attempt, and made again with the same key and all attempts', async () => {
    const { jobs, book, attempts } = await set((_, attempt) =>
      attempt < 4 ? { kind: 'retry', reason: 'it answered 500' } : { kind: 'delivered', answer: '202' },
    );
    await jobs.enqueue([surge]);
    await expect.poll(() => book.get(ID), SOON).toMatchObject({ state: 'dead', attempts: 2 });
    expect(await book.resend({ id: ID, receiver: 'pager' })).toBe(true);
    await expect.poll(() => book.get(ID), SOON).toMatchObject({ state: 'delivered', answer: '202' });
    expect(attempts.map(({ idempotencyKey: key }) => key)).toEqual(Array(4).fill(surge.idempotencyKey));
    expect(await book.resend({ id: ID, receiver: 'pager' })).toBe(false);
    expect(await book.resend({ id: 'pager/none', receiver: 'pager' })).toBe(false);
  });

  it('can be filtered by receiver and alert', async () => {
    const { jobs, book } = await set(() => ({ kind: 'refused', reason: 'it answered 400' }));
    await jobs.enqueue([surge, other, over]);
    const dead = async (filter: object) =>
      (await book.list('dead', filter)).map(({ delivery }) => delivery?.idempotencyKey);
    await expect.poll(() => dead({}), SOON).toHaveLength(3);
    expect(await dead({ receiver: 'chat' })).toEqual([over.idempotencyKey]);
    expect(new Set(await dead({ alert: firing.id }))).toEqual(
      new Set([surge.idempotencyKey, over.idempotencyKey]),
    );
    expect(await dead({ receiver: 'chat', alert: other.alert.id })).toEqual([]);
  });

  it('are shown also where the receiver is configured no more, or the job is no delivery', async () => {
    const { book, redis, prefix } = await set(() => ({ kind: 'delivered', answer: '' }));
    const queue = new Queue('alert-delivery-gone', { connection: redis.duplicate(), prefix });
    onTestFinished(() => queue.close());
    await queue.add('planted', { alert: 'no alert' });
    const [record] = await book.list('waiting', {});
    expect(record).toMatchObject({ receiver: 'gone', state: 'waiting' });
    expect(record).not.toHaveProperty('delivery');
  });

  it('do not hold what is not there', async () => {
    const { book } = await set(() => ({ kind: 'delivered', answer: '' }));
    expect(await book.get('pager/none')).toBeUndefined();
    expect(await book.get('')).toBeUndefined();
  });

  it('say where Redis cannot be reached', async () => {
    const nowhere = {
      url: 'redis://127.0.0.1:1',
      namespace: 'test',
      connectTimeoutMs: 500,
      logger: silentLogger,
    };
    await expect(openBullmqDeliveryBook(nowhere)).rejects.toMatchObject({ code: 'SF_STORE_UNREACHABLE' });
  });
});
