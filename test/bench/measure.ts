// One measurement: a topic that is full already, a stack that scores it, and a reader that takes the times.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import type { Feed } from './feed.js';
import { agreementOf, type Latencies, latenciesOf, type Results, rateOf, readResults } from './results.js';
import type { Run, Stack } from './stacks.js';
import { type WatchedProcess, watch } from './watched-process.js';

/** Without a result for this long a stack is given up. */
const STALL_MILLIS = 300_000;
const LOOK_MILLIS = 50;
const FILL_RECORDS = 2_000;
const PACE_MILLIS = 20;

export interface Setting extends Pick<Run, 'brokers' | 'redisUrl' | 'folder'> {
  readonly feed: Feed;
  /** The posts of the feed that lie in the topic beforehand; the others come one after the other. */
  readonly posts: number;
  /** How many of those others a second. */
  readonly rate: number;
}

export interface Figures {
  readonly postsPerSecond: number;
  /** Processor time of the stack's process for each of those posts, in microseconds; NaN where the system does not tell. */
  readonly cpuMicros: number;
  /** Most that the process has had resident. */
  readonly memoryMegabytes: number;
  /** Share of the posts whose label is that of our float32 engine. */
  readonly agreement: number;
  /** None where the stack ends with the topic. */
  readonly latencies: Latencies;
}

/**
 * The rate of a stack from its first result to its last, and its latency where it goes on. While the rate is measured
 * nobody reads: the broker notes when it took each post and each result (`LogAppendTime`), and what a reader would take of
 * the processors, which is more for a result with more in it, is left to the stack.
 *
 * @throws Error what the stack said when it ended too early, or that it gave no results
 */
export async function measure(stack: Stack, setting: Setting): Promise<Figures> {
  const { feed, posts, rate } = setting;
  const { run, streams, write } = await fill(setting);
  try {
    const child = watch(stack.start(run));
    try {
      const cpuMicros = await written(streams, run.topics.scored, posts, child);
      const results = await readResults(streams, run.topics.scored);
      await resultsOf(child, results, posts);
      if (stack.isEndless) {
        await writePaced(write, posts, feed.values.length, rate);
        await resultsOf(child, results, feed.values.length);
        child.stop();
      }
      await child.ended;
      child.check();
      return {
        postsPerSecond: rateOf(results, posts),
        cpuMicros,
        memoryMegabytes: child.memoryMegabytes(),
        agreement: agreementOf(results, feed, posts),
        latencies: latenciesOf(results, posts),
      };
    } finally {
      child.kill();
    }
  } finally {
    await streams.close();
  }
}

export interface FilledRun {
  readonly run: Run;
  /** Closed by who asked for it. */
  readonly streams: Streams;
  /** Writes posts of the feed. */
  readonly write: (from: number, to: number) => Promise<void>;
}

/** Makes topics for a measurement, and fills that of the posts. */
export async function fill({ feed, posts, rate: _, ...surroundings }: Setting): Promise<FilledRun> {
  const run: Run = { ...newRun(posts), ...surroundings };
  const streams = await openReader(run.brokers);
  const appended = { 'message.timestamp.type': 'LogAppendTime' };
  await streams
    .topics()
    .create(topicSpecs(run.topics).map((spec) => ({ ...spec, settings: { ...spec.settings, ...appended } })));
  const write = await openWriter(streams, run.topics.posts, feed);
  for (let i = 0; i < posts; i += FILL_RECORDS) await write(i, Math.min(posts, i + FILL_RECORDS));
  return { run, streams, write };
}

function newRun(posts: number): Pick<Run, 'id' | 'topics' | 'posts'> {
  const id = randomUUID().slice(0, 8);
  const names = ['posts', 'scored', 'aggregates', 'alerts', 'deadLetters'];
  const own = Object.fromEntries(names.map((name) => [name, `${id}.${name}`]));
  const { topics } = configSchema.parse({ topics: { ...own, partitions: 4, replication: 1 } });
  return { id, topics, posts };
}

function openReader(brokers: string): Promise<Streams> {
  const kafka = { brokers: brokers.split(','), delivery: 'at-least-once' };
  return openStreams(configSchema.parse({ streams: { kind: 'kafka', kafka } }).streams, silentLogger);
}

type Write = (from: number, to: number) => Promise<void>;

async function openWriter(streams: Streams, topic: string, { values }: Feed): Promise<Write> {
  const producer = await streams.producer();
  return (from, to) =>
    producer.send(
      values.slice(from, to).map((value, i) => ({ topic, key: Buffer.from(`post-${from + i}`), value })),
    );
}

/** Writes at its own pace, however long a write takes: a stack that falls behind is not given time to catch up. */
async function writePaced(write: Write, from: number, to: number, rate: number): Promise<void> {
  const [started, step] = [performance.now(), Math.max(1, Math.round((rate * PACE_MILLIS) / 1_000))];
  const writes: Promise<void>[] = [];
  for (let i = from; i < to; i += step) {
    writes.push(write(i, Math.min(to, i + step)));
    const ahead = started + ((i + step - from) / rate) * 1_000 - performance.now();
    if (ahead > 0) await sleep(ahead);
  }
  await Promise.all(writes);
}

/**
 * Waits until the topic has all results, or with transactions, whose markers count too, nearly all.
 *
 * @returns microseconds of processor time for each result after the first ones
 */
async function written(
  streams: Streams,
  topic: string,
  posts: number,
  child: WatchedProcess,
): Promise<number> {
  let first: { readonly count: number; readonly cpuSeconds: number } | undefined;
  let [last, changedAt] = [0, performance.now()];
  for (;;) {
    const ends = [...(await streams.ranges(topic)).values()];
    const count = ends.reduce((sum, { end }) => sum + end, 0);
    child.look();
    child.check();
    const cpuSeconds = child.cpuSeconds();
    if (count > 0) first ??= { count, cpuSeconds };
    if (count >= posts && first !== undefined) {
      return ((cpuSeconds - first.cpuSeconds) * 1e6) / (count - first.count);
    }
    if (count !== last) [last, changedAt] = [count, performance.now()];
    checkStall(child, count, changedAt);
    await sleep(LOOK_MILLIS);
  }
}

async function resultsOf(child: WatchedProcess, results: Results, wanted: number): Promise<void> {
  while (results.count < wanted) {
    await sleep(LOOK_MILLIS);
    child.check();
    checkStall(child, results.count, results.lastAt);
  }
}

function checkStall(child: WatchedProcess, count: number, lastAt: number): void {
  if (performance.now() - lastAt > STALL_MILLIS)
    throw new Error(`${count} results, and no more for ${STALL_MILLIS / 1_000} s: ${child.said()}`);
}
