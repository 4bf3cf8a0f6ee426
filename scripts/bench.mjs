// `make bench`: posts/s, tokens/s and memory of the worker between a real Kafka and a real Redis, as one table.
//
//   BENCH_POSTS=60000     posts in the topic
//   BENCH_ROUNDS=3        rounds of each variant; the variants take turns
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
const VARIANTS = [
  { roles: 'score', precision: 'int8' },
  { roles: 'score', precision: 'float32' },
  { roles: 'score,aggregate,alert', precision: 'int8' },
];

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
      `round ${round}, ${variant.roles} ${variant.precision}: ${Math.round(figures.postsPerSecond)} posts/s`,
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
  return Array.from({ length: POSTS }, (_, i) =>
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
  return Array.from({ length: POSTS }, (_, i) => {
    const column = columns[i % columns.length];
    return column[Math.floor(i / columns.length) % column.length];
  });
}

/** One run of a worker over the whole topic, from its first result to its last. */
async function measure({ roles, precision }) {
  const run = randomUUID().slice(0, 8);
  const names = ['posts', 'scored', 'aggregates', 'alerts', 'deadLetters'];
  const settings = {
    streams: { kind: 'kafka', group: run, kafka: { brokers: brokers.split(','), sessionTimeoutMs: 10_000 } },
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
  const streams = await openStreams(config.streams, silentLogger);
  await streams.topics().create(topicSpecs(config.topics));
  const producer = await streams.producer();
  for (let i = 0; i < values.length; i += 2_000) {
    await producer.send(
      values
        .slice(i, i + 2_000)
        .map((value, j) => ({ topic: config.topics.posts, key: Buffer.from(`post-${i + j}`), value })),
    );
  }

  const arrivals = [];
  let count = 0;
  let done = () => {};
  const finished = new Promise((resolve) => {
    done = resolve;
  });
  const reader = await streams.consume({
    topic: config.topics.scored,
    group: `${run}.bench`,
    from: 'earliest',
    maxBatchRecords: 10_000,
    maxInFlight: { records: 100_000, bytes: 100_000_000 },
    onBatch: (batch) => {
      count += batch.length;
      arrivals.push([performance.now(), count]);
      reader.settle(batch, []);
      if (count >= POSTS) done();
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
    if (count < POSTS)
      throw new Error(`the worker ended with status ${status} after ${count} results:\n${log}`);
  });
  await Promise.race([finished, ended]);
  const memoryMegabytes = peakMemory(worker.pid);
  worker.kill('SIGTERM');
  await ended;
  await streams.close();

  const tokens = Number(/"tokens":(\d+)/.exec(log)?.[1] ?? Number.NaN);
  const [[start, before], [end]] = [arrivals[0], arrivals.at(-1)];
  const seconds = (end - start) / 1000;
  const postsPerSecond = (POSTS - before) / seconds;
  return { postsPerSecond, tokensPerSecond: (postsPerSecond * tokens) / POSTS, memoryMegabytes };
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
  const figures = VARIANTS.map(({ roles, precision }, index) => ({
    stack: 'sentiflux',
    roles,
    delivery: 'at-least-once',
    engine: 'onnx',
    precision,
    postsPerSecond: spread(index, 'postsPerSecond'),
    tokensPerSecond: spread(index, 'tokensPerSecond'),
    memoryMegabytes: spread(index, 'memoryMegabytes'),
  }));
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const table = [
    `${POSTS} posts, 4 partitions, broker on the same machine, ${cpus().length} cores, Node ${process.version}, ${ROUNDS} rounds, commit ${commit}; minimum / median / maximum.`,
    '',
    '| roles | precision | posts/s | tokens/s | peak memory, MB |',
    '| --- | --- | --- | --- | --- |',
    ...figures.map(({ roles, precision, postsPerSecond, tokensPerSecond, memoryMegabytes }) => {
      const cell = ({ min, median, max }) => `${min} / **${median}** / ${max}`;
      return `| ${roles} | ${precision} | ${cell(postsPerSecond)} | ${cell(tokensPerSecond)} | ${cell(memoryMegabytes)} |`;
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
