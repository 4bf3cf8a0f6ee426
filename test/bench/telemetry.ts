// `make bench-telemetry`: what telemetry takes of throughput. A worker with all of it (metrics asked for by Prometheus, spans
// and metrics sent by OTLP, sampled as by default) and one without any score the same topic in turn, and the ratio of each
// pair is judged. What receives and asks runs on the same cores. `scripts/telemetry-cost.mjs` tells what each part takes of
// the main thread.
//
//   BENCH_POSTS=60000        posts in the topic
//   BENCH_ROUNDS=5           pairs; the median of their ratios is judged
//   TELEMETRY_SAMPLED=0.01   share of the posts that their producer traces, each a link of a span
//   BENCH_INPUT=FILE         NDJSON posts instead of those beside the repository (or, without those, of the demo)
//   BENCH_OUTPUT=FILE        the figures as JSON
//   BENCH_WRITE=1            write the table into docs/benchmarks.md
//
// Exit status: 0 at most 5 % of the posts/s are lost, 1 more are.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Figures, measure } from './measure.js';
import { circumstances, numberOf, report, tableFrom } from './page.js';
import { withSetting } from './setting.js';
import type { Stack } from './stacks.js';
import { cellOf, quantile, spreadOf } from './table.js';
import { usual, usualName, workerStack } from './worker.js';
import { followLog } from './worker-log.js';

const MOST_LOST = 0.05;
/** Prometheus asks every minute by default, and so often does OTLP send metrics: a run of seconds would see neither. */
const METRICS_MILLIS = 5_000;

const posts = numberOf('BENCH_POSTS', 60_000);
const rounds = numberOf('BENCH_ROUNDS', 5);
const sampledShare = numberOf('TELEMETRY_SAMPLED', 0.01);

await withSetting({ posts, sampledShare, input: process.env.BENCH_INPUT }, async (setting) => {
  const collector = await startCollector();
  try {
    const stacks = { without: silent(), with: telling(collector) };
    const pairs: (readonly [without: Figures, told: Figures])[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const pair = [await measure(stacks.without, setting), await measure(stacks.with, setting)] as const;
      pairs.push(pair);
      console.error(
        `round ${round}: ${pair.map(({ postsPerSecond }) => postsPerSecond.toFixed(0)).join(', ')} posts/s without, with`,
      );
    }
    const { spans, metrics, pages } = collector.received;
    if (spans === 0 || metrics === 0 || pages === 0)
      throw new Error(`nothing was sent (${JSON.stringify(collector.received)}): take more posts`);
    tell(pairs, collector.received);
  } finally {
    collector.close();
  }
});

function silent(): Stack {
  return workerStack(usual, { prometheus: false, environment: { OTEL_SDK_DISABLED: 'true' } });
}

function telling(collector: Collector): Stack {
  const stack = workerStack(usual, {
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_METRIC_EXPORT_INTERVAL: String(METRICS_MILLIS),
    },
  });
  return {
    ...stack,
    start: (run) => {
      const worker = stack.start(run);
      const log = followLog(worker, run.topics.posts);
      const timer = setInterval(() => {
        if (log.ops !== undefined) void collector.ask(`${log.ops}/metrics`);
      }, METRICS_MILLIS);
      worker.once('close', () => clearInterval(timer));
      return worker;
    },
  };
}

interface Collector {
  readonly endpoint: string;
  /** Requests that came, and pages of metrics that were had. */
  readonly received: { spans: number; metrics: number; pages: number };
  /** Reads a page of metrics, as Prometheus does. */
  readonly ask: (address: string) => Promise<void>;
  readonly close: () => void;
}

/** Takes whatever it is sent and does nothing with it. */
async function startCollector(): Promise<Collector> {
  const received = { spans: 0, metrics: 0, pages: 0 };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.url === '/v1/traces') received.spans += 1;
      if (request.url === '/v1/metrics') received.metrics += 1;
      response.setHeader('content-type', 'application/x-protobuf').end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return {
    endpoint: `http://127.0.0.1:${port}`,
    received,
    async ask(address) {
      try {
        const page = await (await fetch(address)).text();
        if (page.includes('sentiflux_posts_scored_total')) received.pages += 1;
      } catch {
        // The worker has ended meanwhile.
      }
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function tell(
  pairs: readonly (readonly [without: Figures, told: Figures])[],
  received: Collector['received'],
): void {
  const ratio = (of: (figures: Figures) => number): number => {
    const ratios = pairs.map(([without, told]) => of(told) / of(without)).sort((a, b) => a - b);
    return quantile(ratios, 0.5) ?? Number.NaN;
  };
  const rate = ({ postsPerSecond }: Figures): number => Math.round(postsPerSecond);
  const cpu = ({ cpuMicros }: Figures): number => Math.round(cpuMicros);
  const figures = {
    without: {
      postsPerSecond: spreadOf(pairs.map(([own]) => rate(own))),
      cpuMicros: spreadOf(pairs.map(([own]) => cpu(own))),
    },
    with: {
      postsPerSecond: spreadOf(pairs.map(([, own]) => rate(own))),
      cpuMicros: spreadOf(pairs.map(([, own]) => cpu(own))),
    },
    /** Share of the posts/s, below 0 where the worker with telemetry was faster. */
    lost: 1 - ratio(({ postsPerSecond }) => postsPerSecond),
    /** Share by which a post takes more processor time. */
    moreCpu: ratio(({ cpuMicros }) => cpuMicros) - 1,
  };
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const text = [
    `${posts} posts, ${percent(sampledShare)} of them sampled, 4 partitions, ${circumstances()}; ${usualName}; ` +
      `${rounds} pairs in turn; minimum / **median** / maximum. ${received.spans} requests of spans, ${received.metrics} of metrics ` +
      `and ${received.pages} pages for Prometheus.`,
    '',
    tableFrom(
      ['telemetry', 'posts/s', 'processor, µs a post'],
      [
        ['off', cellOf(figures.without.postsPerSecond), cellOf(figures.without.cpuMicros)],
        ['on', cellOf(figures.with.postsPerSecond), cellOf(figures.with.cpuMicros)],
      ],
    ),
    '',
    `By the median of the pairs ${percent(figures.lost)} of the posts/s are lost, and a post takes ${percent(figures.moreCpu)} more ` +
      `processor time; at most ${percent(MOST_LOST)} may be lost.`,
  ].join('\n');
  report('bench-telemetry', text, figures);
  process.exitCode = figures.lost <= MOST_LOST ? 0 : 1;
}
