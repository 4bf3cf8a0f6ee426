import { z } from 'zod';
import type { RecordBatch } from '../../src/contracts/record.js';
import { valueTexts } from '../../src/contracts/record-batch.js';
import { SOURCE_HEADERS } from '../../src/contracts/scored-post.js';
import type { Streams } from '../../src/streams/port.js';
import type { Feed } from './feed.js';

/** What the reader has seen. It keeps the records, and reads what is in them once the time is taken. */
export interface Results {
  /** How many have come. */
  count: number;
  /** When the last ones came, by `performance.now()`; when the reader began, before. */
  lastAt: number;
  /** When results came, and how many there were then, up to the last of those that lay in the topic. */
  readonly arrivals: { readonly at: number; readonly count: number }[];
  /** Of the results behind those, from the write of the post, in ms. */
  readonly latencies: number[];
  readonly batches: RecordBatch[];
}

/** Begins to read a topic of results: the same reader for every stack. */
export async function readResults(
  streams: Streams,
  topic: string,
  posts: number,
  onResults: () => void,
): Promise<Results> {
  const results: Results = { count: 0, lastAt: performance.now(), arrivals: [], latencies: [], batches: [] };
  const reader = await streams.consume({
    topic,
    group: `${topic}.bench`,
    from: 'earliest',
    maxBatchRecords: 10_000,
    maxInFlight: { records: 100_000, bytes: 100_000_000 },
    onBatch: (batch) => {
      results.lastAt = performance.now();
      if (results.count >= posts) results.latencies.push(...latenciesOf(batch));
      else results.arrivals.push({ at: results.lastAt, count: results.count + batch.length });
      results.count += batch.length;
      results.batches.push(batch);
      reader.settle(batch, []);
      onResults();
    },
    onFailure: (error) => {
      throw error;
    },
  });
  return results;
}

function latenciesOf({ headers = [] }: RecordBatch): readonly number[] {
  const now = Date.now();
  return headers.map((own) => now - Number(Buffer.from(own?.[SOURCE_HEADERS.timestamp] ?? []).toString()));
}

/** Results a second, from the first to the last. */
export function rateOf({ arrivals }: Results): number {
  const [first, last] = [arrivals[0], arrivals.at(-1)];
  if (first === undefined || last === undefined || first.at === last.at)
    throw new Error('all results came at once: take more posts');
  return ((last.count - first.count) * 1_000) / (last.at - first.at);
}

const resultSchema = z.object({ id: z.string().regex(/^post-\d+$/), label: z.string() });

/**
 * The share of the first posts whose label is that of our float32 engine.
 *
 * @throws Error where one of them has no result
 */
export function agreementOf({ batches }: Results, { labels }: Feed, posts: number): number {
  const agrees = new Map<number, boolean>();
  for (const batch of batches) {
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
