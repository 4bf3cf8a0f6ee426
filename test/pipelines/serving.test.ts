import { describe, expect, it, onTestFinished } from 'vitest';
import type { Delivery } from '../../src/alerting/delivery/delivery.js';
import { createMemoryAlertStore } from '../../src/alerting/stores/memory.js';
import { configSchema } from '../../src/config/schema.js';
import { systemClock } from '../../src/contracts/clock.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { startServing } from '../../src/pipelines/serving.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import { alertOf } from '../alerting/alerts.js';
import { bookOf, createFeed, createScorer, windowsOf } from '../api/support/fakes.js';

const config = configSchema.parse({
  streams: { kind: 'memory' },
  topics: { partitions: 1 },
  api: { port: 0 },
  alerting: {
    scheduler: 'memory',
    receivers: [
      { name: 'pager', kind: 'pagerduty', routingKey: 'R0' },
      { name: 'prometheus', kind: 'alertmanager', url: 'https://example.com' },
    ],
  },
});

describe('the role api', () => {
  it('hands an acknowledgement to the receivers that know one, and each time under the same key', async () => {
    const streams = await openStreams(config.streams, silentLogger);
    await streams.topics().create(topicSpecs(config.topics));
    const enqueued: Delivery[] = [];
    const alert = alertOf();
    const role = await startServing({
      config,
      streams,
      brands: { current: [] },
      windows: { ...windowsOf([]), namespace: async () => undefined },
      alerts: { ...createMemoryAlertStore(), ...bookOf([alert]) },
      jobs: { enqueue: async (deliveries) => void enqueued.push(...deliveries) },
      feed: createFeed(),
      scorer: createScorer(),
      readiness: async () => [],
      version: '1.2.3',
      clock: systemClock,
      logger: silentLogger,
    });
    onTestFinished(async () => {
      await role.stop();
      await streams.close();
    });
    const acknowledge = (id: string) =>
      fetch(`${role.address}/v1/alerts/${encodeURIComponent(id)}/acknowledge`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"by":"kim"}',
      });
    expect((await acknowledge(alert.id)).status).toBe(200);
    expect((await acknowledge(alert.id)).status).toBe(200);
    expect((await acknowledge('none')).status).toBe(404);
    const one = { receiver: 'pager', event: 'acknowledged', idempotencyKey: `${alert.id}:acknowledged` };
    expect(enqueued).toMatchObject([one, one]);
    expect(enqueued[0]?.alert.acknowledgement).toMatchObject({ by: 'kim' });
  });
});
