// What writes posts into the topic, at a pace that waits for nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Streams } from '../../src/streams/port.js';
import type { Feed } from './feed.js';

/** As long as Kafka's own producer waits by default for more records to send (`linger.ms`). */
const PACE_MILLIS = 5;

/** Writes posts by their numbers: post n is the one at n of the feed, which begins anew at its end. */
export type Write = (from: number, to: number) => Promise<void>;

/** @param sampledShare of the posts, which their producer traces (W3C `traceparent`) */
export async function openWriter(
  streams: Streams,
  topic: string,
  { values }: Feed,
  sampledShare = 0,
): Promise<Write> {
  const producer = await streams.producer();
  const every = sampledShare > 0 ? Math.round(1 / sampledShare) : Number.POSITIVE_INFINITY;
  return (from, to) =>
    producer.send(
      Array.from({ length: to - from }, (_, i) => {
        const number = from + i;
        return {
          topic,
          key: Buffer.from(`post-${number}`),
          value: values[number % values.length] ?? null,
          ...(number % every === 0 && { headers: { traceparent: sampledContext(number) } }),
        };
      }),
    );
}

function sampledContext(number: number): Buffer {
  const id = (number + 1).toString(16);
  return Buffer.from(`00-${id.padStart(32, '0')}-${id.padStart(16, '0')}-01`);
}

/**
 * Writes at its own pace, however long a write takes: a stack that falls behind is not given time to catch up.
 *
 * @param rate posts a second
 * @param stop ends it early
 * @returns the number behind the last post that was written, once all are acknowledged
 */
export async function writePaced(
  write: Write,
  from: number,
  to: number,
  rate: number,
  stop?: AbortSignal,
): Promise<number> {
  const started = performance.now();
  const writes = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let next = from;
  while (next < to && failure === undefined && stop?.aborted !== true) {
    const due = Math.min(to, from + Math.ceil(((performance.now() - started) / 1_000) * rate));
    if (due > next) {
      const sent: Promise<void> = write(next, due)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => writes.delete(sent));
      writes.add(sent);
      next = due;
    }
    await sleep(PACE_MILLIS);
  }
  await Promise.all(writes);
  if (failure !== undefined) throw failure.error;
  return next;
}
