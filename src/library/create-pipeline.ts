import type { Detector } from '../alerting/detectors/detector.js';
import type { Config } from '../config/schema.js';
import { systemClock } from '../contracts/clock.js';
import { SentifluxError } from '../contracts/errors.js';
import { type Logger, silentLogger } from '../contracts/logger.js';
import type { Sink } from '../contracts/sink.js';
import type { IngestTally } from '../pipelines/ingest.js';
import { startIngesting } from '../pipelines/ingesting.js';
import { requireOwnNames } from '../pipelines/post-record.js';
import type { RoleName } from '../pipelines/role.js';
import { startSinking } from '../pipelines/sinking.js';
import { waitUnlessStopped } from '../pipelines/wait-unless-stopped.js';
import { startWorker, type Worker } from '../pipelines/worker.js';
import type { Source } from '../sources/port.js';
import { brandsOf, configOf, type Settings } from './configuration.js';

export interface CreatePipelineOptions extends Settings {
  /**
   * What this process does; `score`, `aggregate` and `alert` by default. `api` serves the routes and the page, `ingest`
   * reads what the configuration names in `sources.ingest`.
   */
  readonly roles?: readonly RoleName[];
  /** Their posts go to the topic of posts. Each begins where its cursor stands. */
  readonly sources?: readonly Source[];
  readonly sinks?: readonly Sink[];
  /** By the name of the rule (`alerting.rules`) that they decide for. */
  readonly detectors?: Readonly<Record<string, Detector>>;
  /** pino's logger is one; silent by default. */
  readonly logger?: Logger;
}

/** A worker in this process, with sources, sinks and detectors of one's own. */
export interface Pipeline extends Pick<Worker, 'addresses' | 'windows' | 'alerts' | 'readiness'> {
  /** What became of the posts of each source, once all of them have ended; live sources end with `stop`. */
  readonly ingested: Promise<readonly IngestTally[]>;
  /** Resolves with the reason when the pipeline cannot go on: stop it then. */
  readonly failed: Promise<Error>;
  /** Ends the sources, then the sinks, then the roles: each finishes and commits what it has begun. */
  stop(): Promise<void>;
}

const ROLES_BY_DEFAULT: readonly RoleName[] = ['score', 'aggregate', 'alert'];
const SINK_NAME = /^[\w.-]{1,100}$/;

/**
 * Starts the roles, then the sinks, then the sources. What the configuration names is used, Kafka and Redis by default:
 * `EMBEDDED` has the keys of a pipeline that needs no service.
 *
 * @throws SentifluxError whatever the worker throws as it starts; SF_CONFIG_INVALID for names that do not fit
 */
export async function createPipeline(options: CreatePipelineOptions = {}): Promise<Pipeline> {
  const config = await configOf(options);
  const { logger = silentLogger, roles = ROLES_BY_DEFAULT, sources = [], sinks = [] } = options;
  const detectors = new Map(Object.entries(options.detectors ?? {}));
  checkNames(sources, sinks, detectors, config);
  if (sources.length > 0) requireOwnNames(config.input);

  const worker = await startWorker({
    config,
    roles: new Set(roles),
    brands: await brandsOf(options, config),
    logger,
    ...(detectors.size > 0 && { detectors }),
  });
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const closers: Array<() => Promise<void>> = [() => worker.stop()];
  /** In the reverse order of opening; one that cannot be closed keeps no other open. */
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let close = closers.pop(); close !== undefined; close = closers.pop())
      await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };

  try {
    const { streams } = worker;
    const { random } = Math;
    const shared = { config, streams, logger, onFailure: fail };
    for (const sink of sinks) {
      const running = await startSinking({ ...shared, sink, random, wait: waitUnlessStopped });
      closers.push(() => running.stop());
    }
    let ingested: Promise<readonly IngestTally[]> = Promise.resolve([]);
    if (sources.length > 0) {
      const running = await startIngesting({ ...shared, sources, clock: systemClock });
      closers.push(() => running.stop());
      ingested = running.ended;
    }
    const { addresses, windows, alerts, readiness } = worker;
    return {
      addresses,
      windows,
      alerts,
      readiness,
      ingested,
      failed: Promise.race([worker.failed, failed]),
      stop,
    };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

function checkNames(
  sources: readonly Source[],
  sinks: readonly Sink[],
  detectors: ReadonlyMap<string, Detector>,
  { alerting }: Config,
): void {
  const invalid = (message: string, hint: string): SentifluxError =>
    new SentifluxError('SF_CONFIG_INVALID', message, { hint });
  for (const [kind, all] of [
    ['source', sources],
    ['sink', sinks],
  ] as const) {
    const twice = all.find(({ name }, i) => all.findIndex((other) => other.name === name) !== i);
    if (twice !== undefined)
      throw invalid(
        `two ${kind}s are named "${twice.name}".`,
        'The name keeps where it stands: give each its own.',
      );
  }
  const unnamed = sinks.find(({ name }) => !SINK_NAME.test(name));
  if (unnamed !== undefined)
    throw invalid(`a sink is named "${unnamed.name}".`, 'Use up to 100 letters, digits, _, . and -.');
  const rules = new Set(alerting.rules.map(({ name }) => name));
  const unruled = [...detectors.keys()].find((name) => !rules.has(name));
  if (unruled !== undefined)
    throw invalid(
      `there is a detector for "${unruled}", and no rule of that name.`,
      'Add it to alerting.rules.',
    );
}
