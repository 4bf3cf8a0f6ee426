import { randomUUID } from 'node:crypto';
import { openWindowStore } from '../aggregation/open-store.js';
import type { Detector } from '../alerting/detectors/detector.js';
import { type OpenAlertingOptions, openAlertStore, openJobs } from '../alerting/open.js';
import type { Jobs } from '../alerting/schedulers/port.js';
import { requireTokens } from '../api/access.js';
import { createOpsServer } from '../api/ops-server.js';
import type { Config } from '../config/schema.js';
import type { AlertBook } from '../contracts/alert-book.js';
import type { Brand } from '../contracts/brand.js';
import type { BrandsReload } from '../contracts/brand-book.js';
import { type Clock, systemClock } from '../contracts/clock.js';
import { SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import type { ReloadModel } from '../contracts/model-reload.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import type { SilenceBook } from '../contracts/silence-book.js';
import type { WindowReader } from '../contracts/window-reader.js';
import { openStreams } from '../streams/open.js';
import type { Streams } from '../streams/port.js';
import { version } from '../version.js';
import { startAggregating } from './aggregating.js';
import { startAlerting } from './alerting.js';
import { createBrandBook } from './brand-book.js';
import { startIngesting } from './ingesting.js';
import { listen } from './listen.js';
import { openLiveFeed } from './live-feed.js';
import { observedStreams } from './observed-streams.js';
import { openNamedSources } from './open-source.js';
import type { Readiness, Role, RoleName } from './role.js';
import { openScorer, type Scorer } from './scorer.js';
import { startScoring } from './scoring.js';
import { startServing } from './serving.js';
import { checkTopics, topicSpecs } from './topics.js';
import { watchedStreams } from './watched-streams.js';

export interface WorkerOptions {
  readonly config: Config;
  readonly roles: ReadonlySet<RoleName>;
  readonly brands: readonly Brand[];
  /** Reads the brands again, for `reloadBrands`. */
  readonly loadBrands?: () => Promise<readonly Brand[]>;
  readonly logger: Logger;
  /** The metrics for Prometheus, where the ops port is to serve them. */
  readonly metrics?: () => Promise<string>;
  /** The wall's by default; a replay has one of its own. */
  readonly clock?: Clock;
  readonly onSettled?: (batch: RecordBatch, scored: ScoredBatch) => void;
  /** Of rules that do not use the surge test, by their names. */
  readonly detectors?: ReadonlyMap<string, Detector>;
}

/** A running worker. */
export interface Worker {
  /** Where the API is, if this worker has the role, and the ops port. */
  readonly addresses: { readonly api?: string; readonly ops: string };
  readonly streams: Streams;
  readonly windows: WindowReader;
  readonly alerts: AlertBook & SilenceBook;
  /** Resolves with the reason when the worker cannot go on. */
  readonly failed: Promise<Error>;
  /** Where one of its roles uses a model. */
  readonly reloadModel?: ReloadModel;
  /** Takes other brands in, in every role of the worker; never rejects. */
  readonly reloadBrands: () => Promise<BrandsReload>;
  readiness(): Promise<readonly Readiness[]>;
  /** Finishes and commits what has begun, then lets go of everything. */
  stop(): Promise<void>;
}

/** Starts the roles of one process; what they share is opened once. On an error everything is closed again. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { config, roles, logger } = options;
  const clock = options.clock ?? systemClock;
  const open: Array<() => Promise<void>> = [];
  /** Closed in the reverse order of opening. */
  const opened = <Resource>(resource: Resource, close: (resource: Resource) => Promise<void>): Resource => {
    open.push(() => close(resource));
    return resource;
  };
  /** One that cannot be closed keeps no other open. */
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let close = open.pop(); close !== undefined; close = open.pop()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  if (roles.has('api')) requireTokens(config.api);
  const sources = roles.has('ingest') ? openNamedSources(config) : [];
  if (roles.size === 1 && roles.has('ingest') && sources.length === 0) throw nothingToIngest();
  const running: Role[] = [];
  const readiness = (): Promise<readonly Readiness[]> => Promise.all(running.map((role) => role.readiness()));
  const start = <Started extends Role>(role: Started): Started => {
    running.push(role);
    logger.info({ role: role.name }, 'role started');
    return opened(role, () => role.stop());
  };

  try {
    const { stallAfterMs } = config.streams;
    const observed = observedStreams(await openStreams(config.streams, logger), {
      system: config.streams.kind,
      clock,
    });
    const streams = opened(watchedStreams(observed, { stallAfterMs, logger }), (resource) =>
      resource.close(),
    );
    // What is embedded has nobody else to create its topics.
    if (config.streams.kind !== 'kafka') await streams.topics().create(topicSpecs(config.topics));
    await checkTopics(streams, config);

    const partitionCount = await streams.partitions(config.topics.scored);
    const windows = opened(await openWindowStore({ config, partitionCount, clock, logger }), (store) =>
      store.close(),
    );
    const { alerting, redis } = config;
    const alertingOptions = { alerting, redis, namespace: config.aggregation.namespace, logger };
    const alerts = opened(await openAlertStore(alertingOptions), (store) => store.close());
    const brands = createBrandBook({
      brands: options.brands,
      load: options.loadBrands ?? (async () => options.brands),
      logger,
    });
    const shared = { config, streams, clock, logger, brands, windows, onFailure: fail };
    const jobs = await openJobsFor(roles, alertingOptions);
    if (jobs !== undefined) opened(jobs, (resource) => resource.close());

    let scorer: Scorer | undefined;
    if (roles.has('score') || roles.has('api')) {
      // The API alone scores a text now and then: one thread is enough.
      const threads = roles.has('score') ? config.scoring.threads : 1;
      scorer = opened(
        await openScorer({
          config,
          brands: brands.current,
          currentBrands: () => brands.current,
          threads,
          logger,
        }),
        (resource) => resource.close(),
      );
    }
    let api: string | undefined;
    if (roles.has('api') && scorer !== undefined) {
      const feed = await openLiveFeed({ ...shared, instance: randomUUID() });
      opened(feed, (resource) => resource.close());
      const serving = {
        ...shared,
        alerts,
        feed,
        scorer,
        readiness,
        version,
        ...(jobs && { jobs }),
      };
      api = start(await startServing(serving)).address;
    }
    if (roles.has('alert') && jobs !== undefined) {
      const { detectors } = options;
      start(await startAlerting({ ...shared, store: alerts, jobs, ...(detectors && { detectors }) }));
    }
    if (roles.has('aggregate')) start(await startAggregating({ ...shared, store: windows }));
    if (roles.has('score') && scorer !== undefined) {
      const { onSettled } = options;
      start(await startScoring({ ...shared, score: scorer.scoreBatch, ...(onSettled && { onSettled }) }));
    }
    if (sources.length > 0) start(await startIngesting({ ...shared, sources }));
    const reloading = scorer === undefined ? {} : { reloadModel: scorer.reload };
    const { metrics } = options;
    const opsServer = opened(
      await createOpsServer({ readiness, ...(metrics && { metrics }), ...reloading, logger }),
      (server) => server.close(),
    );
    const ops = await listen(opsServer, config.ops, 'ops');

    return {
      addresses: { ops, ...(api !== undefined && { api }) },
      streams,
      windows,
      alerts,
      failed,
      ...reloading,
      async reloadBrands() {
        const outcome = await brands.reload();
        // Scorer threads match the brands that they were started with.
        if (outcome.kind === 'replaced') await scorer?.reload();
        return outcome;
      },
      readiness,
      stop,
    };
  } catch (error) {
    // Why it could not start says more than what could not be closed then.
    await stop().catch(() => {});
    throw error;
  }
}

/**
 * The alert role works on the jobs; the API adds to them when an alert is acknowledged, which it can from a process of
 * its own only where they are shared.
 */
function openJobsFor(roles: ReadonlySet<RoleName>, options: OpenAlertingOptions): Promise<Jobs | undefined> {
  const { scheduler, receivers } = options.alerting;
  const adds = roles.has('api') && scheduler === 'bullmq' && receivers.length > 0;
  return roles.has('alert') || adds ? openJobs(options) : Promise.resolve(undefined);
}

function nothingToIngest(): SentifluxError {
  return new SentifluxError(
    'SF_CONFIG_INVALID',
    'sources.ingest names no source: the role has nothing to read.',
    {
      hint: 'Name some, such as [bluesky], or leave the role out.',
    },
  );
}
