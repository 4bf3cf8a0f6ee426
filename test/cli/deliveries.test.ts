import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deliveriesOf } from '../../src/alerting/delivery/delivery.js';
import { openBullmqJobs } from '../../src/alerting/schedulers/bullmq.js';
import { receiver as receiverSchema } from '../../src/config/receivers.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { firing, resolved } from '../alerting/notices.js';
import { run } from '../support/cli.js';
import { redisUrl } from '../support/services.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A job in Redis may take its time on a busy machine. */
const SOON = { timeout: 15_000 };
const pager = { name: 'pager', kind: 'pagerduty', routingKey: 'hush' };
const ID = 'pager/acme/negative-surge/1772399700000/firing';

function configured(alerting: object, namespace = 'none'): string {
  const file = join(temporaryFolder(), 'config.yaml');
  writeFileSync(file, JSON.stringify({ alerting, redis: { url: redisUrl }, aggregation: { namespace } }));
  return file;
}

/** Two dead deliveries, and the commands about them. */
async function set() {
  const namespace = `test-${randomUUID().slice(0, 8)}`;
  const url = redisUrl ?? '';
  const dead: object[] = [];
  const jobs = await openBullmqJobs({
    url,
    namespace,
    connectTimeoutMs: 1_000,
    evaluateEveryMs: 60_000,
    deliveryAttempts: 1,
    deliveryBackoffMs: 1,
    receivers: [{ name: 'pager', perMinute: 1_000 }],
    logger: { ...silentLogger, error: (fields) => void dead.push(fields) },
  });
  let isDead = true;
  const attempts: string[] = [];
  onTestFinished(async () => {
    await jobs.close();
    const redis = new Redis(url);
    const keys = await redis.keys(`sf:{${namespace}:jobs}:*`);
    if (keys.length > 0) await redis.del(keys);
    redis.disconnect();
  });
  await jobs.start({
    evaluate: async () => {},
    async deliver({ idempotencyKey }) {
      attempts.push(idempotencyKey);
      return isDead
        ? { kind: 'refused', reason: 'it answered 400 bad\u001b[2J' }
        : { kind: 'delivered', answer: '202' };
    },
  });
  const receivers = [receiverSchema.parse(pager)];
  await jobs.enqueue([
    ...deliveriesOf(firing, 'firing', receivers),
    ...deliveriesOf(resolved, 'resolved', receivers),
  ]);
  await expect.poll(() => dead, SOON).toHaveLength(2);
  const file = configured({ receivers: [pager] }, namespace);
  const without = configured({ receivers: [] }, namespace);
  return {
    attempts,
    heal() {
      isDead = false;
    },
    deliveries: (...args: readonly string[]) => run(['deliveries', ...args, '--config', file]),
    withoutReceivers: (...args: readonly string[]) => run(['deliveries', ...args, '--config', without]),
  };
}

describe.skipIf(redisUrl === undefined)('deliveries', () => {
  it('are listed with what the receiver answered, without what would steer the terminal', async () => {
    const { deliveries } = await set();
    const { status, stdout } = await deliveries('list');
    expect(status).toBe(0);
    const [titles, ...rows] = stdout.trim().split('\n');
    expect(titles).toMatch(/^handed over +receiver +event +brand +rule +attempts +answer +delivery$/);
    expect(rows).toHaveLength(2);
    expect(rows[0]?.split(/ {2,}/).slice(1)).toEqual([
      'pager',
      'firing',
      'acme',
      'negative-surge',
      '1',
      'it answered 400 bad\ufffd[2J',
      ID,
    ]);
    const { stdout: lines } = await deliveries('list', '--alert', firing.id, '--limit', '1', '--json');
    expect(JSON.parse(lines)).toMatchObject({ id: ID, state: 'dead', delivery: { event: 'firing' } });
    expect((await deliveries('list', '--state', 'delivered')).stderr).toBe('no delivery is delivered\n');
    expect((await deliveries('list', '--receiver', 'pgaer')).stderr).toBe(
      'no delivery is dead; no receiver is named "pgaer"\n',
    );
  }, 120_000);

  it('are shown with what the receiver is told', async () => {
    const { deliveries } = await set();
    const { stdout } = await deliveries('show', ID);
    expect(stdout).toMatch(/^state +dead$/m);
    expect(stdout).toMatch(/^idempotency key +acme:negative-surge:1772399700000:firing$/m);
    expect(stdout).toContain('\n\nacme: 24 negative posts where 2 were expected (negative-surge)\n');
    expect(stdout).toContain('\n  Negative share: 80%, before 20%\n');
    expect(await deliveries('show', 'pager/none')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^SF_USAGE .*pager\/none/),
    });
  }, 120_000);

  it('are made again under the keys that they had', async () => {
    const { deliveries, attempts, heal } = await set();
    expect((await deliveries('resend', '--dry-run')).stdout).toBe('would have 2 deliveries made again\n');
    expect(attempts).toHaveLength(2);
    heal();
    expect((await deliveries('resend', ID)).stdout).toBe('1 delivery handed to the alert role again\n');
    await expect.poll(() => attempts[2], SOON).toBe(`${firing.id}:firing`);
    await deliveries('resend', '--receiver', 'pager');
    await expect.poll(() => attempts[3], SOON).toBe(`${resolved.id}:resolved`);
    expect((await deliveries('resend')).stdout).toBe('0 deliveries handed to the alert role again\n');
  }, 120_000);

  it('stay where nobody is configured to receive them', async () => {
    const { withoutReceivers } = await set();
    expect(await withoutReceivers('resend')).toMatchObject({
      stdout: '0 deliveries handed to the alert role again\n',
      stderr: '2 left out: no receiver of that name is configured\n',
    });
  }, 120_000);
});

describe('deliveries in memory', () => {
  it.each([['list'], ['show', ID], ['resend']])('cannot be seen from outside: %s', async (...args) => {
    const file = configured({ scheduler: 'memory' });
    expect(await run(['deliveries', ...args, '--config', file])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^SF_USAGE alerting\.scheduler is memory: it keeps no deliveries\./),
    });
  });
});
