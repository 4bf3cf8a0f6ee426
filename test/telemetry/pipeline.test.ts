import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { alertSchema } from '../../src/contracts/alert.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import { metricDefinitions } from '../../src/telemetry/instrument.js';
import '../../src/telemetry/instruments.js';
import { prometheusLabel, prometheusSeries } from '../../src/telemetry/prometheus-names.js';
import { httpServer, type Received } from '../alerting/http-server.js';
import { tool } from '../deploy/tools.js';
import { start } from '../support/cli.js';
import { canStartRedis, ownRedis } from '../support/own-redis.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startCollector } from './collector.js';
import { linkedTo, otlpVariables, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.js';

const WINDOW = 10_000;
const QUIET_WINDOWS = 60;
const SURGE_WINDOWS = 3;
const QUIET_AFTER = 12;
const PRAISE = ['I love the new Acme phone, it is wonderful', 'Acme made my day, great service'];
const COMPLAINTS = [
  'Acme is terrible, I hate it, worst phone ever',
  'My Acme broke again, this is awful and I want my money back',
];

/** The context of who wrote a post, made of its place so that the test finds it again. */
const traceOf = (id: string) => {
  const [window = 0, i = 0] = id.split('-').map(Number);
  const digits = (1 + 100 * window + i).toString(16);
  return { traceId: digits.padStart(32, '0'), spanId: digits.padStart(16, '0') };
};

/** Ten quiet minutes, half a minute of complaints, two quiet minutes; who complains is traced. */
function surge() {
  const windows = QUIET_WINDOWS + SURGE_WINDOWS + QUIET_AFTER;
  const from = Math.floor(Date.now() / WINDOW - windows - 30) * WINDOW;
  return Array.from({ length: windows }, (_, w) => {
    const isSurge = w >= QUIET_WINDOWS && w < QUIET_WINDOWS + SURGE_WINDOWS;
    return Array.from({ length: isSurge ? 25 : 2 }, (_, i) => {
      const texts = isSurge ? COMPLAINTS : PRAISE;
      const id = `${w}-${i}`;
      const { traceId, spanId } = traceOf(id);
      return {
        key: Buffer.from(id),
        value: Buffer.from(
          JSON.stringify({
            id,
            text: `${texts[i % texts.length]} (${id})`,
            createdAt: from + w * WINDOW + i * 100,
          }),
        ),
        ...(isSurge && { headers: { traceparent: Buffer.from(`00-${traceId}-${spanId}-01`) } }),
      };
    });
  }).flat();
}

interface Run {
  readonly posts: ReturnType<typeof surge>;
  /** What the receiver of the alerts got. */
  readonly told: readonly Received[];
  readonly log: string;
  /** What Prometheus reads. */
  readonly page: string;
  readonly spans: readonly ReceivedSpan[];
  readonly metrics: ReadonlySet<string>;
}

/** Without it a receiver of the tests' own stands in its place. */
const otelcol = tool('otelcol');

/** The pipeline on files and Redis, until an alert has fired, was told, and is over. */
async function runOnce(): Promise<Run> {
  const otlp = await (otelcol === undefined ? startOtlpReceiver() : startCollector(otelcol));
  const posts = surge();
  let log = '';
  let page = '';
  const redis = await ownRedis();
  const hook = await httpServer();
  const folder = temporaryFolder();
  const brands = join(folder, 'brands.yaml');
  writeFileSync(brands, 'brands: [{ id: acme, name: Acme, keywords: [acme] }]');
  const rule = {
    name: 'negative-surge',
    tier: '10s',
    lagMs: 30_000,
    minHistoryMs: 240_000,
    keepFiringMs: 10_000,
    minPosts: 5,
    deduplicate: false,
  };
  const settings = {
    streams: { kind: 'file', file: { directory: join(folder, 'streams') } },
    topics: { partitions: 1 },
    brands,
    aggregation: { idleAfterMs: 2_000, outOfOrdernessMs: 1_000 },
    redis: { url: redis.url },
    alerting: {
      evaluateEveryMs: 200,
      rules: [rule],
      receivers: [{ name: 'hook', kind: 'webhook', url: hook.url, secret: 'a secret', allowPrivate: true }],
    },
    scoring: { threads: 1 },
    api: { port: 0 },
    ops: { port: 0 },
    telemetry: { brands: ['acme'] },
  };
  const file = join(folder, 'worker.yaml');
  writeFileSync(file, JSON.stringify(settings));
  const config = configSchema.parse(settings);
  const streams = await openStreams(config.streams, silentLogger);
  await streams.topics().create(topicSpecs(config.topics));
  const producer = await streams.producer();
  const bad = { key: Buffer.from('bad'), value: Buffer.from('no post') };
  const deletion = { key: Buffer.from('0-0'), value: null };
  await producer.send([...posts, bad, deletion].map((record) => ({ topic: config.topics.posts, ...record })));
  await streams.close();

  const worker = start(['run', '--config', file], { env: otlpVariables(otlp) });
  worker.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  const until = async (what: () => boolean): Promise<void> => {
    while (!what()) {
      if (worker.exitCode !== null) throw new Error(`the worker ended: ${log}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await until(() => hook.received.length >= 2);
  const told = [...hook.received];
  const [, ops = ''] = /"ops":"([^"]+)"/.exec(log) ?? [];
  // The lag is looked at every few seconds.
  while (!page.includes('sentiflux_consumer_lag_time_seconds{'))
    page = await (await fetch(`${ops}/metrics`)).text();
  await until(() => otlp.spans.some(({ name }) => name === 'deliver hook'));
  await until(() => otlp.metrics.has('sentiflux.consumer.lag.time'));
  const exited = once(worker, 'exit');
  worker.kill('SIGTERM');
  await exited;
  await otlp.close();
  return { posts, told, log, page, spans: otlp.spans, metrics: otlp.metrics };
}

let run: Promise<Run> | undefined;
/** One run for all tests, by the first of them. */
const ofTheRun = (): Promise<Run> => (run ??= runOnce());
const RUN_TIMEOUT = 300_000;

const by = otelcol === undefined ? "a receiver of the tests' own" : 'an OpenTelemetry collector';
describe.skipIf(!canStartRedis)(`what a worker tells of itself, by way of ${by}`, () => {
  it(
    'every documented metric is there for Prometheus, and goes to a collector',
    async () => {
      const { metrics, page } = await ofTheRun();
      const missing = metricDefinitions().filter(({ name }) => !metrics.has(name));
      expect(missing.map(({ name }) => name)).toEqual([]);
      const unserved = metricDefinitions()
        .flatMap(prometheusSeries)
        .filter((series) => !new RegExp(`^${series}[{ ]`, 'm').test(page));
      expect(unserved).toEqual([]);
    },
    RUN_TIMEOUT,
  );

  it(
    'no metric is there that is not documented',
    async () => {
      const { metrics } = await ofTheRun();
      const documented = new Set(metricDefinitions().map(({ name }) => name));
      expect([...metrics].filter((name) => !documented.has(name))).toEqual([]);
    },
    RUN_TIMEOUT,
  );

  it(
    'labels are those that are documented',
    async () => {
      const { page } = await ofTheRun();
      const documented = new Map(
        metricDefinitions().flatMap((definition) =>
          prometheusSeries(definition).map((series) => [series, definition.attributes] as const),
        ),
      );
      for (const [, series = '', labels = ''] of page.matchAll(/^(\w+)\{(.+)\} /gm)) {
        if (series === 'target_info') continue;
        const names = [...labels.matchAll(/(\w+)="/g)]
          .map(([, name]) => name)
          .filter((name) => name !== 'le');
        const known = documented.get(series)?.map(prometheusLabel) ?? [];
        expect(known, series).toEqual(expect.arrayContaining(names));
      }
    },
    RUN_TIMEOUT,
  );

  it(
    'tells a brand apart only where the configuration lists it',
    async () => {
      const { page } = await ofTheRun();
      expect(page).toMatch(/^sentiflux_alerts_changed_total\{.*sentiflux_brand="acme"/m);
      expect(page).not.toContain('_all');
    },
    RUN_TIMEOUT,
  );

  it(
    'one post can be followed from who wrote it to the alert and its delivery',
    async () => {
      const { spans, told } = await ofTheRun();
      const alert = alertSchema.parse(JSON.parse(told[0]?.body ?? '').alert);
      const [id = ''] = alert.evidence.postIds ?? [];
      const scored = linkedTo(spans, traceOf(id));
      expect(scored.map(({ name }) => name).sort()).toEqual(['poll posts.raw', 'process posts.raw']);
      const scoring = named(scored, 'process posts.raw');
      const aggregated = linkedTo(spans, scoring);
      expect(aggregated.map(({ name }) => name).sort()).toEqual([
        'poll sentiment.scored',
        'process sentiment.scored',
      ]);
      const counting = named(aggregated, 'process sentiment.scored');
      const [firing] = linkedTo(spans, counting).filter(({ name }) => name === 'alert negative-surge');
      expect(firing?.attributes).toMatchObject({
        'sentiflux.brand': 'acme',
        'sentiflux.alert.state': 'firing',
      });
      const after = spans.filter(({ parentSpanId }) => parentSpanId === firing?.spanId);
      expect(after.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['send sentiment.alerts', 'deliver hook']),
      );
    },
    RUN_TIMEOUT,
  );

  it(
    'a batch has a span for each of poll, process, send and settle in one trace, and a post has none',
    async () => {
      const { spans, posts } = await ofTheRun();
      const processes = spans.filter(({ name }) => name === 'process posts.raw');
      const counts = processes.map(({ attributes }) => Number(attributes['messaging.batch.message_count']));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(posts.length + 2);
      for (const process of processes) {
        const trace = spans.filter(({ traceId }) => traceId === process.traceId);
        const poll = named(trace, 'poll posts.raw');
        expect(process.parentSpanId).toBe(poll.spanId);
        const children = trace.filter(({ parentSpanId }) => parentSpanId === process.spanId);
        expect(children.map(({ name }) => name.split(' ')[0]).sort()).toEqual(['send', 'settle']);
      }
    },
    RUN_TIMEOUT,
  );

  it(
    'links each sampled post of a batch, however many they are',
    async () => {
      const { spans, posts } = await ofTheRun();
      const links = new Set(
        spans
          .filter(({ name }) => name === 'process posts.raw')
          .flatMap((span) => span.links.map(({ traceId }) => traceId)),
      );
      expect(links.size).toBe(posts.filter(({ headers }) => headers !== undefined).length);
    },
    RUN_TIMEOUT,
  );

  it(
    'lines of the log name the trace in which they were written, and no text of a post',
    async () => {
      const { log, spans } = await ofTheRun();
      const lines = log.split('\n').filter((line) => line.startsWith('{'));
      const [changed] = lines
        .map((line) => Object(JSON.parse(line)))
        .filter(({ msg }) => msg === 'an alert has changed');
      const span = spans.find(
        ({ name, spanId }) => name === 'alert negative-surge' && spanId === changed?.span_id,
      );
      expect(span?.traceId).toBe(changed?.trace_id);
      expect(changed?.trace_id).toMatch(/^[0-9a-f]{32}$/);
      expect(log).not.toContain('worst phone ever');
    },
    RUN_TIMEOUT,
  );
});

function named(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`there is no span ${name}`);
  return found;
}
