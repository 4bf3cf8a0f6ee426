import { watchFile } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { loadBrands, loadConfig } from '../../config/load.js';
import type { Logger } from '../../contracts/logger.js';
import { ROLES, type RoleName } from '../../pipelines/role.js';
import { startWorker, type Worker } from '../../pipelines/worker.js';
import { startTelemetry } from '../../telemetry/start.js';
import { version } from '../../version.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { EXIT, exitStatusOf } from '../exit.js';
import { letHeapsGrow } from '../heap-growth.js';
import { createLogger } from '../logger.js';
import { telemetryOptions } from '../telemetry-options.js';

/** A supervisor waits 30 s by habit before it kills. */
const DRAIN_MILLIS = 25_000;

const LOOK_AT_BRANDS_MILLIS = 5_000;

interface RunOptions extends ConfigOption {
  readonly role: readonly RoleName[];
}

export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description(
      'run the worker; SIGTERM finishes and commits what has begun, a second one leaves at once; SIGHUP reads the brands and the model again; status 75 asks to be started again',
    )
    .addOption(configOption())
    .option('-r, --role <roles>', `roles of this process: ${ROLES.join(',')}`, parseRoles, ROLES)
    .action(run);
}

async function run(options: RunOptions): Promise<void> {
  letHeapsGrow();
  const config = await loadConfig(options.config, process.env);
  const { brands: brandsFile } = config;
  const readBrands = async () => (brandsFile === undefined ? [] : loadBrands(brandsFile));
  const brands = await readBrands();
  const logger = createLogger(config.log.level);
  const telemetry = await startTelemetry(telemetryOptions(config, process.env));
  const worker = await startWorker({
    ...(telemetry.prometheus && { metrics: telemetry.prometheus }),
    config,
    roles: new Set(options.role),
    brands,
    loadBrands: readBrands,
    logger,
  });
  logger.info(
    { version, roles: options.role, brands: brands.length, ...worker.addresses },
    'sentiflux is running',
  );
  reloadAtHangup(worker, logger);
  if (brandsFile !== undefined) reloadAtChange(brandsFile, worker);
  const ending = await Promise.race([stopSignal(), worker.failed]);
  if (ending instanceof Error) {
    logger.error({ err: ending }, 'the worker cannot go on');
  } else {
    logger.info({ signal: ending }, 'stopping: finishing what has begun; again to leave at once');
  }
  const stop = async (): Promise<void> => {
    await worker.stop();
    await telemetry.stop();
  };
  await drain(stop, logger, ending instanceof Error ? exitStatusOf(ending) : EXIT.failed);
  if (ending instanceof Error) throw ending;
}

/** @param status to exit with where that takes too long */
async function drain(stop: () => Promise<void>, logger: Logger, status: number): Promise<void> {
  process.once('SIGTERM', leaveAtOnce);
  process.once('SIGINT', leaveAtOnce);
  const timer = setTimeout(() => {
    logger.error(
      {},
      `not drained within ${DRAIN_MILLIS / 1000} s: leaving; what is not committed will be read again`,
    );
    process.exit(status);
  }, DRAIN_MILLIS);
  await stop();
  clearTimeout(timer);
  logger.info({}, 'stopped');
}

/** One after the other: what was in the directory at the last signal is what will be in use. */
function reloadAtHangup({ reloadModel, reloadBrands }: Worker, logger: Logger): void {
  let last: Promise<unknown> = Promise.resolve();
  process.on('SIGHUP', () => {
    last = last.then(async () => {
      const { kind } = await reloadBrands();
      if (reloadModel === undefined) logger.info({}, 'no role of this process uses a model');
      // Other brands have brought the model in already.
      else if (kind !== 'replaced') await reloadModel();
    });
  });
}

/** Looks at the file itself, since a mounted one is often a link that is moved, which no watch tells. */
function reloadAtChange(file: string, { reloadBrands }: Worker): void {
  watchFile(file, { interval: LOOK_AT_BRANDS_MILLIS, persistent: false }, () => void reloadBrands());
}

/** Nothing is lost: what is not committed is read again. */
function leaveAtOnce(): void {
  process.exit(EXIT.failed);
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

function parseRoles(value: string): readonly RoleName[] {
  const names = value.split(',').map((name) => name.trim());
  const roles = names.flatMap((name) => ROLES.filter((role) => role === name));
  if (roles.length !== names.length) throw new InvalidArgumentError(`Roles are ${ROLES.join(', ')}.`);
  return roles;
}
