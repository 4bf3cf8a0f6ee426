// How many scored posts a second one aggregator takes into Redis, and what its windows cost there:
//   node scripts/bench-aggregate.mjs [--redis redis://127.0.0.1:6379/9] [--posts 300000] [--brands 20] [--authors 50000]
// The database must be empty. Needs a build. A process of its own makes the records and packs them; decoding them, counting
// and writing are measured. `posts per CPU second` is the figure to go by on a machine that does other things as well: posts
// by the processor time of this process while it counts, all of its threads and the kernel's work for it included; Redis'
// own is told apart. It is that of an aggregator that has run for a while: of the posts after the first --warm-up, which
// compile it; with those it is told as well. Processor time, too, is worth less where others crowd the core and its caches,
// so the time of one fixed task, parsing the JSON of one record, is told for comparing one run with another. With --close the
// windows are closed then: the processor time of a window is told, and their bytes too.
// --profile FILE.cpuprofile writes where the time went, of what is measured alone.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
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
    batch: { type: 'string', default: '1000' },
    'posts-per-second': { type: 'string', default: '5000' },
    'warm-up': { type: 'string', default: '60000' },
    close: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const [posts, brands, authors, partitions, batchSize, rate, warmUp] = [
  values.posts,
  values.brands,
  values.authors,
  values.partitions,
  values.batch,
  values['posts-per-second'],
  values['warm-up'],
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
const made = new Array(partitions).fill(0);
function nextBatch(partition) {
  const records = [];
  for (let n = 0; n < batchSize; n += 1) {
    const offset = made[partition];
    const number = offset * partitions + partition;
    if (number >= posts) break;
    made[partition] += 1;
    const value = post(number);
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
  return records.length === 0 ? [] : [packRecords(records, 1)];
}

/** Batches of each partition that are sent, and then counted, together. */
const BATCHES_A_ROUND = 5;
const nextRound = () =>
  Array.from({ length: partitions }, (_, partition) =>
    Array.from({ length: BATCHES_A_ROUND }, () => nextBatch(partition)).flat(),
  );

const YARDSTICKS = 5_000;
const yardstickText = JSON.stringify({ ...post(0), id: 'a post', createdAt: new Date(START).toISOString() });
if (process.send !== undefined) process.on('message', () => process.send(nextRound()));
else await measure();

async function measure() {
  const redis = new Redis(values.redis);
  if ((await redis.dbsize()) > 0) throw new Error(`${values.redis} is not empty`);
  const clock = { now: Date.now };
  const config = configSchema.parse({ redis: { url: values.redis } });
  const store = await openWindowStore({ config, partitionCount: partitions, clock, logger: silentLogger });
  const { aggregation } = config;
  const aggregator = createAggregator({ store, config: aggregation, clock, logger: silentLogger });
  const maker = fork(process.argv[1], process.argv.slice(2), { serialization: 'advanced' });
  const usedMemory = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))[1]);
  const redisCpu = async () => {
    const info = await redis.info('cpu');
    return Number(/used_cpu_user:([\d.]+)/.exec(info)[1]) + Number(/used_cpu_sys:([\d.]+)/.exec(info)[1]);
  };
  const profiler = new Session();
  if (values.profile !== undefined) {
    profiler.connect();
    await profiler.post('Profiler.enable');
  }
  const memoryBefore = await usedMemory();
  const rounds = [];
  const profiles = [];
  for (;;) {
    maker.send('next');
    const [round] = await once(maker, 'message');
    if (round.every((batches) => batches.length === 0)) break;
    const yardstick = parsingMicros();
    const redisBefore = await redisCpu();
    if (values.profile !== undefined) await profiler.post('Profiler.start');
    const before = process.cpuUsage();
    const begun = performance.now();
    await Promise.all(
      round.map(async (batches) => {
        for (const batch of batches) await aggregator.aggregate(decodeScored(batch));
      }),
    );
    const seconds = (performance.now() - begun) / 1e3;
    const { user, system } = process.cpuUsage(before);
    if (values.profile !== undefined) profiles.push((await profiler.post('Profiler.stop')).profile);
    rounds.push({
      posts: round.flat().reduce((sum, { length }) => sum + length, 0),
      seconds,
      user: user / 1e6,
      system: system / 1e6,
      redis: (await redisCpu()) - redisBefore,
      yardstick,
    });
  }
  maker.kill();
  const { counted } = await store.counters();
  if (counted !== posts) throw new Error(`${counted} posts were counted, not ${posts}`);
  if (values.profile !== undefined) writeFileSync(values.profile, JSON.stringify(joined(profiles)));
  let closing = {};
  if (values.close) {
    const publish = async () => {};
    const before = process.cpuUsage();
    const pass = await closeWindows({ store, config: aggregation, clock, publish });
    const { user, system } = process.cpuUsage(before);
    process.stdout.write(`${JSON.stringify(pass)}\n`);
    if (pass.kind === 'closed' && pass.revisions > 0)
      closing = {
        'CPU of closing, µs a window': `${((user + system) / pass.revisions).toFixed(1)} of ${partitions} partitions`,
      };
  }

  let counting = 0;
  const warm = rounds.filter((round) => {
    counting += round.posts;
    return counting > warmUp;
  });
  const [all, measured] = [rounds, warm.length > 0 ? warm : rounds].map(totalOf);
  const micros = (seconds) => ((seconds / measured.posts) * 1e6).toFixed(1);
  const ascending = (warm.length > 0 ? warm : rounds)
    .map((round) => ((round.user + round.system) / round.posts) * 1e6)
    .sort((a, b) => a - b);
  const byRound = [0, ascending.length >> 1].map((i) => ascending[i].toFixed(1));
  const report = {
    posts,
    brands,
    'posts/s (wall)': Math.round(measured.posts / measured.seconds),
    'posts per CPU second': Math.round(measured.posts / measured.cpu),
    'posts per CPU second, with the warm-up': Math.round(all.posts / all.cpu),
    'CPU, µs a post': `${micros(measured.cpu)} (${micros(measured.user)} user, ${micros(measured.system)} system)`,
    'CPU, µs a post, least and median round': byRound.join(' '),
    'parsing the JSON of one post, µs': (measured.yardstick / (warm.length || rounds.length)).toFixed(2),
    "Redis' own CPU, µs a post": micros(measured.redis),
    ...closing,
    ...(await sizes(redis, (await usedMemory()) - memoryBefore)),
  };
  for (const [name, value] of Object.entries(report)) process.stdout.write(`${name.padEnd(40)} ${value}\n`);
  await store.close();
  await redis.quit();
}

