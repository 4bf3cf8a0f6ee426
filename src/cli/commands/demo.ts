import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { loadBrands } from '../../config/load.js';
import { type Config, configSchema } from '../../config/schema.js';
import type { Clock } from '../../contracts/clock.js';
import { type EpochMillis, epochMillis } from '../../contracts/ids.js';
import { TIER_MILLIS } from '../../contracts/window.js';
import { type DemoRecord, loadDemo } from '../../demo/load-demo.js';
import { createReplayClock } from '../../pipelines/clocks.js';
import { ROLES } from '../../pipelines/role.js';
import { startWorker, type Worker } from '../../pipelines/worker.js';
import { startTelemetry } from '../../telemetry/start.js';
import { version } from '../../version.js';
import { DemoTally, summary } from '../demo-summary.js';
import { embedded } from '../embedded.js';
import { EXIT } from '../exit.js';
import { createLogger } from '../logger.js';
import { openProgress } from '../progress.js';
import { telemetryOptions } from '../telemetry-options.js';

const DEMO_FOLDER = new URL('../../../demo/', import.meta.url);
const BRANDS_FILE = fileURLToPath(new URL('../../../config/brands.yaml', import.meta.url));

/** Wall time between two writes to the topic. */
const TICK_MILLIS = 20;
const DRAIN_MILLIS = 20_000;
/** Time of the posts between two lines of progress. */
const REPORT_EVERY = 6 * TIER_MILLIS['1h'];

interface DemoOptions {
  readonly exit?: boolean;
  readonly wait?: boolean;
  readonly seconds: number;
  readonly port: number;
}

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('replay bundled posts of two days through the whole pipeline, with nothing but Node')
    .option('--exit', 'end by itself after the summary instead of serving the page on')
    .option('--seconds <n>', 'how long the two days take', number, 45)
    .option('--wait', 'begin when Enter is pressed, so that the page can be opened before')
    .option('--port <n>', 'of the page and the API; 0 for any that is free', number, 8080)
    .action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  const brands = await loadBrands(BRANDS_FILE);
  const recorded = await readFile(new URL('posts.ndjson', DEMO_FOLDER), 'utf8');
  const span = spanOf(loadDemo(recorded, epochMillis(0)));
  // The two days end about now, and begin with a full hour, so that windows fall the same way every time.
  const hour = TIER_MILLIS['1h'];
  const startAt = epochMillis(Math.floor((Date.now() - span) / hour) * hour);
  const records = loadDemo(recorded, startAt);
  const speed = span / (1000 * options.seconds);

  const config = demoConfig(speed, options.port);
  const telemetry = await startTelemetry(telemetryOptions(config, process.env));
  const logger = createLogger('warn');
  const tally = new DemoTally();
  const end = epochMillis(startAt + span);
  // Time must not run while the worker starts.
  const clock = pausedUntilStarted(startAt, end, speed);
  const worker = await startWorker({
    config,
    ...(telemetry.prometheus && { metrics: telemetry.prometheus }),
    roles: new Set(ROLES),
    brands,
    logger,
    clock,
    onSettled: (batch, scored) => tally.add(batch, scored),
  });
  const { api } = worker.addresses;
  process.stdout.write(
    `sentiflux ${version}: ${records.length} records of two days, replayed in ${options.seconds} s\n` +
      `page  ${api}\nAPI   ${api}/v1/brands  (OpenAPI: ${api}/openapi.json)\n\n`,
  );
  try {
    if (options.wait === true) await enter();
    const started = performance.now();
    clock.start();
    await replay(records, worker, clock, tally);
    await settled(tally, records.length);
    clock.goOn();
    await finish(worker, end);
    const seconds = (performance.now() - started) / 1000;
    // From here on an hour is an hour: the page would leave the two days behind within seconds.
    clock.slowDown();
    process.stdout.write(
      `\n${await summary({ tally, worker, brands, from: startAt, to: clock.now(), seconds })}`,
    );
    if (options.exit !== true) await serveOn(api);
  } finally {
    await worker.stop();
    await telemetry.stop();
  }
}

