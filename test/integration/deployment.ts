import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { start } from '../support/cli.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { temporaryFolder } from '../support/temporary-folder.js';

export interface RunningWorker {
  /** Of its API. */
  readonly address: string;
  readonly opsAddress: string;
  log(): string;
  /** Gets a path of the API. */
  get(path: string): Promise<Record<string, unknown>>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with the exit status, also when nobody ends it. */
  readonly ended: Promise<unknown>;
  /** Sends a signal that ends it, and resolves with the exit status. */
  end(signal: NodeJS.Signals): Promise<unknown>;
}

export interface Deployment {
  readonly config: Config;
  readonly streams: Streams;
  /** The configuration, for other commands. */
  readonly file: string;
  /** Runs the compiled worker as a process of its own. */
  startWorker(env?: Readonly<Record<string, string>>): Promise<RunningWorker>;
}

/** Topics, groups and keys of one test alone, on the real Kafka and the real Redis. */
export async function deploy(
  sections: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
): Promise<Deployment> {
  const run = randomUUID().slice(0, 8);
  const names = ['posts', 'scored', 'aggregates', 'alerts', 'deadLetters'];
  const settings = {
    streams: { kind: 'kafka', group: run, kafka: { brokers: kafkaBrokers, sessionTimeoutMs: 6_000 } },
    topics: {
      ...Object.fromEntries(names.map((name) => [name, `${run}.${name}`])),
      partitions: 4,
      replication: 1,
    },
    redis: { url: redisUrl },
    api: { port: 0 },
    ops: { port: 0 },
    ...sections,
    aggregation: { namespace: run, idleAfterMs: 5_000, outOfOrdernessMs: 1_000, ...sections.aggregation },
  };
  const file = join(temporaryFolder(), 'worker.yaml');
  writeFileSync(file, JSON.stringify(settings));
  const config = configSchema.parse(settings);
  const streams = await openStreams(config.streams, silentLogger);
  onTestFinished(() => streams.close());
  await streams.topics().create(topicSpecs(config.topics));
  return { config, streams, file, startWorker: (env = {}) => startWorker(file, env) };
}

async function startWorker(file: string, env: Readonly<Record<string, string>>): Promise<RunningWorker> {
  const worker = start(['run', '--config', file], { env: { SENTIFLUX_LOG_LEVEL: 'info', ...env } });
  const exited = once(worker, 'exit');
  const ended = exited.then(([status]: unknown[]) => status);
  onTestFinished(() => void worker.kill('SIGKILL'));
  let log = '';
  const [address, opsAddress] = await new Promise<[string, string]>((resolve, reject) => {
    worker.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
      const [, ops, api] = /"ops":"([^"]+)","api":"([^"]+)"/.exec(log) ?? [];
      if (ops !== undefined && api !== undefined) resolve([api, ops]);
    });
    void exited.then(() => reject(new Error(`the worker ended: ${log}`)));
  });
  return {
    address,
    opsAddress,
    log: () => log,
    async get(path) {
      const response = await fetch(address + path);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      const body: unknown = await response.json();
      return Object(body);
    },
    signal: (signal) => void worker.kill(signal),
    ended,
    end(signal) {
      worker.kill(signal);
      return ended;
    },
  };
}
