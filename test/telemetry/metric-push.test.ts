import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { metricPush } from '../../src/telemetry/metric-push.js';
import { httpServer } from '../alerting/http-server.js';

describe('metrics that are sent', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    [{}, 'application/x-protobuf'],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, 'application/json'],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' },
      'application/json',
    ],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'smoke signals' }, 'application/x-protobuf'],
  ])('go as the variables say: %o', async (variables, type) => {
    const { port, received } = await httpServer();
    // The exporter reads its address itself.
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`);
    const provider = new MeterProvider({ readers: [...(await metricPush(variables))] });
    provider.getMeter('test').createCounter('test.events').add(1);
    await provider.shutdown();
    expect(received.map(({ path, headers }) => [path, headers['content-type']])).toEqual([
      ['/v1/metrics', type],
    ]);
  });

  it('go over gRPC too', async () => {
    const [reader, ...others] = await metricPush({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    expect(reader).toBeDefined();
    expect(others).toEqual([]);
  });

  it('go nowhere where no exporter is known by the name, and to each of several once', async () => {
    expect(await metricPush({ OTEL_METRICS_EXPORTER: 'prometheus' })).toEqual([]);
    expect(await metricPush({ OTEL_METRICS_EXPORTER: 'carrier-pigeon' })).toEqual([]);
    expect(await metricPush({ OTEL_METRICS_EXPORTER: 'otlp, console,otlp' })).toHaveLength(2);
  });
});