/** Everything embedded, and times stretched as the replay is: the pipeline takes its usual time, the posts do not. */
function demoConfig(speed: number, apiPort: number): Config {
  const config = embedded(configSchema.parse({}), apiPort);
  const stretched = (wallMillis: number): number => Math.round(wallMillis * speed);
  return {
    ...config,
    aggregation: {
      ...config.aggregation,
      outOfOrdernessMs: stretched(500),
      idleAfterMs: stretched(1_000),
      allowedLatenessMs: stretched(5_000),
      closeEveryMs: 50,
      retentionMs: { ...config.aggregation.retentionMs, '10s': 3 * 86_400_000, '1m': 3 * 86_400_000 },
    },
    alerting: { ...config.alerting, evaluateEveryMs: 100 },
  };
}

function spanOf(records: readonly DemoRecord[]): number {
  return records.at(-1)?.at ?? 0;
}

interface DemoClock extends Clock {
  start(): void;
  /** Past the end. */
  goOn(): void;
  /** Goes on at the wall's speed. */
  slowDown(): void;
}

/** Waits at the end until it is told to go on: a slow pipeline would be left behind, and so would the page. */
function pausedUntilStarted(startAt: EpochMillis, end: EpochMillis, speed: number): DemoClock {
  let clock: Clock = { now: () => startAt };
  return {
    now: () => clock.now(),
    start() {
      const replay = createReplayClock(startAt, speed);
      clock = { now: () => epochMillis(Math.min(end, replay.now())) };
    },
    goOn() {
      clock = createReplayClock(end, speed);
    },
    slowDown() {
      clock = createReplayClock(clock.now(), 1);
    },
  };
}

/** Waits for a line on standard input, or for its end. */
async function enter(): Promise<void> {
  process.stdout.write('Enter begins.\n');
  const { stdin } = process;
  await Promise.race([once(stdin, 'data'), once(stdin, 'end')]);
  stdin.pause();
}

/** Writes each record when its time has come. */
async function replay(
  records: readonly DemoRecord[],
  { streams }: Worker,
  clock: Clock,
  tally: DemoTally,
): Promise<void> {
  const producer = await streams.producer();
  const progress = openProgress('replayed', records.length);
  const { topics } = configSchema.parse({});
  let reported: number = clock.now();
  for (let next = 0; next < records.length; ) {
    const now = clock.now();
    let end = next;
    while (end < records.length && (records[end]?.at ?? now) <= now) end += 1;
    const due = records.slice(next, end);
    if (due.length > 0) {
      await producer.send(
        due.map(({ at, key, value }) => ({ topic: topics.posts, key, value, timestamp: at })),
      );
    }
    next = end;
    const line = `${new Date(now).toISOString().slice(0, 16).replace('T', ' ')}, ${tally.line()}`;
    progress.set(next, line);
    // Where there is no terminal for the bar, a line now and then.
    if (process.stderr.isTTY !== true && now >= reported + REPORT_EVERY) {
      process.stdout.write(`${line}\n`);
      reported = now;
    }
    await wait(TICK_MILLIS);
  }
  progress.stop();
  await producer.close();
}

/** Waits until every record has been scored or rejected. */
async function settled(tally: DemoTally, records: number): Promise<void> {
  const deadline = performance.now() + DRAIN_MILLIS;
  while (performance.now() < deadline && tally.read < records) await wait(TICK_MILLIS);
}

/** Waits until the windows of the last posts are closed, and every alert that is firing had its chance to resolve. */
async function finish(worker: Worker, end: EpochMillis): Promise<void> {
  const deadline = performance.now() + DRAIN_MILLIS;
  const isDone = async (): Promise<boolean> => {
    const watermark = await worker.windows.watermark();
    if (watermark === undefined || watermark < end + TIER_MILLIS['1h']) return false;
    return (await worker.alerts.list({ state: 'firing', limit: 1 })).length === 0;
  };
  while (performance.now() < deadline && !(await isDone())) {
    await wait(TICK_MILLIS);
  }
}

async function serveOn(api: string | undefined): Promise<void> {
  process.stdout.write(`\nThe page stays at ${api}; Ctrl-C ends it.\n`);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  process.exitCode = EXIT.done;
}

function number(value: string): number {
  const parsed = Number(value);
  if (!Number.isFinite(parsed) || parsed < 0) throw new InvalidArgumentError('It must be a number from 0.');
  return parsed;
}
