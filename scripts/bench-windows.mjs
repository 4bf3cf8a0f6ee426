// How long window queries take while posts are counted: an API and an aggregator, each a process of its own, on a real
// Redis. A table of percentiles goes to standard output: of the times as who asks sees them, and of the processor time that
// the API took meanwhile, which others on the machine lengthen less. Needs a build and redis-server (or an empty database).
//
//   BENCH_REDIS=redis://127.0.0.1:6379/9   an empty database; without it a redis-server is started for the time
//   BENCH_BRANDS=20                        brands, each with a day of minutes
//   BENCH_GAPS=0                           percent of the windows are missing, as no post came; answers fill them in
//   BENCH_RATE=5000                        scored posts a second that are counted meanwhile
//   BENCH_SECONDS=60                       for so long each query is asked, one after the other
//   BENCH_PAUSE=100                        milliseconds between two questions
import { fork, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAggregator } from '../dist/aggregation/aggregator.js';
import { closeWindows } from '../dist/aggregation/close-windows.js';
import { countedPost } from '../dist/aggregation/counted-post.js';
import { openWindowStore } from '../dist/aggregation/open-store.js';
import { createApiServer } from '../dist/api/server.js';
import { configSchema } from '../dist/config/schema.js';
import { brandSchema } from '../dist/contracts/brand.js';
import { silentLogger } from '../dist/contracts/logger.js';

const BRANDS = Number(process.env.BENCH_BRANDS ?? 20);
const GAPS = Number(process.env.BENCH_GAPS ?? 0);
const RATE = Number(process.env.BENCH_RATE ?? 5_000);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const PAUSE_MILLIS = Number(process.env.BENCH_PAUSE ?? 100);
const PARTITIONS = 4;
const BATCHES_A_SECOND = 10;
const MINUTE = 60_000;
const DAY = 86_400_000;
const LABELS = ['negative', 'neutral', 'positive'];
const clock = { now: Date.now };
const ids = Array.from({ length: BRANDS }, (_, i) => `brand-${i}`);
const offsets = Array.from({ length: PARTITIONS }, () => 0);

const openStore = (redis) =>
  openWindowStore({
    config: configSchema.parse({ redis: { url: redis } }),
    partitionCount: PARTITIONS,
    clock,
    logger: silentLogger,
  });

if (process.send === undefined) await measure();
else if (process.argv[2] === 'count') await count(process.argv[3]);
else await serve(process.argv[3]);

/** Counts posts at the rate, spread over partitions and brands, and closes windows as the worker does. */
async function count(redis) {
  const store = await openStore(redis);
  const config = configSchema.parse({}).aggregation;
  const aggregator = createAggregator({ store, config, clock, logger: silentLogger });
  for (let partition = 0; partition < PARTITIONS; partition += 1) await aggregator.positionOf(partition);
  closeAgainAndAgain(store, config);
  const begun = performance.now();
  let sent = 0;
  for (;;) {
    const due = Math.floor(((performance.now() - begun) / 1_000) * RATE);
    const batch = Math.min(due - sent, RATE / BATCHES_A_SECOND);
    if (batch > 0) {
      const perPartition = Math.ceil(batch / PARTITIONS);
      await Promise.all(
        Array.from({ length: PARTITIONS }, (_, partition) =>
          aggregator.aggregate(batchOf(partition, offsets[partition], perPartition)),
        ),
      );
      for (let i = 0; i < PARTITIONS; i += 1) offsets[i] += perPartition;
      sent += perPartition * PARTITIONS;
      process.send({ counted: sent, millis: performance.now() - begun });
    }
    await sleep(1_000 / BATCHES_A_SECOND);
  }
}

async function closeAgainAndAgain(store, config) {
  for (;;) {
    await closeWindows({ store, publish: async () => {}, config, clock });
    await sleep(config.closeEveryMs);
  }
}

