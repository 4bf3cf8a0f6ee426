import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../chaos/ports.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { Inbox, type OtlpReceiver } from './otlp-receiver.js';

/**
 * An OpenTelemetry collector that writes what it gets to a file, where it is read.
 *
 * @param program path of a collector with the OTLP receiver and the file exporter
 */
export async function startCollector(program: string): Promise<OtlpReceiver> {
  const folder = temporaryFolder();
  const written = join(folder, 'otlp.ndjson');
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const pipeline = { receivers: ['otlp'], exporters: ['file'] };
  const config = join(folder, 'collector.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      receivers: { otlp: { protocols: { http: { endpoint: address } } } },
      exporters: { file: { path: written, flush_interval: '100ms' } },
      service: {
        // Of itself it tells nothing: that would take another port.
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: pipeline, metrics: pipeline },
      },
    }),
  );
  const collector = spawn(program, ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    collector.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
      if (log.includes('Everything is ready')) resolve();
    });
    collector.once('exit', () => reject(new Error(`the collector ended: ${log}`)));
  });

  const inbox = new Inbox();
  let linesRead = 0;
  const upToDate = (): Inbox => {
    // The last line may be half written.
    const lines = existsSync(written) ? readFileSync(written, 'utf8').split('\n').slice(linesRead, -1) : [];
    for (const line of lines) inbox.take(line);
    linesRead += lines.length;
    return inbox;
  };
  return {
    endpoint: `http://${address}`,
    protocol: 'http/protobuf',
    get spans() {
      return upToDate().spans;
    },
    get metrics() {
      return upToDate().metrics;
    },
    async close() {
      const exited = once(collector, 'exit');
      collector.kill('SIGTERM');
      await exited;
      upToDate();
    },
  };
}
