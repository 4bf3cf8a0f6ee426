// One measurement: a topic that is full already, a stack that scores it, and a reader that takes the times.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { topicSpecs } from '../../src/pipelines/topics.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams, TopicSpec } from '../../src/streams/port.js';
import type { Feed } from './feed.js';
import { openWriter, type Write, writePaced } from './load.js';
import { checkStall, looksAt, lookUntil, type Progress, progressBetween } from './looks.js';
import { maximumBeside } from './maximum.js';
import {
  agreementOf,
  type Latencies,
  latenciesOf,
  type Results,
  rateOf,
  readResults,
  warmUpOf,
} from './results.js';
import type { Run, Stack } from './stacks.js';
import { type WatchedProcess, watch } from './watched-process.js';

const LOOK_MILLIS = 50;
const FILL_RECORDS = 2_000;

export interface Setting extends Pick<Run, 'brokers' | 'redisUrl' | 'folder'> {
  readonly feed: Feed;
  /** How many posts lie in the topic beforehand. */
  readonly posts: number;
  /** Posts a second that come after those, while latency is measured; `half` of what is reached beside writer and reader. */
  readonly rate: number | 'half';
  /** For how long; 0: latency is not measured. */
  readonly pacedSeconds: number;
  /** Share of the posts that their producer traces; none by default. */
  readonly sampledShare?: number;
}

export interface Figures {
  readonly postsPerSecond: number;
  /** Processor time of the stack's process for each of those posts, in microseconds; NaN where the system does not tell. */
  readonly cpuMicros: number;
  /** Most that the process has had resident. */
  readonly memoryMegabytes: number;
  /** Share of the posts whose label is that of our float32 engine. */
  readonly agreement: number;
  /** Posts a second while latency was measured; none where the stack ends with the topic. */
  readonly pacedRate?: number;
  /** None then. */
  readonly latencies: Latencies;
}

/**
 * The rate of a stack once it is warm, to its last result, and its latency where it goes on. While the rate is measured
 * nobody reads: the broker notes when it took each post and each result (`LogAppendTime`), and what a reader would take of
 * the processors, which is more for a result with more in it, is left to the stack.
 *
 * @throws Error what the stack said when it ended too early, or that it gave no results
 */
export async function measure(stack: Stack, setting: Setting): Promise<Figures> {
  const { feed, posts, pacedSeconds } = setting;
  const { run, streams, write } = await fill(setting);
  try {
    const child = watch(stack.start(run));
    try {
      const { cpuMicros } = await written(streams, run.topics.scored, posts, child);
      const results = await readResults(streams, run.topics.scored);
      await resultsOf(child, results, posts);
      const postsPerSecond = rateOf(results, posts);
      const agreement = agreementOf(results, feed, posts);
      let [pacedRate, next]: [number | undefined, number] = [undefined, posts];
      if (stack.isEndless && pacedSeconds > 0) {
        if (setting.rate === 'half') {
          const maximum = await maximumBeside(write, results, child, posts);
          next = maximum.next;
          await resultsOf(child, results, next);
          pacedRate = Math.round(maximum.postsPerSecond / 2);
        } else pacedRate = setting.rate;
        const last = next + pacedRate * pacedSeconds;
        await writePaced(write, next, last, pacedRate);
        await resultsOf(child, results, last);
      }
      if (stack.isEndless) child.stop();
      await child.ended;
      child.check();
      return {
        postsPerSecond,
        cpuMicros,
        memoryMegabytes: child.memoryMegabytes(),
        agreement,
        ...(pacedRate !== undefined && { pacedRate }),
        latencies: latenciesOf(results, next),
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
  readonly write: Write;
}

/**
 * Makes topics for a measurement, and fills that of the posts.
 *
 * @param settings of the topics, beside those that the worker makes them with
 */
export async function fill(setting: Setting, settings: TopicSpec['settings'] = {}): Promise<FilledRun> {
  const { feed, posts, sampledShare, brokers, redisUrl, folder } = setting;
  const run: Run = { ...newRun(posts), brokers, redisUrl, folder };
  const streams = await openReader(run.brokers);
  const own = { 'message.timestamp.type': 'LogAppendTime', ...settings };
  await streams
    .topics()
    .create(topicSpecs(run.topics).map((spec) => ({ ...spec, settings: { ...spec.settings, ...own } })));
  await untilLed(streams, run.topics.scored);
  const write = await openWriter(streams, run.topics.posts, feed, sampledShare);
  await writeAll(write, 0, posts);
  return { run, streams, write };
}

/** On a busy machine a broker refuses, for a moment, what is asked of a topic that it has just made. */
async function untilLed(streams: Streams, topic: string): Promise<void> {
  for (let left = 100; ; left -= 1) {
    try {
      await streams.ranges(topic);
      return;
    } catch (error) {
      if (left === 0) throw error;
      await sleep(LOOK_MILLIS);
    }
  }
}

/** Keeps what is read again and again from filling the disk: about so many bytes of each partition stay. */
export const BOUNDED = { 'retention.bytes': String(2 ** 28), 'segment.bytes': String(2 ** 26) };

/** Writes as fast as the broker takes it. */
export async function writeAll(write: Write, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i += FILL_RECORDS) await write(i, Math.min(to, i + FILL_RECORDS));
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

/**
 * Waits until the topic has all results, or with transactions, whose markers count too, nearly all.
 *
 * @returns what each result took once the stack was warm
 */
export async function written(
  streams: Streams,
  topic: string,
  posts: number,
  ...children: readonly WatchedProcess[]
): Promise<Progress> {
  const looks = looksAt(streams, topic, children);
  const warmUp = warmUpOf(posts);
  const first = await lookUntil(looks, ({ count }) => count >= warmUp);
  return progressBetween(first, await lookUntil(looks, ({ count }) => count >= posts));
}

/** Waits until the reader has so many. */
export async function resultsOf(child: WatchedProcess, results: Results, wanted: number): Promise<void> {
  while (results.count < wanted) {
    await sleep(LOOK_MILLIS);
    child.check();
    checkStall([child], results.count, results.lastAt);
  }
}
