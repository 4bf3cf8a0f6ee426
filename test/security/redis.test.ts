import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAggregator } from '../../src/aggregation/aggregator.js';
import { closeWindows } from '../../src/aggregation/close-windows.js';
import { openWindowStore } from '../../src/aggregation/open-store.js';
import { openAlertStore, openDeliveryBook, openJobs } from '../../src/alerting/open.js';
import { createLogger } from '../../src/cli/logger.js';
import { type Config, configSchema } from '../../src/config/schema.js';
import { SentifluxError } from '../../src/contracts/errors.js';
import { ALL_BRANDS, epochMillis } from '../../src/contracts/ids.js';
import { type Logger, silentLogger } from '../../src/contracts/logger.js';
import { redisLogin } from '../../src/contracts/redis-address.js';
import { batchOf, NOON, scored } from '../aggregation/posts.js';
import { manualClock } from '../aggregation/stores.js';
import { alertOf } from '../alerting/alerts.js';
import { canStartRedis, ownRedis } from '../support/own-redis.js';
import { REDIS_USER, type SecureRedis, secureRedis } from '../support/secure-redis.js';

const clock = manualClock(NOON);

function configOf(redis: object): Config {
  const receivers = [{ name: 'ops', kind: 'slack', url: 'https://hooks.example/planted' }];
  return configSchema.parse({ redis, alerting: { receivers, evaluateEveryMs: 50 } });
}

async function storeOf(config: Config, logger: Logger = silentLogger) {
  const store = await openWindowStore({ config, partitionCount: 1, clock, logger });
  onTestFinished(() => store.close());
  return store;
}

const alertingOf = ({ alerting, redis }: Config, logger: Logger = silentLogger) => ({
  alerting,
  redis,
  namespace: 'live',
  logger,
});

