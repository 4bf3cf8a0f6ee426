import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import { TIER_MILLIS } from '../contracts/window.js';
import type { WindowQuery, WindowReader } from '../contracts/window-reader.js';
import { joinSeries, type Series, seriesOf } from './series.js';

/** Windows of a brand as columns; `watermark` is the store's, as the caller has just read it. */
export type ReadSeries = (query: WindowQuery, watermark: EpochMillis) => Promise<Series>;

export function readSeries(reader: WindowReader): ReadSeries {
  return async (query) => seriesOf(query.brand, await reader.windows(query));
}

/** Windows that are read and kept together. */
const WINDOWS_A_CHUNK = 64;
/** Of 64 windows each, with some 64 bytes a window: 80 MB at most. */
const MOST_CHUNKS = 20_000;
/** How old the newest windows may be: late posts still change them, and a closed one may follow at any time. */
const NEWEST_MILLIS = 1_000;
/** How old the others may be. An edit, a deletion or a very late post is seen after that. */
const OTHERS_MILLIS = 30_000;

interface Chunk {
  readonly series: Promise<Series>;
  readonly freshUntil: number;
}

/**
 * Keeps what was read of closed windows for a time: a day of minutes hardly changes from one question to the next,
 * and reading it from the store costs a hundred times what answering it costs.
 *
 * @param now milliseconds of a clock that never goes back
 */
export function cacheSeries(reader: WindowReader, now: () => number): ReadSeries {
  const read = readSeries(reader);
  /** In the order of their last use. */
  const chunks = new Map<string, Chunk>();

  function keep(key: string, chunk: Chunk): void {
    chunks.delete(key);
    chunks.set(key, chunk);
    if (chunks.size <= MOST_CHUNKS) return;
    const [oldest = key] = chunks.keys();
    chunks.delete(oldest);
  }

  return async ({ brand, tier, from, to }, watermark) => {
    const size = WINDOWS_A_CHUNK * TIER_MILLIS[tier];
    const keyOf = (index: number): string => `${brand} ${tier} ${index}`;
    const first = Math.floor(from / size);
    const count = Math.max(0, Math.ceil(Math.min(to, watermark) / size) - first);
    const wanted = Array.from({ length: count }, (_, i) => first + i);
    const found = new Map<number, Promise<Series>>();
    const stale: number[] = [];
    for (const index of wanted) {
      const chunk = chunks.get(keyOf(index));
      if (chunk === undefined || chunk.freshUntil <= now()) {
        stale.push(index);
        continue;
      }
      found.set(index, chunk.series);
      keep(keyOf(index), chunk);
    }
    for (const [begin, end] of runsOf(stale)) {
      const span = { from: epochMillis(begin * size), to: epochMillis(end * size) };
      const whole = read({ brand, tier, ...span }, watermark);
      for (let index = begin; index < end; index += 1) {
        const [start, chunkEnd] = [index * size, (index + 1) * size];
        const series = whole.then((all) => joinSeries(brand, [all], start, chunkEnd));
        const isNew = chunkEnd + size > watermark;
        const life = isNew ? NEWEST_MILLIS : OTHERS_MILLIS + spread(index);
        found.set(index, series);
        keep(keyOf(index), { series, freshUntil: now() + life });
        // What failed is read again the next time; whoever waits for it now is told below.
        series.catch(() => chunks.delete(keyOf(index)));
      }
    }
    const parts = await Promise.all(wanted.flatMap((index) => found.get(index) ?? []));
    return joinSeries(brand, parts, from, to);
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

/** So that chunks that were read at once are not all read again at once: up to as long again, by their number. */
function spread(index: number): number {
  return ((index * 7) % 30) * (OTHERS_MILLIS / 30);
}