function totalOf(rounds) {
  const sum = (name) => rounds.reduce((total, round) => total + round[name], 0);
  const [user, system] = [sum('user'), sum('system')];
  return {
    posts: sum('posts'),
    seconds: sum('seconds'),
    user,
    system,
    cpu: user + system,
    redis: sum('redis'),
    yardstick: sum('yardstick'),
  };
}

/** Processor time of a task that is always the same. */
function parsingMicros() {
  const before = process.cpuUsage();
  for (let i = 0; i < YARDSTICKS; i += 1) JSON.parse(yardstickText);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / YARDSTICKS;
}

/** Profiles one after the other as one: their nodes get ids of their own under one root. */
function joined(profiles) {
  const root = { ...profiles[0].nodes[0], id: 0, hitCount: 0, children: [] };
  const all = { nodes: [root], samples: [], timeDeltas: [], startTime: 0, endTime: 0 };
  let first = 1;
  for (const { nodes, samples, timeDeltas } of profiles) {
    root.children.push(nodes[0].id + first);
    for (const node of nodes) {
      all.nodes.push({ ...node, id: node.id + first, children: node.children?.map((id) => id + first) });
    }
    for (const id of samples) all.samples.push(id + first);
    for (const delta of timeDeltas) all.timeDeltas.push(delta);
    first += Math.max(...nodes.map(({ id }) => id)) + 1;
  }
  all.endTime = all.timeDeltas.reduce((sum, delta) => sum + delta, 0);
  return all;
}

/** Bytes in Redis by kind of key; of windows and of what partitions keep of them also by piece. */
async function sizes(redis, total) {
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