describe.skipIf(!canStartRedis)('a Redis that demands TLS, a certificate and a user', () => {
  it('keeps windows', async () => {
    const { url, tls } = await secureRedis();
    const store = await storeOf(configOf({ url, tls, ...REDIS_USER }));
    const { aggregation } = configSchema.parse({});
    const aggregator = createAggregator({ store, config: aggregation, clock, logger: silentLogger });
    await aggregator.aggregate(batchOf([scored(0, { id: 'a' }), scored(1, { id: 'b', at: 20_000 })]));
    const closed = await closeWindows({ store, config: aggregation, clock, publish: async () => {} });
    expect(closed).toMatchObject({ kind: 'closed' });
    const [from, to] = [epochMillis(NOON), epochMillis(NOON + 10_000)];
    const query = { brand: ALL_BRANDS, tier: '10s' as const, from, to };
    expect(await store.windows(query)).toMatchObject([{ posts: 1 }]);
  });

  it('keeps alerts, and jobs that evaluate and deliver', async () => {
    const { url, tls } = await secureRedis();
    const { username, password } = REDIS_USER;
    const withUser = url.replace('//', `//${username}:${encodeURIComponent(password)}@`);
    const options = alertingOf(configOf({ url: withUser, tls }));
    const alerts = await openAlertStore(options);
    onTestFinished(() => alerts.close());
    const alert = alertOf();
    await alerts.restore({ alerts: [alert], states: [], silences: [] });
    expect(await alerts.get(alert.id)).toEqual(alert);

    const jobs = await openJobs(options);
    onTestFinished(() => jobs.close());
    const delivered = new Promise((resolve) => {
      void jobs.start({
        evaluate: async () => {
          await jobs.enqueue([{ idempotencyKey: 'one', receiver: 'ops', event: 'firing', alert }]);
        },
        async deliver({ idempotencyKey }) {
          resolve(idempotencyKey);
          return { kind: 'delivered', answer: '200 ok' };
        },
      });
    });
    expect(await delivered).toBe('one');
    const book = await openDeliveryBook(options);
    onTestFinished(async () => book?.close());
    await expect.poll(() => book?.list('delivered', {})).toMatchObject([{ answer: '200 ok' }]);
  });

  it('lets the user of the documents touch no other key, and nothing of the server', async () => {
    const { url, tls } = await secureRedis();
    const client = new Redis(url, redisLogin(configOf({ url, tls, ...REDIS_USER }).redis));
    onTestFinished(() => client.disconnect());
    await expect(client.get('other')).rejects.toThrow('NOPERM');
    for (const [command, ...args] of [
      ['flushall'],
      ['config', 'get', '*'],
      ['acl', 'list'],
      ['keys', '*'],
      ['shutdown'],
    ]) {
      await expect(client.call(command ?? '', ...args)).rejects.toThrow('NOPERM');
    }
  });

  it.each<[string, (redis: SecureRedis) => object, RegExp]>([
    [
      'a wrong password',
      ({ url, tls }) => ({ url, tls, ...REDIS_USER, password: 'planted-wrong' }),
      /^SF_STORE_REFUSED .* refuses the worker: WRONGPASS .*\. Check redis\.username and redis\.password/,
    ],
    [
      'a wrong password in the address',
      ({ url, tls }) => ({ url: url.replace('//', '//sentiflux:planted-wrong@'), tls }),
      /^SF_STORE_REFUSED .* refuses the worker: WRONGPASS .*\. Check redis\.username and redis\.password/,
    ],
    [
      'no user',
      ({ url, tls }) => ({ url, tls }),
      /^SF_STORE_REFUSED .* refuses the worker: NOAUTH .*\. Check redis\.username and redis\.password/,
    ],
    [
      'an authority that Node does not know',
      ({ url, tls: { cert, key } }) => ({ url, tls: { cert, key }, ...REDIS_USER }),
      /^SF_STORE_REFUSED .*self-signed certificate in certificate chain\. Set redis\.tls\.ca/,
    ],
    [
      'a certificate of another name',
      ({ url, tls }) => ({ url, tls: { ...tls, servername: 'other.example' }, ...REDIS_USER }),
      /^SF_STORE_REFUSED .*does not match certificate's altnames.* set redis\.tls\.servername/,
    ],
    [
      'no certificate of its own',
      ({ url, tls: { ca } }) => ({ url, tls: { ca }, ...REDIS_USER }),
      // Which of the two depends on whether Redis closes the connection before its reason is read.
      /^SF_STORE_(REFUSED .*set redis\.tls\.cert and redis\.tls\.key|UNREACHABLE .*which TLS it wants)/,
    ],
    [
      'no TLS',
      ({ url }) => ({ url: url.replace('rediss', 'redis'), ...REDIS_USER }),
      /^SF_STORE_UNREACHABLE .*which TLS it wants \(redis:\/\/ or rediss:\/\//,
    ],
  ])('ends the start with one line that shows no secret: %s', async (_, section, line) => {
    const config = configOf(section(await secureRedis()));
    const { logger, logged } = listening();
    for (const open of [
      () => openWindowStore({ config, partitionCount: 1, clock, logger }),
      () => openAlertStore(alertingOf(config, logger)),
      () => openJobs(alertingOf(config, logger)),
      () => openDeliveryBook(alertingOf(config, logger)),
    ]) {
      expect(await lineOf(open())).toMatch(line);
    }
    expect(logged.join('')).not.toContain('planted');
  });

  it('ends the start where its certificate has expired', async () => {
    const { url, tls } = await secureRedis({ expired: true });
    const opening = openAlertStore(alertingOf(configOf({ url, tls, ...REDIS_USER })));
    expect(await lineOf(opening)).toMatch(
      /^SF_STORE_REFUSED .*certificate has expired\. Renew the server's certificate/,
    );
  });
});

describe.skipIf(!canStartRedis)('a Redis without TLS', () => {
  it('ends the start of a worker that demands it', async () => {
    const { port } = await ownRedis();
    const opening = openAlertStore(
      alertingOf(configOf({ url: `rediss://127.0.0.1:${port}`, connectTimeoutMs: 500 })),
    );
    // It waits for the rest of what it takes for a command.
    expect(await lineOf(opening)).toMatch(
      /^SF_STORE_UNREACHABLE .*which TLS it wants \(redis:\/\/ or rediss:\/\//,
    );
  });
});

/** The line that a command prints of what was thrown; empty where nothing was. */
async function lineOf(opening: Promise<unknown>): Promise<string> {
  try {
    await opening;
    return '';
  } catch (error) {
    return error instanceof SentifluxError ? error.toLine() : String(error);
  }
}

/** The program's own logger, with what it wrote. */
function listening() {
  const logged: string[] = [];
  return { logged, logger: createLogger('debug', { write: (line) => void logged.push(line) }) };
}
