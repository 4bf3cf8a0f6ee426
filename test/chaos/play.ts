import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openWindowStore } from '../../src/aggregation/open-store.js';
import { configSchema } from '../../src/config/schema.js';
import { systemClock } from '../../src/contracts/clock.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { randomNumbers } from '../support/random-bundle.js';
import { type Cluster, until } from './cluster.js';
import { Load } from './load.js';
import { Oracle } from './oracle.js';
import type { KnownText } from './posts.js';
import type { Delivery, Scenario, Stage } from './scenario.js';
import { judge } from './verdict.js';
import { SupervisedWorker } from './worker-process.js';

const PARTITIONS = 4;
/** What the worker does after a fault takes as long as the fault and this. */
const RECOVERS_WITHIN_MILLIS = 300_000;
const STOPS_WITHIN_MILLIS = 25_000;
const WINDOWS_WITHIN_MILLIS = 60_000;

export interface PlayOptions {
  readonly cluster: Cluster;
  readonly folder: string;
  /** Directory of the model; a copy of it is used. */
  readonly model: string;
  readonly brands: string;
  readonly texts: readonly KnownText[];
  readonly posts: number;
  readonly repeats: number;
  readonly seed: number;
}

/** What a scenario came to. */
export interface Result {
  readonly scenario: Scenario;
  readonly delivery: Delivery;
  readonly posts: number;
  readonly kills: number;
  /** Whether all that came was settled in the end: otherwise what is missing may only be late. */
  readonly settled: boolean;
  readonly lost: number;
  readonly doubled: number;
  readonly deadLetters: number;
  /** Longest wait after a fault was over until all that had come was counted. */
  readonly recoveryMillis: number;
  readonly tookMillis: number;
  readonly notes: readonly string[];
  /** What breaks a promise; none where all is kept. */
  readonly findings: readonly string[];
}

/** Plays a scenario on topics, groups and keys of its own, and judges what is left when all is quiet again. */
export async function play(scenario: Scenario, delivery: Delivery, options: PlayOptions): Promise<Result> {
  const { cluster, texts, posts, repeats, seed } = options;
  const started = performance.now();
  const run = `${scenario.name}-${delivery === 'exactly-once' ? 'eo' : 'alo'}`;
  const folder = join(options.folder, run);
  mkdirSync(folder, { recursive: true });
  const model = join(folder, 'model');
  cpSync(options.model, model, { recursive: true });
  const settings = settingsOf(run, scenario, delivery, { ...options, model });
  const configFile = join(folder, 'worker.yaml');
  writeFileSync(configFile, JSON.stringify(settings));
  const config = configSchema.parse(settings);

  const observed = configSchema.parse({
    streams: { kafka: { brokers: cluster.direct } },
    redis: { url: cluster.redisUrl },
    aggregation: settings.aggregation,
  });
  const open: Streams[] = [];
  // A client for each use: kafkajs asks for all topics that a client has used at once, and fails where one is gone.
  const newStreams = async (): Promise<Streams> => {
    const streams = await openStreams(observed.streams, silentLogger);
    open.push(streams);
    return streams;
  };
  const store = await openWindowStore({
    config: observed,
    partitionCount: PARTITIONS,
    clock: systemClock,
    logger: silentLogger,
  });
  await (await newStreams()).topics().create(topicSpecs(config.topics));

  const random = randomNumbers(seed);
  const oracle = new Oracle();
  const notes: string[] = [];
  const findings: string[] = [];
  const workers: SupervisedWorker[] = [];
  const cleanUps: Array<() => Promise<void>> = [];
  let recoveryMillis = 0;
  const startWorker = async (): Promise<SupervisedWorker> => {
    const log = join(folder, `worker-${workers.length + 1}.log`);
    const worker = new SupervisedWorker(configFile, log, scenario.env);
    workers.push(worker);
    await until('a worker runs', () => worker.ready().then(() => true));
    return worker;
  };
  const group = (role: string): string => `${config.streams.group}.${role}`;
  const recovers = async (since = performance.now()): Promise<void> => {
    const recovered = 'all that had come is scored and counted';
    await consumed(cluster, group('score'), config.topics.posts, recovered);
    await consumed(cluster, group('aggregate'), config.topics.scored, recovered);
    recoveryMillis = Math.max(recoveryMillis, performance.now() - since);
  };

  try {
    const worker = await startWorker();
    const seconds = scenario.seconds * (scenario.repeats ? repeats : 1);
    const load = new Load({
      producer: await (await newStreams()).producer(),
      topic: config.topics.posts,
      texts,
      oracle,
      random: randomNumbers(seed + 1),
      postsPerSecond: posts / seconds,
      posts,
    });
    const stage: Stage = {
      cluster,
      config,
      delivery,
      load,
      oracle,
      worker,
      newStreams,
      repeats,
      model,
      folder,
      random,
      between: (least, most) => least + Math.floor(random() * (most - least + 1)),
      startWorker,
      recovers,
      afterwards: (work) => void cleanUps.push(work),
      note: (text) => void notes.push(text),
      finding: (text) => void findings.push(text),
    };
    let settled = false;
    let expected = { posts: load.posts, badPosts: load.badPosts, allowsDoubles: false };
    try {
      await scenario.strike(stage);
      await load.finish(posts);
      await recovers();
      settled = true;
      const mayDouble = delivery === 'at-least-once' || scenario.allowsDoubles === true;
      expected = { ...expected, allowsDoubles: mayDouble };
      let differences: readonly string[] = [];
      await until(
        'the windows are as the oracle says',
        async () => {
          differences = await oracle.differences(store);
          return differences.length === 0;
        },
        WINDOWS_WITHIN_MILLIS,
        1_000,
      ).catch((error: Error) => findings.push(`${error.message}; ${differences.slice(0, 5).join(', ')}`));
    } catch (error) {
      findings.push(`it did not go on: ${error instanceof Error ? error.message : error}`);
      await load.stop();
    }
    const killed = workers.flatMap(({ ends }) => ends).filter(({ signal }) => signal === 'SIGKILL').length;
    const restarts = workers
      .flatMap(({ ends }) => ends)
      .filter(({ status }) => status !== null && status !== 0);
    if (restarts.length > 0)
      notes.push(`the worker ended by itself, and was started again, ${restarts.length} times`);
    findings.push(...(await stopAll(workers)));
    const outcome = await judge(await newStreams(), config.topics, expected);
    findings.push(...outcome.findings);
    if (outcome.writtenTwice > 0) notes.push(`the load wrote ${outcome.writtenTwice} posts twice`);
    return {
      scenario,
      delivery,
      posts: load.posts.size + load.badPosts.size,
      kills: killed,
      settled,
      lost: outcome.lost,
      doubled: outcome.doubled,
      deadLetters: outcome.deadLetters,
      recoveryMillis,
      tookMillis: performance.now() - started,
      notes,
      findings,
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()));
    for (const cleanUp of cleanUps) await cleanUp();
    await store.close();
    await Promise.all(open.map((streams) => streams.close()));
  }
}

