// How many scored posts a second one aggregator takes into Redis, and what its windows cost there:
//   node scripts/bench-aggregate.mjs [--redis redis://127.0.0.1:6379/9] [--posts 300000] [--brands 20] [--authors 50000]
// The database must be empty. Needs a build. Records are encoded beforehand; decoding them, counting and writing are timed.
// With --close the windows are closed then, which is not timed, and their bytes are told too.
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { createAggregator } from '../dist/aggregation/aggregator.js';
import { closeWindows } from '../dist/aggregation/close-windows.js';
import { decodeScored } from '../dist/aggregation/decode-scored.js';
import { openWindowStore } from '../dist/aggregation/open-store.js';
import { configSchema } from '../dist/config/schema.js';
import { silentLogger } from '../dist/contracts/logger.js';
import { packRecords } from '../dist/contracts/record-batch.js';

const { values } = parseArgs({
  options: {
    redis: { type: 'string', default: 'redis://127.0.0.1:6379/9' },
    posts: { type: 'string', default: '300000' },
    brands: { type: 'string', default: '20' },
    authors: { type: 'string', default: '50000' },
    partitions: { type: 'string', default: '4' },
    batch: { type: 'string', default: '2000' },
    'posts-per-second': { type: 'string', default: '5000' },
    close: { type: 'boolean', default: false },
  },
});
const [posts, brands, authors, partitions, batchSize, rate] = [
  values.posts,
  values.brands,
  values.authors,
  values.partitions,
  values.batch,
  values['posts-per-second'],
].map(Number);

const START = Date.UTC(2026, 0, 15, 12);
const LABELS = ['negative', 'neutral', 'positive'];
let seed = 1;
/** A linear congruential generator (Numerical Recipes): the same posts every time. */
function random() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}
const below = (limit) => Math.floor(random() * limit);
const hex = () =>
  Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
/** Few are frequent, as brands, authors and words are. */
const skewed = (limit) => Math.floor(limit * random() ** 3);

function post(i) {
  const label = LABELS[below(3)];
  return {
    v: 1,
    id: `at://did:plc:${hex()}${hex()}/app.bsky.feed.post/${i}`,
    revision: START + Math.floor((i * 1000) / rate),
    createdAt: new Date(START + Math.floor((i * 1000) / rate)).toISOString(),
    source: ['bluesky', 'mastodon', 'reddit', 'news'][below(4)],
    language: ['en', 'zh', 'de', 'es'][below(4)],
    brands: [`brand-${skewed(brands)}`],
    label,
    probabilities: { negative: 0.5, neutral: 0.3, positive: 0.2 },
    polarity: Math.round((2 * random() - 1) * 1e6) / 1e6,
    confidence: 0.5,
    flags: [],
    terms: Array.from({ length: 5 }, () => `term${skewed(2000)}`),
    // One in twenty repeats a text that is about.
    fingerprints: {
      exact: hex() + hex(),
      near: below(20) === 0 ? `${'0f'.repeat(7)}${below(10)}0` : hex() + hex(),
    },
    authorHash: `${hex()}${skewed(authors).toString(16).padStart(8, '0')}`.slice(8).repeat(4),
    url: `https://bsky.app/profile/x/post/${i}`,
    reach: below(5000),
    model: { version: '2026.11-5', engine: 'onnx', precision: 'int8' },
  };
}

const header = (value) => Buffer.from(String(value));
function batchesOf(partition) {
  const batches = [];
  for (let first = partition; first < posts; first += partitions * batchSize) {
    const records = [];
    for (let n = 0; n < batchSize && first + n * partitions < posts; n += 1) {
      const value = post(first + n * partitions);
      const offset = batches.length * batchSize + n;
      records.push({
        topic: 'sentiment.scored',
        partition,
        offset,
        timestamp: value.revision,
        key: Buffer.from(value.id),
        value: Buffer.from(JSON.stringify(value)),
        headers: {
          'sf-source-topic': header('posts.raw'),
          'sf-source-partition': header(partition),
          'sf-source-offset': header(offset),
          'sf-source-timestamp': header(value.revision),
        },
      });
    }
    batches.push(packRecords(records, 1));
  }
  return batches;
}

const redis = new Redis(values.redis);
if ((await redis.dbsize()) > 0) throw new Error(`${values.redis} is not empty`);
const config = configSchema.parse({ redis: { url: values.redis } });
const store = await openWindowStore({
  config,
  partitionCount: partitions,
  clock: { now: Date.now },
  logger: silentLogger,
});
const aggregator = createAggregator({
  store,
  config: config.aggregation,
  clock: { now: Date.now },
  logger: silentLogger,
});
const topics = Array.from({ length: partitions }, (_, partition) => batchesOf(partition));
const usedMemory = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))[1]);
const redisCpu = async () => Number(/used_cpu_user:([\d.]+)/.exec(await redis.info('cpu'))[1]);

const memoryBefore = await usedMemory();
const redisBefore = await redisCpu();
const cpuBefore = process.cpuUsage();
const begun = performance.now();
await Promise.all(
  topics.map(async (batches) => {
    for (const batch of batches) await aggregator.aggregate(decodeScored(batch));
  }),
);
const seconds = (performance.now() - begun) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const cpuSeconds = (cpu.user + cpu.system) / 1e6;
const redisSeconds = (await redisCpu()) - redisBefore;
const { counted } = await store.counters();
if (counted !== posts) throw new Error(`${counted} posts were counted, not ${posts}`);
if (values.close) {
  const publish = async () => {};
  const pass = await closeWindows({ store, config: config.aggregation, clock: { now: Date.now }, publish });
  process.stdout.write(`${JSON.stringify(pass)}\n`);
}

const report = {
  posts,
  brands,
  seconds: seconds.toFixed(2),
  'posts/s (wall)': Math.round(posts / seconds),
  'posts per second of one core': Math.round(posts / cpuSeconds),
  'Redis, seconds of its core': redisSeconds.toFixed(2),
  ...(await sizes(memoryBefore)),
};
for (const [name, value] of Object.entries(report)) process.stdout.write(`${name.padEnd(40)} ${value}\n`);
await store.close();
await redis.quit();

/** Bytes in Redis by kind of key; of windows and of what partitions keep of them also by piece. */
async function sizes(before) {
  const total = (await usedMemory()) - before;
  const byKind = new Map();
  for await (const keys of redis.scanStream({ count: 1000 })) {
    for (const key of keys) {
      const kind = kindOf(key);
      const known = byKind.get(kind) ?? { keys: 0, bytes: 0, pieces: 0 };
      known.keys += 1;
      known.bytes += await redis.call('MEMORY', 'USAGE', key, 'SAMPLES', '0');
      if (/^(bucket|windows|posts)/.test(kind)) known.pieces += await redis.hlen(key);
      byKind.set(kind, known);
    }
  }
  const found = [...byKind].sort().map(([kind, { keys, bytes, pieces }]) => {
    const each = pieces === 0 ? '' : `, ${pieces} pieces of ${(bytes / pieces).toFixed(0)}`;
    return [`bytes of ${kind}`, `${bytes} in ${keys} keys${each}`];
  });
  return { 'bytes in Redis': total, ...Object.fromEntries(found) };
}

/** `state`, `posts`, `bucket:1m`, `windows:1m`, … */
function kindOf(key) {
  const windows = /:windows:.*:(\w+):\d+$/.exec(key);
  if (windows !== null) return `windows:${windows[1]}`;
  const [, name, tier] = /\}:(\w+)(?::(\w+))?/.exec(key);
  return name === 'bucket' ? `${name}:${tier}` : name;
}
