// `make bench`: posts/s, tokens/s, memory and latency of the worker between a real Kafka and a real Redis, as one
// table. Throughput is measured on a topic that is full already; latency, from the write of a post to its result
// at a read_committed reader, on posts that then come one after the other.
//
//   BENCH_POSTS=60000     posts in the topic
//   BENCH_ROUNDS=3        rounds of each variant; the variants take turns
//   BENCH_RATE=1000       posts a second while latency is measured, for ten seconds
//   BENCH_VARIANTS=0,1    some of the variants only
//   BENCH_INPUT=FILE      NDJSON posts instead of those beside the repository (or, without those, of the demo)
//   BENCH_OUTPUT=FILE     the figures as JSON
//   BENCH_WRITE=1         write the table into docs/benchmarks.md
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../dist/config/schema.js';
import { silentLogger } from '../dist/contracts/logger.js';
import { topicSpecs } from '../dist/pipelines/topics.js';
import { openStreams } from '../dist/streams/open.js';

const POSTS = Number(process.env.BENCH_POSTS ?? 60_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const RATE = Number(process.env.BENCH_RATE ?? 1_000);
const PACED_POSTS = 10 * RATE;
const PACE_MILLIS = 20;
const VARIANTS = [
  { roles: 'score', delivery: 'at-least-once', precision: 'int8' },
  { roles: 'score', delivery: 'exactly-once', precision: 'int8' },
  { roles: 'score', delivery: 'at-least-once', precision: 'float32' },
  { roles: 'score,aggregate,alert', delivery: 'at-least-once', precision: 'int8' },
  { roles: 'score,aggregate,alert', delivery: 'exactly-once', precision: 'int8' },
].filter((_, index) => process.env.BENCH_VARIANTS?.split(',').includes(String(index)) ?? true);

const folder = mkdtempSync(join(tmpdir(), 'sentiflux-bench-'));
const ranBefore = spawnSync('scripts/services.sh', ['status'], { stdio: 'ignore' }).status === 0;
const [brokers, redisUrl] = services();
const values = readPosts();
const rounds = VARIANTS.map(() => []);
for (let round = 1; round <= ROUNDS; round += 1) {
  for (const [index, variant] of VARIANTS.entries()) {
    const figures = await measure(variant);
    rounds[index].push(figures);
    console.error(
      `round ${round}, ${Object.values(variant).join(' ')}: ${Math.round(figures.postsPerSecond)} posts/s, p99 ${Math.round(figures.p99Millis)} ms`,
    );
  }
}
rmSync(folder, { recursive: true });
report();
// What this has started it also stops.
if (!ranBefore && process.env.KAFKA_BROKERS === undefined)
  spawnSync('scripts/services.sh', ['down'], { stdio: 'inherit' });

function services() {
  const given = [process.env.KAFKA_BROKERS, process.env.REDIS_URL];
  if (given.every(Boolean)) return given;
  const printed = execFileSync('scripts/services.sh', ['up'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return [/KAFKA_BROKERS=(\S+)/.exec(printed)[1], /REDIS_URL=(\S+)/.exec(printed)[1]];
}

/** The values of the topic, each with an id of its own and a time within the last hour. */
function readPosts() {
  const texts = textsOf();
  const now = Date.now();
  return Array.from({ length: POSTS + PACED_POSTS }, (_, i) =>
    Buffer.from(
      JSON.stringify({
        id: `post-${i}`,
        text: texts[i % texts.length],
        source: 'social',
        author: `author-${i % 5_000}`,
        createdAt: new Date(now - (i % 3_000) * 1_000).toISOString(),
      }),
    ),
  );
}

function textsOf() {
  if (process.env.BENCH_INPUT !== undefined) {
    return readFileSync(process.env.BENCH_INPUT, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).text);
  }
  const beside = [
    'en-semeval-2013-2016',
    'zh-weibo-ewect',
    'multilingual-tweets-umsab',
    'en-reddit-goemotions',
  ]
    .map((name) => `../shared/data/${name}.tsv`)
    .filter(existsSync);
  const files = beside.length > 0 ? beside : ['demo/source/en.tsv', 'demo/source/zh.tsv'];
  const columns = files.map((file) => {
    const [header, ...lines] = readFileSync(file, 'utf8').split('\n');
    const at = header.split('\t').indexOf('text');
    return lines.map((line) => line.split('\t')[at]).filter(Boolean);
  });
  return Array.from({ length: POSTS + PACED_POSTS }, (_, i) => {
    const column = columns[i % columns.length];
    return column[Math.floor(i / columns.length) % column.length];
  });
}

/** One run of a worker over the whole topic, from its first result to its last. */
async function measure({ roles, delivery, precision }) {
  const run = randomUUID().slice(0, 8);
  const names = ['posts', 'scored', 'aggregates', 'alerts', 'deadLetters'];
  const settings = {
    streams: {
      kind: 'kafka',
      group: run,
      kafka: { brokers: brokers.split(','), sessionTimeoutMs: 10_000, delivery },
    },
    topics: {
      ...Object.fromEntries(names.map((name) => [name, `${run}.${name}`])),
      partitions: 4,
      replication: 1,
    },
    redis: { url: redisUrl },
    brands: join(process.cwd(), 'config/brands.yaml'),
    aggregation: { namespace: run },
    scoring: { precision },
    api: { port: 0 },
    ops: { port: 0 },
  };
  const file = join(folder, `${run}.yaml`);
  writeFileSync(file, JSON.stringify(settings));
  const config = configSchema.parse(settings);
  const streams = await openStreams(
    { ...config.streams, kafka: { ...config.streams.kafka, delivery: 'at-least-once' } },
    silentLogger,
  );
  await streams.topics().create(topicSpecs(config.topics));
  const producer = await streams.producer();
  const write = (from, to) =>
    producer.send(
      values
        .slice(from, to)
        .map((value, i) => ({ topic: config.topics.posts, key: Buffer.from(`post-${from + i}`), value })),
    );
  for (let i = 0; i < POSTS; i += 2_000) await write(i, Math.min(POSTS, i + 2_000));

  const arrivals = [];
  const latencies = [];
  let count = 0;
  let wake = () => {};
  /** Resolves when that many results have come. */
  const results = (wanted) =>
    new Promise((resolve) => {
      wake = () => count >= wanted && resolve();
      wake();
    });
  const reader = await streams.consume({
    topic: config.topics.scored,
    group: `${run}.bench`,
    from: 'earliest',
    maxBatchRecords: 10_000,
    maxInFlight: { records: 100_000, bytes: 100_000_000 },
    onBatch: (batch) => {
      if (count >= POSTS) {
        const now = Date.now();
        for (const headers of batch.headers)
          latencies.push(now - Number(Buffer.from(headers['sf-source-timestamp']).toString()));
      } else arrivals.push([performance.now(), count + batch.length]);
      count += batch.length;
      reader.settle(batch, []);
      wake();
    },
    onFailure: (error) => {
      throw error;
    },
  });

  const worker = spawn(process.execPath, ['dist/cli/main.js', 'run', '--config', file, '--role', roles], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  worker.stderr.setEncoding('utf8').on('data', (chunk) => {
    log += chunk;
  });
  const ended = once(worker, 'exit').then(([status]) => {
    if (count < values.length)
      throw new Error(`the worker ended with status ${status} after ${count} results:\n${log}`);
  });
  await Promise.race([results(POSTS), ended]);
  const [started, step] = [performance.now(), (RATE * PACE_MILLIS) / 1000];
  for (let i = POSTS; i < values.length; i += step) {
    await write(i, Math.min(values.length, i + step));
    const ahead = started + ((i - POSTS) / RATE) * 1000 - performance.now();
    if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
  }
  await Promise.race([results(values.length), ended]);
  const memoryMegabytes = peakMemory(worker.pid);
  worker.kill('SIGTERM');
  await ended;
  await streams.close();

  const tokens = Number(/"tokens":(\d+)/.exec(log)?.[1] ?? Number.NaN);
  const [[start, before], [end]] = [arrivals[0], arrivals.at(-1)];
  const seconds = (end - start) / 1000;
  const postsPerSecond = (arrivals.at(-1)[1] - before) / seconds;
  latencies.sort((a, b) => a - b);
  return {
    postsPerSecond,
    tokensPerSecond: (postsPerSecond * tokens) / values.length,
    memoryMegabytes,
    p50Millis: latencies[Math.floor(latencies.length * 0.5)],
    p99Millis: latencies[Math.floor(latencies.length * 0.99)],
  };
}

function peakMemory(pid) {
  if (!existsSync(`/proc/${pid}/status`)) return Number.NaN;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

function report() {
  const spread = (index, figure) => {
    const sorted = rounds[index].map((round) => round[figure]).sort((a, b) => a - b);
    return {
      min: Math.round(sorted[0]),
      median: Math.round(sorted[sorted.length >> 1]),
      max: Math.round(sorted.at(-1)),
    };
  };
  const figures = VARIANTS.map(({ roles, delivery, precision }, index) => ({
    stack: 'sentiflux',
    roles,
    delivery,
    engine: 'onnx',
    precision,
    postsPerSecond: spread(index, 'postsPerSecond'),
    tokensPerSecond: spread(index, 'tokensPerSecond'),
    memoryMegabytes: spread(index, 'memoryMegabytes'),
    p50Millis: spread(index, 'p50Millis'),
    p99Millis: spread(index, 'p99Millis'),
  }));
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const table = [
    `${POSTS} posts, 4 partitions, broker on the same machine, ${cpus().length} cores, Node ${process.version}, ${ROUNDS} rounds, commit ${commit}; minimum / median / maximum; latency at ${RATE} posts/s.`,
    '',
    '| roles | delivery | precision | posts/s | tokens/s | peak memory, MB | latency p50, ms | p99, ms |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...figures.map(({ roles, delivery, precision, ...measured }) => {
      const names = ['postsPerSecond', 'tokensPerSecond', 'memoryMegabytes', 'p50Millis', 'p99Millis'];
      const cells = names.map((name) => {
        const { min, median, max } = measured[name];
        return `${min} / **${median}** / ${max}`;
      });
      return `| ${[roles, delivery, precision, ...cells].join(' | ')} |`;
    }),
  ].join('\n');
  console.log(table);
  if (process.env.BENCH_OUTPUT !== undefined)
    writeFileSync(process.env.BENCH_OUTPUT, `${JSON.stringify(figures, null, 2)}\n`);
  if (process.env.BENCH_WRITE === '1') {
    const page = readFileSync('docs/benchmarks.md', 'utf8');
    writeFileSync(
      'docs/benchmarks.md',
      page.replace(/(<!-- bench -->\n)[\s\S]*?(<!-- \/bench -->)/, `$1\n${table}\n\n$2`),
    );
  }
}
