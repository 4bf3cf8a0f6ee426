import type { Command } from 'commander';
import { loadBrands, loadConfig } from '../../config/load.js';
import type { Config } from '../../config/schema.js';
import { systemClock } from '../../contracts/clock.js';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { silentLogger } from '../../contracts/logger.js';
import { connectRedis, redisFailure, redisLogin } from '../../contracts/redis-address.js';
import type { ModelBundle } from '../../model/bundle.js';
import { loadModel } from '../../pipelines/model.js';
import { shippedModel } from '../../pipelines/scorer.js';
import { checkTopics } from '../../pipelines/topics.js';
import { openSchemaRegistry } from '../../registry/schema-registry.js';
import { openEngine } from '../../scoring/choose-engine.js';
import { openStreams } from '../../streams/open.js';
import { version } from '../../version.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { EXIT } from '../exit.js';

/** One finding: fine, missing but not needed as things are configured, or in the way. */
interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'absent' | 'broken';
  readonly detail: string;
}

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'what is installed, what can be reached, which engine would run and why; exit status 1 where something is broken',
    )
    .addOption(configOption())
    .option('--json', 'as JSON')
    .action(doctor);
}

async function doctor(options: ConfigOption & { readonly json?: boolean }): Promise<void> {
  const config = await loadConfig(options.config, process.env);
  const findings: Finding[] = [
    { what: 'sentiflux', state: 'ok', detail: version },
    { what: 'node', state: 'ok', detail: `${process.version} on ${process.platform}-${process.arch}` },
    { what: 'configuration', state: 'ok', detail: options.config ?? 'defaults and variables' },
    ...(await Promise.all([
      look('brands', async () =>
        config.brands === undefined
          ? 'none configured'
          : `${(await loadBrands(config.brands)).length} in ${config.brands}`,
      ),
      look('streams', () => lookAtStreams(config)),
      look('store', () => lookAtStore(config)),
      ...lookAtRegistry(config),
    ])),
    // One after the other: each loads a library of its own.
    ...(await lookAtEngines(config)),
  ];
  if (options.json === true) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else {
    const marks = { ok: '✓', absent: '-', broken: '✗' };
    const width = Math.max(...findings.map(({ what }) => what.length));
    for (const { what, state, detail } of findings) {
      process.stdout.write(`${marks[state]} ${what.padEnd(width)}  ${detail}\n`);
    }
  }
  if (findings.some(({ state }) => state === 'broken')) process.exitCode = EXIT.failed;
}

async function look(what: string, check: () => Promise<string>): Promise<Finding> {
  try {
    return { what, state: 'ok', detail: await check() };
  } catch (error) {
    return { what, state: 'broken', detail: lineOf(error) };
  }
}

async function lookAtEngines(config: Config): Promise<readonly Finding[]> {
  const directory = config.scoring.model ?? shippedModel();
  let bundle: ModelBundle;
  try {
    bundle = await loadModel(directory);
  } catch (error) {
    return [{ what: 'model', state: 'broken', detail: lineOf(error) }];
  }
  const { manifest } = bundle;
  const findings: Finding[] = [
    {
      what: 'model',
      state: 'ok',
      detail: `${manifest.version} (${manifest.languages.join(', ')}) in ${directory}`,
    },
  ];
  for (const name of ['native', 'onnx', 'wasm', 'tfjs-node'] as const) {
    try {
      const { engine } = await openEngine({ engine: name, precision: config.scoring.precision }, bundle);
      findings.push({ what: `engine ${name}`, state: 'ok', detail: engine.precision });
      await engine.close();
    } catch (error) {
      findings.push({ what: `engine ${name}`, state: 'absent', detail: lineOf(error) });
    }
  }
  findings.push(
    await look('would run', async () => {
      const { engine, fallback } = await openEngine(config.scoring, bundle);
      await engine.close();
      const why = fallback === undefined ? `as asked: ${config.scoring.engine}` : `since ${fallback.reason}`;
      return `${engine.name}, ${engine.precision} (${why})`;
    }),
  );
  return findings;
}

async function lookAtStreams(config: Config): Promise<string> {
  const { kind } = config.streams;
  if (kind !== 'kafka') return `${kind}, no service needed`;
  const streams = await openStreams(config.streams, silentLogger);
  try {
    await checkTopics(streams, config);
    return `Kafka at ${config.streams.kafka.brokers.join(', ')}, every topic stands`;
  } finally {
    await streams.close();
  }
}

/** Nothing where none is configured. Any id will do: that it is unknown is an answer. */
function lookAtRegistry(config: Config): readonly Promise<Finding>[] {
  const registry = openSchemaRegistry(config.input.registry, systemClock);
  if (registry === undefined) return [];
  return [
    look('schema registry', async () => {
      await registry.schema(1);
      return 'answers';
    }),
  ];
}

async function lookAtStore(config: Config): Promise<string> {
  if (config.aggregation.store === 'memory') return 'memory, no service needed';
  const { Redis } = await import('ioredis');
  const redis = new Redis(config.redis.url, {
    ...redisLogin(config.redis),
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // Reported by the failing command below.
  redis.on('error', () => {});
  try {
    await connectRedis(redis);
    const info = await redis.info('server');
    return `Redis ${/redis_version:(\S+)/.exec(info)?.[1] ?? '(version unknown)'} at ${redis.options.host}:${redis.options.port}`;
  } catch (cause) {
    throw redisFailure(cause, config.redis, 'Redis does not answer');
  } finally {
    redis.disconnect();
  }
}

function lineOf(error: unknown): string {
  return error instanceof SentifluxError ? error.toLine() : messageOf(error);
}
