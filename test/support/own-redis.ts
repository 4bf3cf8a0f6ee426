import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './temporary-folder.js';

/** False where there is no redis-server to start: tests that flush or restart one are skipped then. */
export const canStartRedis = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of one test alone, which may be emptied, stopped and started again. */
export interface OwnRedis {
  readonly url: string;
  readonly port: number;
  /** A client that is made anew by each call and closed when the test ends. */
  client(): Redis;
  /** Ends it at once; what is not on disk is lost, and nothing is on disk. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** @param options of redis-server, such as `--maxmemory 10mb` */
export async function ownRedis(...options: readonly string[]): Promise<OwnRedis> {
  const port = await freePort();
  const folder = temporaryFolder();
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...options];
    const started = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    server = started;
    let log = '';
    await new Promise<void>((resolve, reject) => {
      started.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        log += chunk;
        if (log.includes('Ready to accept connections')) resolve();
      });
      started.once('exit', () => reject(new Error(`redis-server ended: ${log}`)));
    });
  }

  async function kill(): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }

  await start();
  onTestFinished(kill);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    client() {
      const client = new Redis(port, '127.0.0.1');
      client.on('error', () => {});
      onTestFinished(() => client.disconnect());
      return client;
    },
    kill,
    start,
  };
}

/** A port of loopback where nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
