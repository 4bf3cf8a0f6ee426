import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import { TIER_MILLIS } from '../contracts/window.js';
import type { WindowQuery, WindowReader } from '../contracts/window-reader.js';
import { cutSeries, emptySeries, type Series, seriesOf } from './series.js';

/**
 * Windows of a brand as columns, in parts in order of time, some of them empty; `watermark` is the store's, as the caller
 * has just read it.
 */
export type ReadSeries = (query: WindowQuery, watermark: EpochMillis) => Promise<readonly Series[]>;

export function readSeries(reader: WindowReader): ReadSeries {
  return async (query) => [seriesOf(query.brand, await reader.summaries(query))];
}

/** Windows that are read and kept together: few, since the newest are read again and again. */
const WINDOWS_A_CHUNK = 16;
/** Of some 1,300 bytes each, and 900 more when they have been written as JSON: 90 MB at most. */
const MOST_CHUNKS = 40_000;
/** How old the newest windows may be: late posts still change them, and a closed one may follow at any time. */
const NEWEST_MILLIS = 1_000;
/** How old the others may be. An edit, a deletion or a very late post is seen after that. */
const OTHERS_MILLIS = 30_000;

/** What is kept of a brand and tier. */
interface Kept {
  /** By their numbers since the epoch. */
  readonly chunks: Map<number, Chunk>;
  /** So that brands which were read at once are not all read again at once. */
  readonly shift: number;
}

interface Chunk {
  readonly freshUntil: number;
  /** A promise while it is being read. */
  series: Series | Promise<Series>;
}

/**
 * Keeps what was read of closed windows for a time: a day of minutes hardly changes from one question to the next,
 * and reading it from the store costs many times what answering it costs.
 *
 * @param now milliseconds of a clock that never goes back
 */
export function cacheSeries(reader: WindowReader, now: () => number): ReadSeries {
  const read = readSeries(reader);
  /** By brand and tier, in the order of their last use. */
  const kept = new Map<string, Kept>();
  let count = 0;

  function keptOf(key: string): Kept {
    const known = kept.get(key) ?? { chunks: new Map<number, Chunk>(), shift: kept.size };
    kept.delete(key);
    kept.set(key, known);
    return known;
  }

  function makeRoom(): void {
    for (const [key, { chunks }] of kept) {
      if (count <= MOST_CHUNKS) return;
      kept.delete(key);
      count -= chunks.size;
      chunks.clear();
    }
  }

  return async ({ brand, tier, from, to }, watermark) => {
    const size = WINDOWS_A_CHUNK * TIER_MILLIS[tier];
    const { chunks, shift } = keptOf(`${brand} ${tier}`);
    const first = Math.floor(from / size);
    const end = Math.ceil(Math.min(to, watermark) / size);
    const time = now();
    const stale: number[] = [];
    for (let index = first; index < end; index += 1) {
      const chunk = chunks.get(index);
      if (chunk === undefined || chunk.freshUntil <= time) stale.push(index);
    }
    for (const [begin, runEnd] of runsOf(stale)) {
      const span = { from: epochMillis(begin * size), to: epochMillis(runEnd * size) };
      const whole = read({ brand, tier, ...span }, watermark);
      for (let index = begin; index < runEnd; index += 1) {
        const chunkEnd = (index + 1) * size;
        const isNew = chunkEnd + size > watermark;
        const series = whole.then(([all = emptySeries(brand)]) => cutSeries(all, index * size, chunkEnd));
        const chunk: Chunk = {
          series,
          freshUntil: time + (isNew ? NEWEST_MILLIS : OTHERS_MILLIS + spread(index + shift)),
        };
        if (!chunks.has(index)) count += 1;
        chunks.set(index, chunk);
        series.then(
          (found) => {
            chunk.series = found;
          },
          () => {
            // Read again the next time; whoever waits for it now is told below.
            if (chunks.get(index) === chunk && chunks.delete(index)) count -= 1;
          },
        );
      }
    }
    const parts: Array<Series | Promise<Series>> = [];
    for (let index = first; index < end; index += 1) {
      const chunk = chunks.get(index);
      if (chunk !== undefined) parts.push(chunk.series);
    }
    makeRoom();
    // A promise costs more than copying a part.
    const isRead = parts.every((part): part is Series => !(part instanceof Promise));
    const found = isRead ? parts : await Promise.all(parts);
    return found.map((part) => cutSeries(part, from, to));
  };
}

/** Whole numbers in order, as ranges with their ends excluded. */
function runsOf(indices: readonly number[]): ReadonlyArray<readonly [begin: number, end: number]> {
  const runs: Array<[number, number]> = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last?.[1] === index) last[1] += 1;
    else runs.push([index, index + 1]);
  }
  return runs;
}

/** So that chunks that were read at once are not all read again at once: up to as long again, by a number. */
function spread(number: number): number {
  return ((number * 7) % 30) * (OTHERS_MILLIS / 30);
}
