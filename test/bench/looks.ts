// How a topic of results grows while processes fill it, and what they take of the processors for that.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Streams } from '../../src/streams/port.js';
import type { WatchedProcess } from './watched-process.js';

/** Without a result for this long a stack is given up. */
const STALL_MILLIS = 300_000;
const LOOK_MILLIS = 50;

export interface Look {
  /** By `performance.now()`. */
  readonly at: number;
  /** Records that the topic has taken since it was made; with transactions, their markers too. */
  readonly count: number;
  /** Processor time of all processes since their start; NaN where the system does not tell. */
  readonly cpuSeconds: number;
}

/**
 * Looks at the topic and at the processes again and again, for as long as somebody takes the looks.
 *
 * @throws Error what a process said, where one has ended or no results come any more
 */
export async function* looksAt(
  streams: Pick<Streams, 'ranges'>,
  topic: string,
  children: readonly WatchedProcess[],
): AsyncGenerator<Look, never> {
  let [last, changedAt] = [0, performance.now()];
  for (;;) {
    const count = await recordsIn(streams, topic);
    for (const child of children) {
      child.look();
      child.check();
    }
    const at = performance.now();
    if (count !== last) [last, changedAt] = [count, at];
    checkStall(children, count, changedAt);
    yield { at, count, cpuSeconds: children.reduce((sum, child) => sum + child.cpuSeconds(), 0) };
    await sleep(LOOK_MILLIS);
  }
}

/** Records that a topic has taken since it was made. */
export async function recordsIn(streams: Pick<Streams, 'ranges'>, topic: string): Promise<number> {
  const ranges = await streams.ranges(topic);
  return [...ranges.values()].reduce((sum, { end }) => sum + end, 0);
}

/** The first look that is as wanted. */
export async function lookUntil(
  looks: AsyncGenerator<Look, never>,
  isWanted: (look: Look) => boolean,
): Promise<Look> {
  for (;;) {
    const { value } = await looks.next();
    if (isWanted(value)) return value;
  }
}

/** What happened between two looks. */
export interface Progress {
  readonly postsPerSecond: number;
  /** Processor time for each result. */
  readonly cpuMicros: number;
}

/** @throws Error where nothing came in between */
export function progressBetween(first: Look, last: Look): Progress {
  const count = last.count - first.count;
  if (count <= 0) throw new Error('all results came at once: take more posts');
  return {
    postsPerSecond: (count * 1_000) / (last.at - first.at),
    cpuMicros: ((last.cpuSeconds - first.cpuSeconds) * 1e6) / count,
  };
}

/** @param lastAt when the last result was seen, by `performance.now()` */
export function checkStall(children: readonly WatchedProcess[], count: number, lastAt: number): void {
  if (performance.now() - lastAt <= STALL_MILLIS) return;
  const said = children.map((child) => child.said()).join('\n');
  throw new Error(`${count} results, and no more for ${STALL_MILLIS / 1_000} s: ${said}`);
}
