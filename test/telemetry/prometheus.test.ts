import { metrics } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, it } from 'vitest';
import { beginAtZero, counter, gauge, histogram } from '../../src/telemetry/instrument.js';
import { openPrometheusPage } from '../../src/telemetry/prometheus.js';
import { prometheusName } from '../../src/telemetry/prometheus-names.js';

describe('the name of a metric in Prometheus', () => {
  it.each([
    ['messaging.process.duration', 's', 'histogram', 'messaging_process_duration_seconds'],
    ['sentiflux.consumer.lag', '{message}', 'gauge', 'sentiflux_consumer_lag'],
    ['sentiflux.posts.scored', '{post}', 'counter', 'sentiflux_posts_scored_total'],
    ['nodejs.eventloop.utilization', '1', 'gauge', 'nodejs_eventloop_utilization_ratio'],
    ['a.thing', 'By', 'counter', 'a_thing_bytes_total'],
  ] as const)('%s in %s, a %s: %s', (name, unit, kind, expected) => {
    expect(prometheusName({ name, unit, kind })).toBe(expected);
  });
});

describe('the page for Prometheus', () => {
  afterEach(() => metrics.disable());

  async function open() {
    const page = openPrometheusPage();
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [page.reader] }));
    return page;
  }
  const options = { unit: 's', description: 'For a test.' };

  it('names units, and has the buckets that were asked for', async () => {
    const page = await open();
    histogram('test.histogram', { ...options, buckets: [0.5, 1] }).record(0.7, { 'test.kind': 'a' });
    const text = await page.render();
    expect(text).toContain('# TYPE test_histogram_seconds histogram');
    expect(text).toContain('test_histogram_seconds_bucket{test_kind="a",le="0.5"} 0');
    expect(text).toContain('test_histogram_seconds_bucket{test_kind="a",le="1"} 1');
  });

  it('tells no more of what was forgotten', async () => {
    const page = await open();
    const level = gauge('test.level', { unit: '{thing}', description: 'For a test.' });
    level.record(1, { 'test.partition': '0' });
    level.record(2, { 'test.partition': '1' });
    level.forget({ 'test.partition': '0' });
    const end = level.observe(() => [{ value: 3, attributes: { 'test.partition': '2' } }]);
    expect((await page.render()).match(/^test_level.*$/gm)).toEqual([
      'test_level{test_partition="1"} 2',
      'test_level{test_partition="2"} 3',
    ]);
    end();
    expect(await page.render()).not.toContain('test_partition="2"');
  });

  it('has counters from 0 on, so that the first increase is one', async () => {
    const page = await open();
    counter('test.events', { ...options, unit: '{event}', fromZero: [{ 'test.reason': 'a' }] });
    beginAtZero();
    expect(await page.render()).toContain('test_events_total{test_reason="a"} 0');
  });
});