function batchOf(partition, first, length) {
  const now = Date.now();
  const records = Array.from({ length }, (_, i) => {
    const offset = first + i;
    const label = LABELS[offset % 3];
    return {
      offset,
      sourceOffset: offset,
      sourceTimestamp: now,
      kind: 'scored',
      post: countedPost({
        v: 1,
        id: randomUUID(),
        revision: now,
        createdAt: new Date(now).toISOString(),
        source: ['bluesky', 'mastodon', 'reddit', 'news'][offset % 4],
        language: ['en', 'zh', 'de', 'es'][offset % 4],
        brands: [ids[offset % BRANDS]],
        label,
        probabilities: { negative: 0.5, neutral: 0.3, positive: 0.2 },
        polarity: label === 'negative' ? -0.5 : 0.25,
        confidence: 0.5,
        flags: [],
        terms: ['battery', 'refund', `term-${offset % 2_000}`],
        fingerprints: { exact: randomUUID().slice(0, 16), near: hex(16) },
        authorHash: hex(32),
        reach: offset % 5_000,
        model: { version: '1', engine: 'onnx', precision: 'int8' },
      }),
    };
  });
  return { partition, records, invalid: [], nextOffset: first + length };
}

function hex(digits) {
  return randomUUID().replaceAll('-', '').slice(0, digits);
}

/** The API over what is in Redis. Told `usage`, it says how much processor time it has used. */
async function serve(redis) {
  const store = await openStore(redis);
  const { api: config, alerting } = configSchema.parse({ api: { requestsPerMinute: 1_000_000 } });
  const api = await createApiServer({
    config,
    brands: { current: ids.map((id) => brandSchema.parse({ id, name: id, keywords: [id] })) },
    windows: store,
    namespaces: store,
    alerts: { list: async () => [], get: async () => undefined, acknowledge: async () => undefined },
    rules: alerting.rules,
    feed: { subscribe: () => () => {} },
    scorer: { score: async () => [] },
    readiness: async () => [],
    version: 'bench',
    clock,
    wallClock: clock,
    logger: silentLogger,
  });
  process.on('message', () => process.send({ usage: process.cpuUsage() }));
  process.send({ address: await api.listen({ host: '127.0.0.1', port: 0 }) });
}

async function measure() {
  const redis = await startRedis();
  await fill(redis.url);
  const counting = fork(process.argv[1], ['count', redis.url]);
  let counted;
  counting.on('message', (message) => {
    counted = message;
  });
  const serving = fork(process.argv[1], ['serve', redis.url]);
  for (const child of [counting, serving]) {
    child.on('exit', (status) => {
      console.error(`a process ended with status ${status}`);
      for (const each of [counting, serving, redis]) each.kill();
      process.exit(1);
    });
  }
  const [{ address }] = await once(serving, 'message');
  const to = Math.floor(Date.now() / MINUTE) * MINUTE;
  const span = (now = Date.now()) => `tier=1m&from=${now - DAY}&to=${now}`;
  const filled = () => `${span()}&fill=true`;
  const queries = {
    [`/v1/windows, ${BRANDS} brands`]: () => `/v1/windows?brands=${ids.join(',')}&${filled()}`,
    '/v1/windows, 1 brand': (i) => `/v1/windows?brands=${ids[i % BRANDS]}&${filled()}`,
    [`/v1/compare, ${BRANDS} brands`]: () => `/v1/compare?brands=${ids.join(',')}&${span()}`,
    '/v1/brands': () => '/v1/brands',
    '/v1/brands/{brand}/windows': (i) => `/v1/brands/${ids[i % BRANDS]}/windows?${span()}`,
  };
  // Windows that the aggregator closes, so that the watermark is that of now.
  await sleep(15_000);
  console.log(
    `${BRANDS} brands, a day of minutes each up to ${new Date(to).toISOString()}, ${cpus().length} cores, Node ${process.version}\n`,
  );
  console.log(
    '| query | first, ms | CPU, ms | answers | KiB | p50, ms | p99, ms | most, ms | CPU p50, ms | CPU p99, ms | CPU most, ms |',
  );
  console.log(`|${' --- |'.repeat(11)}`);
  for (const [name, path] of Object.entries(queries)) {
    // The first one finds nothing that was kept.
    const first = await ask(serving, address, path, 0);
    const firsts = [first.millis, first.used].map(([only]) => only.toFixed(1));
    const { millis, used, bytes } = await ask(serving, address, path, SECONDS);
    const columns = [millis, used].flatMap((times) => [at(times, 0.5), at(times, 0.99), at(times, 1)]);
    console.log(`| ${[name, ...firsts, millis.length, Math.round(bytes / 1024), ...columns].join(' | ')} |`);
  }
  console.log(`\ncounted meanwhile: ${Math.round(counted.counted / (counted.millis / 1_000))} posts/s`);
  for (const child of [counting, serving]) child.removeAllListeners('exit').kill();
  redis.kill();
  process.exit(0);
}

