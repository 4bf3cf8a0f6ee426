import { z } from 'zod';
import { configSchema } from '../../src/config/schema.js';
import type { RecordBatch } from '../../src/contracts/record.js';
import { valueTexts } from '../../src/contracts/record-batch.js';
import { SOURCE_HEADERS } from '../../src/contracts/scored-post.js';
import { withoutHeaders } from '../../src/scoring/batch-parts.js';
import type { Streams } from '../../src/streams/port.js';
import type { Feed } from './feed.js';

/**
 * What the reader has seen. It keeps values as bytes, and reads what is in them once all have come. Of headers it keeps one
 * number: objects of so many records would be the collector's work, on the cores that are measured.
 */
export interface Results {
  /** How many have come. */
  count: number;
  /** When the last ones came, by `performance.now()`; when the reader began, before. */
  lastAt: number;
  readonly batches: ReadBatch[];
}

interface ReadBatch {
  readonly batch: RecordBatch;
  /** When the broker took the post of each result, by its header; NaN where it has none. */
  readonly takenAt: Float64Array;
  /** When the reader got them. */
  readonly readAt: number;
}

/** Milliseconds from the moment that the broker took a post, ascending. */
export interface Latencies {
  /** To the moment that it took the result. */
  readonly written: readonly number[];
  /** To the moment that a `read_committed` reader had it. */
  readonly read: readonly number[];
}

/** Begins to read a topic of results: the same reader for every stack. */
export async function readResults(streams: Streams, topic: string): Promise<Results> {
  const results: Results = { count: 0, lastAt: performance.now(), batches: [] };
  const reader = await streams.consume({
    topic,
    group: `${topic}.bench`,
    from: 'earliest',
    maxBatchRecords: 10_000,
    maxInFlight: { records: 100_000, bytes: 100_000_000 },
    onBatch: (batch) => {
      results.lastAt = performance.now();
      results.count += batch.length;
      results.batches.push({ batch: withoutHeaders(batch), takenAt: takenAtOf(batch), readAt: Date.now() });
      reader.settle(batch, []);
    },
    onFailure: (error) => {
      throw error;
    },
  });
  return results;
}

function takenAtOf({ headers, length }: RecordBatch): Float64Array {
  return Float64Array.from({ length }, (_, i) => {
    const source = headers?.[i]?.[SOURCE_HEADERS.timestamp];
    return source === undefined ? Number.NaN : Number(Buffer.from(source).toString());
  });
}

/** Of the results behind the first ones, in the order in which they came. */
export function latenciesOf({ batches }: Results, posts: number): Latencies {
  const [written, read]: [number[], number[]] = [[], []];
  let before = 0;
  for (const { batch, takenAt, readAt } of batches) {
    for (let i = Math.max(0, posts - before); i < batch.length; i += 1) {
      const taken = takenAt[i] ?? Number.NaN;
      written.push((batch.timestamps[i] ?? Number.NaN) - taken);
      read.push(readAt - taken);
    }
    before += batch.length;
  }
  return { written: written.sort((a, b) => a - b), read: read.sort((a, b) => a - b) };
}

/** Posts that the worker reads ahead of its results, at most: of four partitions. */
export const MOST_READ_AHEAD = 4 * configSchema.parse({}).streams.maxInFlightRecords;

/**
 * How many results come before a stack is warm: it connects, its code is compiled, and what it had read and scored by its
 * first result is written right after it, in no time.
 */
export function warmUpOf(posts: number): number {
  return Math.floor(Math.min(posts / 2, Math.max(posts / 5, MOST_READ_AHEAD)));
}

/** Results a second, from the first to the last of those that a warm stack gave, by the broker's clock. */
export function rateOf(results: Results, posts: number): number {
  const times = timesOf(results).slice(0, posts);
  const [first, last] = [times[warmUpOf(posts)], times[posts - 1]];
  if (first === undefined || last === undefined || first === last)
    throw new Error('all results came at once: take more posts');
  // Those that came first took their time before it.
  return (times.filter((time) => time > first).length * 1_000) / (last - first);
}

/** When the broker took each of them, ascending. */
export function timesOf({ batches }: Results): readonly number[] {
  return batches.flatMap(({ batch }) => [...batch.timestamps]).sort((a, b) => a - b);
}

const resultSchema = z.object({ id: z.string().regex(/^post-\d+$/), label: z.string() });

/**
 * The share of the first posts whose label is that of our float32 engine.
 *
 * @throws Error where one of them has no result
 */
export function agreementOf({ batches }: Results, { labels }: Feed, posts: number): number {
  const agrees = new Map<number, boolean>();
  for (const { batch } of batches) {
    const textAt = valueTexts(batch);
    for (let i = 0; i < batch.length; i += 1) {
      const { id, label } = resultSchema.parse(JSON.parse(textAt(i) ?? 'null'));
      const index = Number(id.slice('post-'.length));
      if (index < posts) agrees.set(index, label === labels[index]);
    }
  }
  if (agrees.size < posts) throw new Error(`${posts - agrees.size} of ${posts} posts have no result`);
  return [...agrees.values()].filter(Boolean).length / posts;
}
