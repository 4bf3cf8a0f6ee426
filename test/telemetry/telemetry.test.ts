import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run, start } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A receiver of OTLP over HTTP, as JSON: keeps what comes by its path. */
async function startReceiver(): Promise<{
  endpoint: string;
  received: Map<string, string>;
  arrival: () => Promise<void>;
}> {
  const received = new Map<string, string>();
  let wake = (): void => {};
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const path = request.url ?? '';
      received.set(path, (received.get(path) ?? '') + body);
      response.setHeader('content-type', 'application/json').end('{}');
      wake();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const arrival = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  return { endpoint: `http://127.0.0.1:${port}`, received, arrival };
}

describe('telemetry', () => {
  it('sends spans of batches and metrics where the standard variables ask for it', async () => {
    const { endpoint, received, arrival } = await startReceiver();
    const folder = temporaryFolder();
    const config = join(folder, 'worker.yaml');
    writeFileSync(
      config,
      JSON.stringify({
        streams: { kind: 'file', file: { directory: join(folder, 'streams') } },
        topics: { partitions: 1 },
        aggregation: { store: 'memory' },
        alerting: { scheduler: 'memory' },
        ops: { port: 0 },
      }),
    );
    const env = { SENTIFLUX_CONFIG: config };
    await run(['topics', 'create'], { env });
    await run(['produce', '--input', '-'], { env, input: '{"id":"a","text":"good"}\n{"id":"b"}\n' });

    const worker = start(['run', '--role', 'score,aggregate'], {
      env: {
        ...env,
        OTEL_TRACES_EXPORTER: 'otlp',
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_METRIC_EXPORT_INTERVAL: '300',
        OTEL_BSP_SCHEDULE_DELAY: '300',
      },
    });
    onTestFinished(() => void worker.kill('SIGKILL'));
    const has = (path: string, text: string): boolean => received.get(path)?.includes(text) === true;
    while (!(has('/v1/traces', 'process posts.raw') && has('/v1/metrics', 'sentiflux.posts.scored')))
      await arrival();
    while (!has('/v1/metrics', 'sentiflux.aggregation.posts')) await arrival();
    expect(received.get('/v1/metrics')).toContain('SF_POST_NO_TEXT');
    expect(received.get('/v1/metrics')).toContain('sentiflux.model.in_use');
    expect(received.get('/v1/traces')).toContain('messaging.batch.message_count');

    const exited = once(worker, 'exit');
    worker.kill('SIGTERM');
    expect((await exited)[0]).toBe(0);
  }, 60_000);
});