function at(ascending, share) {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))].toFixed(1);
}

/** Milliseconds of processor time of the API so far. */
async function usageOf(serving) {
  serving.send('usage');
  const [{ usage }] = await once(serving, 'message');
  return (usage.user + usage.system) / 1_000;
}

/**
 * Asks once, and then again and again. Times are from the request to the last byte of the answer, in order; so is the
 * processor time that the API used meanwhile.
 */
async function ask(serving, address, path, seconds) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const millis = [];
  const used = [];
  let bytes = 0;
  const end = performance.now() + seconds * 1_000;
  for (let i = 0; i === 0 || performance.now() < end; i += 1) {
    const usedBefore = await usageOf(serving);
    const begun = performance.now();
    bytes = await new Promise((resolve, reject) => {
      get(`${address}${path(i)}`, { agent }, (response) => {
        let length = 0;
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        response.on('data', (chunk) => {
          length += chunk.length;
        });
        response.on('end', () => resolve(length));
      }).on('error', reject);
    });
    millis.push(performance.now() - begun);
    used.push((await usageOf(serving)) - usedBefore);
    await sleep(PAUSE_MILLIS);
  }
  agent.destroy();
  const [inOrder, usedInOrder] = [millis, used].map((times) => times.toSorted((a, b) => a - b));
  return { millis: inOrder, used: usedInOrder, bytes };
}

/** A day of minutes and of 5 minutes for every brand, as the closer leaves them. */
async function fill(url) {
  const store = await openStore(url);
  const now = Date.now();
  for (const brand of [...ids, '_all', '_other']) {
    for (const [tier, size] of [
      ['1m', MINUTE],
      ['5m', 5 * MINUTE],
    ]) {
      const first = Math.floor((now - DAY) / size) * size;
      const starts = Array.from({ length: (now - first) / size }, (_, i) => first + i * size).filter(
        (_, i) => (i * GAPS) % 100 < 100 - GAPS,
      );
      await store.restore(starts.map((start) => windowAt(brand, tier, start, size)));
    }
  }
  await store.close();
}

/** Its fields stand in the order in which the closer writes them. */
function windowAt(brand, tier, start, size) {
  const [negative, neutral, positive] = [4_821, 6_104, 4_075];
  return {
    v: 1,
    brand,
    tier,
    start,
    end: start + size,
    posts: negative + neutral + positive,
    negative,
    neutral,
    positive,
    polaritySum: -310.482,
    reach: 1_204_113,
    distinct: { posts: 14_240, negative: 4_621, neutral: 5_822, positive: 3_797 },
    authors: 9_871,
    polaritySquareSum: 4_401.25,
    reachByLabel: { negative: 401_371, neutral: 401_371, positive: 401_371 },
    negativeTerms: Array.from({ length: 10 }, (_, i) => ({
      term: `term-${start % (i + 97)}`,
      negative: 310 - i,
      other: 20 + i,
      score: 11.25 - i,
    })),
    mostNegative: Array.from(
      { length: 5 },
      (_, i) => `at://did:plc:0123456789abcdef/app.bsky.feed.post/${start + i}`,
    ),
    mostNegativePolarity: [-0.991, -0.987, -0.971, -0.96, -0.954],
    mostRepeated: Array.from({ length: 5 }, (_, i) => ({
      id: `at://did:plc:0123456789abcdef/app.bsky.feed.post/${start - i}`,
      repeats: 40 - i,
    })),
    bySource: { bluesky: 4_000, mastodon: 4_000, reddit: 4_000, news: 3_000 },
    byLanguage: { en: 9_000, zh: 3_000, de: 2_000, es: 1_000 },
    byModel: { '2026.11-5': 15_000 },
    revision: 2,
    complete: true,
    final: true,
  };
}

async function startRedis() {
  const given = process.env.BENCH_REDIS;
  if (given !== undefined) return { url: given, kill() {} };
  const port = 20_000 + (process.pid % 10_000);
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  await sleep(1_000);
  if (server.exitCode !== null) throw new Error(`redis-server ended with status ${server.exitCode}`);
  return { url: `redis://127.0.0.1:${port}`, kill: () => server.kill() };
}
