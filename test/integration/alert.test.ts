import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { alertSchema } from '../../src/contracts/alert.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { collect } from './collect.js';
import { deploy } from './deployment.js';

const SECRET = 'a long random text';
const WINDOW = 10_000;
const QUIET_WINDOWS = 60;
const SURGE_WINDOWS = 3;
const QUIET_AFTER = 12;

const PRAISE = [
  'I love the new Acme phone, it is wonderful',
  '艾克美的手机太好用了，强烈推荐',
  'Acme made my day, great service',
];
const COMPLAINTS = [
  'Acme is terrible, I hate it, worst phone ever',
  '艾克美太差了，再也不买了，垃圾',
  'My Acme broke again, this is awful and I want my money back',
  'So angry at Acme, horrible customer service',
];

interface Received {
  readonly event: string;
  readonly key: string;
  readonly alert: unknown;
  readonly isSigned: boolean;
}

/** A receiver that fails the first attempt of everything, as receivers do. */
async function startReceiver(): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const attempted = new Set<string>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const key = String(request.headers['idempotency-key']);
      if (!attempted.has(key)) {
        attempted.add(key);
        response.writeHead(503).end();
        return;
      }
      const [, time = '', signature = ''] =
        /^t=(\d+),v1=(\w+)$/.exec(String(request.headers['x-sentiflux-signature'])) ?? [];
      const isSigned = createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex') === signature;
      const { event, alert }: { event: string; alert: unknown } = JSON.parse(body);
      received.push({ event, key, alert, isSigned });
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return { url: `http://127.0.0.1:${port}/hook`, received };
}

describe.skipIf(kafkaBrokers === undefined || redisUrl === undefined)(
  'a surge of negative posts on Kafka',
  () => {
    it('comes out as one alert at the webhook, signed and tried again, and ends as resolved', async () => {
      const { url, received } = await startReceiver();
      const folder = temporaryFolder();
      const brands = join(folder, 'brands.yaml');
      writeFileSync(brands, 'brands: [{ id: acme, name: Acme, keywords: [acme, 艾克美] }]');
      const rule = {
        name: 'negative-surge',
        tier: '10s',
        lagMs: 30_000,
        minHistoryMs: 240_000,
        keepFiringMs: 10_000,
        minPosts: 5,
        // The complaints of this test are few sentences over and over.
        deduplicate: false,
      };
      const receivers = [{ name: 'hook', kind: 'webhook', url, secret: SECRET, allowPrivate: true }];
      const deployment = await deploy({
        alerting: { evaluateEveryMs: 200, deliveryBackoffMs: 50, rules: [rule], receivers },
      });
      const { streams, config } = deployment;

      // Ten quiet minutes, half a minute of complaints, two quiet minutes.
      const windows = QUIET_WINDOWS + SURGE_WINDOWS + QUIET_AFTER;
      const from = Math.floor(Date.now() / WINDOW - windows - 30) * WINDOW;
      const posts = Array.from({ length: windows }, (_, w) => {
        const isSurge = w >= QUIET_WINDOWS && w < QUIET_WINDOWS + SURGE_WINDOWS;
        return Array.from({ length: isSurge ? 25 : 2 }, (_, i) => {
          const texts = isSurge ? COMPLAINTS : PRAISE;
          const text = `${texts[(w + i) % texts.length]} (${w}/${i})`;
          return { id: `${w}-${i}`, text, createdAt: from + w * WINDOW + i * 100 };
        });
      }).flat();
      const producer = await streams.producer();
      await producer.send(
        posts.map((post) => ({
          topic: config.topics.posts,
          key: Buffer.from(post.id),
          value: Buffer.from(JSON.stringify(post)),
        })),
      );

      const worker = await deployment.startWorker({ SENTIFLUX_BRANDS: brands });
      while (received.length < 2) await new Promise((resolve) => setTimeout(resolve, 100));

      expect(received.map(({ event }) => event)).toEqual(['alert.firing', 'alert.resolved']);
      expect(received.every(({ isSigned }) => isSigned)).toBe(true);
      const alert = alertSchema.parse(received[0]?.alert);
      expect(alert).toMatchObject({ brand: 'acme', rule: 'negative-surge', state: 'firing' });
      expect(alert.firedAt).toBeGreaterThan(from + QUIET_WINDOWS * WINDOW);
      expect(alert.firedAt).toBeLessThanOrEqual(from + (QUIET_WINDOWS + SURGE_WINDOWS) * WINDOW);
      expect(alert.evidence.negativeShare).toBeGreaterThan(0.8);

      expect(await worker.get('/v1/alerts?brand=acme')).toMatchObject({
        alerts: [{ id: alert.id, state: 'resolved' }],
      });
      const acknowledged = await fetch(
        `${worker.address}/v1/alerts/${encodeURIComponent(alert.id)}/acknowledge`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"by":"ops"}',
        },
      );
      expect(acknowledged.status).toBe(200);
      while (received.length < 3) await new Promise((resolve) => setTimeout(resolve, 100));
      expect(received[2]).toMatchObject({
        event: 'alert.acknowledged',
        alert: { id: alert.id, acknowledgement: { by: 'ops' } },
        isSigned: true,
      });
      const states = (await collect(streams, config.topics.alerts, ({ length }) => length >= 3)).map(
        ({ value }) => alertSchema.parse(JSON.parse(Buffer.from(value ?? []).toString())),
      );
      expect(states.map(({ state, acknowledgement }) => [state, acknowledgement?.by])).toEqual([
        ['firing', undefined],
        ['resolved', undefined],
        ['resolved', 'ops'],
      ]);
      expect(await worker.end('SIGTERM')).toBe(0);
    }, 60_000);
  },
);
