import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run, start } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { otlpVariables, startOtlpReceiver } from './otlp-receiver.js';

/** A worker on files that scores two posts, one of them bad, and what it says on its ops port. */
async function startScoring(telemetry: object, env: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  const config = join(folder, 'worker.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      streams: { kind: 'file', file: { directory: join(folder, 'streams') } },
      topics: { partitions: 1 },
      aggregation: { store: 'memory' },
      alerting: { scheduler: 'memory' },
      scoring: { threads: 1 },
      ops: { port: 0 },
      telemetry,
    }),
  );
  await run(['topics', 'create', '--config', config]);
  const input = '{"id":"a","text":"good"}\n{"id":"b"}\n';
  await run(['produce', '--config', config, '--input', '-'], { input });
  const worker = start(['run', '--config', config, '--role', 'score'], { env });
  onTestFinished(() => void worker.kill('SIGKILL'));
  let log = '';
  const ops = await new Promise<string>((resolve) => {
    worker.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
      const [, address] = /"ops":"([^"]+)"/.exec(log) ?? [];
      if (address !== undefined) resolve(address);
    });
  });
  return { worker, ops };
}

describe('telemetry', () => {
  it('sends spans and metrics where the standard variables ask for it, and serves none where it is told so', async () => {
    const otlp = await startOtlpReceiver();
    onTestFinished(otlp.close);
    const { worker, ops } = await startScoring({ prometheus: false }, otlpVariables(otlp));
    const isThere = () =>
      otlp.metrics.has('sentiflux.posts.rejected') && otlp.metrics.has('sentiflux.model.in_use');
    while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 100));
    while (!otlp.spans.some(({ name }) => name === 'process posts.raw'))
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await fetch(`${ops}/metrics`)).status).toBe(404);
    const exited = once(worker, 'exit');
    worker.kill('SIGTERM');
    expect((await exited)[0]).toBe(0);
  });

  it('serves metrics to Prometheus by default, without any variable', async () => {
    const { ops } = await startScoring({}, {});
    const read = async () => (await fetch(`${ops}/metrics`)).text();
    while (!(await read()).includes('sentiflux_posts_rejected_total'))
      await new Promise((resolve) => setTimeout(resolve, 100));
    const response = await fetch(`${ops}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const page = await response.text();
    expect(page).toContain('sentiflux_posts_rejected_total{sentiflux_error_code="SF_POST_NO_TEXT"} 1');
    expect(page).toContain('# TYPE messaging_process_duration_seconds histogram');
  });

  it('is off as a whole where OTEL_SDK_DISABLED says so', async () => {
    const { ops } = await startScoring({}, { OTEL_SDK_DISABLED: 'true' });
    expect((await fetch(`${ops}/metrics`)).status).toBe(404);
  });
});
