// What a worker reaches while posts are written and results read beside it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Write } from './load.js';
import { MOST_READ_AHEAD, type Results } from './results.js';
import type { WatchedProcess } from './watched-process.js';

/** Posts that are always there to be scored: twice what the worker reads ahead, so that it never waits for any. */
const AHEAD = 2 * MOST_READ_AHEAD;
const WRITTEN_AT_ONCE = 1_000;
const LOOK_MILLIS = 5;
/** Before it is measured the topic runs full, and then for so long it is measured. */
const SECONDS = { before: 3, measured: 8 };

export interface Maximum {
  /** Results a second that the reader had. */
  readonly postsPerSecond: number;
  /** The number behind the last post that was written. */
  readonly next: number;
}

/**
 * The rate at which results come where posts never run out. The writer and the reader take their part of the processors
 * meanwhile, as they do while latency is measured.
 *
 * @param from the number of the next post
 */
export async function maximumBeside(
  write: Write,
  results: Results,
  child: WatchedProcess,
  from: number,
): Promise<Maximum> {
  let next = from;
  async function keepAhead(seconds: number): Promise<void> {
    const until = performance.now() + seconds * 1_000;
    while (performance.now() < until) {
      child.check();
      if (next - results.count < AHEAD) {
        await write(next, next + WRITTEN_AT_ONCE);
        next += WRITTEN_AT_ONCE;
      } else await sleep(LOOK_MILLIS);
    }
  }
  await keepAhead(SECONDS.before);
  const [begun, before] = [performance.now(), results.count];
  await keepAhead(SECONDS.measured);
  const seconds = (performance.now() - begun) / 1_000;
  return { postsPerSecond: (results.count - before) / seconds, next };
}
