import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { freePorts } from '../chaos/ports.js';
import { run, start } from '../support/cli.js';
import { startBroker } from '../support/kafka-broker.js';
import { canStartRedis, ownRedis } from '../support/own-redis.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { composition, madeSecrets, serviceOf, workers } from './composition.js';

const canStartKafka = spawnSync('java', ['-version']).status === 0;
const WORKER_FILE = 'deploy/compose/worker.yaml';

/** Kafka with the settings of the Compose file, as its image makes them from variables; only addresses and folder are others. */
async function startKafka(here: (text: string | number) => string): Promise<string> {
  const folder = temporaryFolder();
  const [broker, controller] = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
  if (broker === undefined || controller === undefined) throw new Error('two ports were asked for');
  const { CLUSTER_ID, KAFKA_OPTS = '', ...variables } = serviceOf('kafka').environment;
  const own = {
    listeners: `SASL_PLAINTEXT://${broker},CONTROLLER://${controller}`,
    'advertised.listeners': `SASL_PLAINTEXT://${broker}`,
    'controller.quorum.voters': `1@${controller}`,
    'log.dirs': join(folder, 'data'),
  };
  const settings = {
    ...Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [
        name.replace('KAFKA_', '').toLowerCase().replaceAll('_', '.'),
        value,
      ]),
    ),
    ...own,
  };
  const properties = join(folder, 'server.properties');
  writeFileSync(
    properties,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const jars = execFileSync('scripts/services.sh', ['jars'], { encoding: 'utf8' }).trim();
  const java = ['-Xmx512m', '-cp', `${jars}/*`, here(KAFKA_OPTS)];
  const format = [
    'kafka.tools.StorageTool',
    'format',
    '--cluster-id',
    String(CLUSTER_ID),
    '--config',
    properties,
  ];
  execFileSync('java', [...java, ...format], { stdio: ['ignore', 'ignore', 'pipe'] });
  const started = await startBroker({ folder, java, properties, address: broker });
  onTestFinished(() => started.end());
  return broker;
}

async function startRedis(here: (text: string | number) => string): Promise<string> {
  const [, ...options] = serviceOf('redis').command ?? [];
  return (await ownRedis(...options.map(here))).url;
}

/** `restart: unless-stopped`: a worker may end while its broker is still about to begin. */
function keepRunning(args: readonly string[], env: Readonly<Record<string, string>>): void {
  let stopped = false;
  let worker = start(args, { env });
  const again = (): void => {
    if (stopped) return;
    worker = start(args, { env });
    worker.once('exit', again);
  };
  worker.once('exit', again);
  onTestFinished(async () => {
    stopped = true;
    const exited = once(worker, 'exit');
    if (worker.kill('SIGKILL')) await exited;
  });
}

describe.skipIf(!canStartKafka || !canStartRedis)(
  'the services of deploy/compose.yaml, without containers',
  () => {
    it('let the workers in, and nobody else, and a post comes through to the API', {
      timeout: 900_000,
    }, async () => {
      const { here, secret } = madeSecrets();
      const places = {
        SENTIFLUX_STREAMS_KAFKA_BROKERS: await startKafka(here),
        SENTIFLUX_REDIS_URL: await startRedis(here),
        // In a container it lies beside the configuration.
        SENTIFLUX_BRANDS: join('deploy', composition.configs.brands?.file ?? ''),
      };
      /** What a service's container would have in its environment. */
      const environmentOf = (name: string): Readonly<Record<string, string>> => {
        const ours = Object.entries(serviceOf(name).environment).filter(([variable]) =>
          variable.startsWith('SENTIFLUX_'),
        );
        return {
          ...Object.fromEntries(ours.map(([variable, value]) => [variable, here(value)])),
          ...places,
        };
      };

      const stranger = await run(['topics', 'check', '--config', WORKER_FILE], {
        env: {
          ...places,
          SENTIFLUX_STREAMS_KAFKA_SASL_PASSWORD: 'guessed',
          SENTIFLUX_REDIS_PASSWORD: 'guessed',
        },
      });
      expect(stranger.stderr).toContain('SF_STREAM_REFUSED');

      const made = await run(['topics', 'create', '--config', WORKER_FILE], { env: environmentOf('topics') });
      expect(made.status, made.stderr).toBe(0);

      const [ops, api] = await freePorts(2);
      for (const [name, { command = [] }] of workers) {
        if (command[0] !== 'run') continue;
        const args = command.map((argument) => argument.replace('/etc/sentiflux/worker.yaml', WORKER_FILE));
        const ports =
          name === 'api'
            ? { SENTIFLUX_OPS_PORT: String(ops), SENTIFLUX_API_PORT: String(api) }
            : { SENTIFLUX_OPS_PORT: '0' };
        keepRunning(args, { ...environmentOf(name), SENTIFLUX_SCORING_THREADS: '1', ...ports });
      }
      const ask = async (path: string): Promise<unknown> => {
        const headers = { authorization: `Bearer ${secret('api-token')}` };
        const response = await fetch(`http://127.0.0.1:${api}${path}`, { headers }).catch(() => undefined);
        return response?.ok === true ? response.json() : undefined;
      };
      await expect.poll(() => ask('/v1/version'), { timeout: 240_000, interval: 500 }).toBeDefined();
      expect((await fetch(`http://127.0.0.1:${api}/v1/counters`)).status).toBe(401);

      const post = JSON.stringify({ id: '1', text: 'Skylvara Air lost my luggage again', author: 'ann' });
      const produced = await run(['produce', '--config', WORKER_FILE, '--input', '-'], {
        env: environmentOf('score'),
        input: `${post}\n`,
      });
      expect(produced.stdout).toContain('1 posts written');
      const answer = z.looseObject({ counters: z.looseObject({ counted: z.number() }) });
      await expect
        .poll(async () => answer.safeParse(await ask('/v1/counters')).data?.counters.counted, {
          timeout: 240_000,
          interval: 500,
        })
        .toBe(1);
    });
  },
);
