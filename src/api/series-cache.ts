import { brandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import { bucketStart, TIER_MILLIS, type Tier } from '../contracts/window.js';
import type { WindowQuery, WindowReader } from '../contracts/window-reader.js';
import { cutSeries, emptySeries, fillSeries, isSameSeries, type Series, seriesOf } from './series.js';
import type { WindowSpan } from './window-span.js';

export interface SeriesQuery extends WindowQuery {
  /** Adds closed windows without posts, as zeros; never days, which begin when the brand's time zone says. */
  readonly fill: boolean;
}

/**
 * Windows of a brand as columns, in parts in order of time, some of them empty; `watermark` is the store's, as the caller
 * has just read it.
 */
export type ReadSeries = (query: SeriesQuery, watermark: EpochMillis) => Promise<readonly Series[]>;

export function readSeries(reader: WindowReader): ReadSeries {
  return async ({ fill, ...query }, watermark) => {
    const series = seriesOf(query.brand, await reader.summaries(query, watermark));
    return [fill ? fillSeries(query.brand, query, series, watermark) : series];
  };
}

/** Windows that are read and kept together: few, since the newest are read again and again. */
const WINDOWS_A_CHUNK = 64;
/**
 * Of some 4,400 bytes each, and 3,400 more when they have been written as JSON; where windows are missing, twice that:
 * with gaps and filled. 160 MB at most.
 */
const MOST_CHUNKS = 10_000;
/**
 * How old the newest windows may be, and at most twice that: late posts still change them, and a closed one may follow
 * at any time.
 */
const NEWEST_MILLIS = 500;
/** The same of the others. An edit, a deletion or a very late post is seen after that. */
const OTHERS_MILLIS = 30_000;

/** What is kept of a brand and tier. */
interface Kept {
  /** By their numbers since the epoch. */
  readonly chunks: Map<number, Chunk>;
  /** So that brands which were read at once are not all read again at once. */
  readonly shift: number;
  /** What was answered last: given again while nothing of it has changed, so that whoever writes it writes it once. */
  last?: Answer;
}

interface Answer {
  readonly from: number;
  readonly to: number;
  /** What the parts were cut from. */
  readonly wholes: readonly Series[];
  readonly parts: readonly Series[];
}

interface Chunk {
  readonly span: WindowSpan;
  readonly freshUntil: number;
  /** A promise while it is being read. */
  series: Series | Promise<Series>;
  /** The same without gaps, for whoever has asked for that. */
  filled?: Filled | undefined;
}

interface Filled {
  /** Later windows were not closed yet. */
  readonly until: number;
  readonly series: Series;
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
    const known: Kept = kept.get(key) ?? { chunks: new Map<number, Chunk>(), shift: kept.size };
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

  /** Begins to read what has grown old of the chunks from `first` to before `end`. */
  function refresh(
    { chunks, shift }: Kept,
    { brand, tier }: SeriesQuery,
    [first, end]: readonly [number, number],
    watermark: EpochMillis,
  ): void {
    const size = WINDOWS_A_CHUNK * TIER_MILLIS[tier];
    const time = now();
    const stale: number[] = [];
    for (let index = first; index < end; index += 1) {
      const chunk = chunks.get(index);
      if (chunk === undefined || chunk.freshUntil <= time) stale.push(index);
    }
    for (const [begin, runEnd] of runsOf(stale)) {
      const whole = read({ brand, fill: false, ...spanOf(tier, begin * size, runEnd * size) }, watermark);
      for (let index = begin; index < runEnd; index += 1) {
        const span = spanOf(tier, index * size, (index + 1) * size);
        const before = chunks.get(index);
        const series = whole.then(([all = emptySeries(brand)]) => {
          const found = cutSeries(all, span.from, span.to);
          if (before === undefined || before.series instanceof Promise) return found;
          if (!isSameSeries(before.series, found)) return found;
          chunk.filled = before.filled;
          return before.series;
        });
        const least = span.to + size > watermark ? NEWEST_MILLIS : OTHERS_MILLIS;
        const chunk: Chunk = { span, series, freshUntil: time + least * (1 + scattered(index + shift)) };
        if (before === undefined) count += 1;
        chunks.set(index, chunk);
        series.then(
          (found) => {
            chunk.series = found;
          },
          () => {
            // Read again the next time; whoever waits for it now is told by the promise.
            if (chunks.get(index) === chunk && chunks.delete(index)) count -= 1;
          },
        );
      }
    }
  }

  return async (query, watermark) => {
    const { brand, tier, from, to, fill } = query;
    const ofBrand = keptOf(`${brand} ${tier}`);
    const size = WINDOWS_A_CHUNK * TIER_MILLIS[tier];
    const [first, end] = [Math.floor(from / size), Math.ceil(Math.min(to, watermark) / size)];
    refresh(ofBrand, query, [first, end], watermark);
    const wholeOf = (chunk: Chunk, series: Series): Series =>
      fill ? filledUp(chunk, series, watermark) : series;
    const wholes: Array<Series | Promise<Series>> = [];
    for (let index = first; index < end; index += 1) {
      const chunk = ofBrand.chunks.get(index);
      if (chunk === undefined) continue;
      const { series } = chunk;
      wholes.push(
        series instanceof Promise ? series.then((found) => wholeOf(chunk, found)) : wholeOf(chunk, series),
      );
    }
    makeRoom();
    // A promise costs more than copying a part.
    const isRead = wholes.every((whole): whole is Series => !(whole instanceof Promise));
    return cutParts(ofBrand, isRead ? wholes : await Promise.all(wholes), from, to);
  };
}

/** Parts of what is kept; the very ones that were given last where nothing has changed since. */
function cutParts(kept: Kept, wholes: readonly Series[], from: number, to: number): readonly Series[] {
  const { last } = kept;
  const isSame =
    last?.from === from &&
    last.to === to &&
    last.wholes.length === wholes.length &&
    last.wholes.every((whole, i) => whole === wholes[i]);
  if (isSame) return last.parts;
  const parts = wholes.map((whole) => cutSeries(whole, from, to));
  kept.last = { from, to, wholes, parts };
  return parts;
}

function spanOf(tier: Tier, from: number, to: number): WindowSpan {
  return { tier, from: epochMillis(from), to: epochMillis(to) };
}

/** A chunk's windows with zeros where no post came, which are made once. */
function filledUp(chunk: Chunk, series: Series, watermark: EpochMillis): Series {
  const { span, filled } = chunk;
  const until = Math.min(span.to, bucketStart(span.tier, watermark));
  if (filled?.until === until) return filled.series;
  chunk.filled = { until, series: fillSeries(brandId(series.brand), span, series, watermark) };
  return chunk.filled.series;
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

/**
 * A number from 0 to 1 that is far from those of its neighbours, by the golden ratio: chunks that were read at once are
 * not read again at once.
 */
function scattered(number: number): number {
  return (number * 0.618_033_988_749_895) % 1;
}