/** What every scenario's worker is configured with. */
function settingsOf(
  run: string,
  scenario: Scenario,
  delivery: Delivery,
  { cluster, model, brands }: Pick<PlayOptions, 'cluster' | 'model' | 'brands'>,
): Readonly<Record<string, object | string>> {
  const names = ['posts', 'scored', 'aggregates', 'alerts', 'deadLetters'];
  const sections = {
    streams: {
      kind: 'kafka',
      group: run,
      kafka: { brokers: cluster.proxied, sessionTimeoutMs: 6_000, delivery },
      stallAfterMs: 30_000,
    },
    topics: {
      ...Object.fromEntries(names.map((name) => [name, `${run}.${name}`])),
      partitions: PARTITIONS,
    },
    redis: { url: cluster.redisUrl },
    // A post's label must not depend on those that it is scored with.
    scoring: { model, precision: 'float32', maxBatchRecords: 128 },
    aggregation: { namespace: run, idleAfterMs: 5_000, outOfOrdernessMs: 1_000 },
    api: { port: 0 },
    ops: { port: 0 },
  };
  const own = Object.entries(scenario.settings ?? {}).map(([name, section]) => [
    name,
    { ...Reflect.get(sections, name), ...section },
  ]);
  return { brands, ...sections, ...Object.fromEntries(own) };
}

/** Resolves when a group has committed all that is on a topic now. */
async function consumed({ admin }: Cluster, groupId: string, topic: string, what: string): Promise<void> {
  let ends: ReadonlyMap<number, number> | undefined;
  await until(
    what,
    async () => {
      ends ??= new Map(
        (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]),
      );
      const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const partitions = committed?.partitions ?? [];
      return [...ends].every(([partition, end]) => {
        const own = partitions.find((entry) => entry.partition === partition);
        return Math.max(0, Number(own?.offset ?? -1)) >= end;
      });
    },
    RECOVERS_WITHIN_MILLIS,
    100,
  );
}

/** Stops the workers as a supervisor does; what is not as promised comes back as sentences. */
async function stopAll(workers: readonly SupervisedWorker[]): Promise<readonly string[]> {
  const findings = await Promise.all(
    workers.map(async (worker) => {
      if (worker.isStopped) return [];
      const late = wait(STOPS_WITHIN_MILLIS + 5_000, 'late' as const, { ref: false });
      const status = await Promise.race([worker.stop(), late]);
      return status === 0 ? [] : [`SIGTERM ended a worker with ${status}, not with status 0`];
    }),
  );
  return findings.flat();
}
