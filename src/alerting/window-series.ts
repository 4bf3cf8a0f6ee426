import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import type { WindowAggregate } from '../contracts/window.js';

/** What the rules look at of a window. */
export interface Slot {
  readonly posts: number;
  readonly negative: number;
  readonly positive: number;
  readonly polaritySum: number;
  /** False where records of it were lost, or nothing is known of it: missing data is not zero. */
  readonly complete: boolean;
  /** Different authors, where they were counted. */
  readonly authors?: number;
  /** Posts by the version of the model that scored them, and by source. */
  readonly byModel: Readonly<Record<string, number>>;
  readonly bySource: Readonly<Record<string, number>>;
  /** Where the slot is one: for what an alert tells beside the counts. */
  readonly window?: WindowAggregate;
}

/** Windows of one brand and one size without gaps. */
export interface WindowSeries {
  /** Start of the first slot. */
  readonly start: EpochMillis;
  readonly windowMillis: number;
  readonly slots: readonly Slot[];
}

/** Several windows counted together. */
export interface Span extends Omit<Slot, 'byModel' | 'bySource' | 'window'> {
  readonly windows: number;
}

export const EMPTY_SLOT: Slot = {
  posts: 0,
  negative: 0,
  positive: 0,
  polaritySum: 0,
  complete: true,
  byModel: {},
  bySource: {},
};

/**
 * A window as the rules see it.
 *
 * @param deduplicate whether near-duplicates and the many posts of one author are left out, where the window knows
 */
export function slotOf(window: WindowAggregate, deduplicate: boolean): Slot {
  const { distinct, authors, polaritySum, complete, byModel, bySource } = window;
  const { posts, negative, positive } = deduplicate && distinct !== undefined ? distinct : window;
  return {
    posts,
    negative,
    positive,
    // Only the sum over all posts is known: the distinct ones are taken to have the same mean.
    polaritySum: window.posts === 0 ? 0 : (polaritySum / window.posts) * posts,
    complete,
    ...(authors !== undefined && { authors }),
    byModel,
    bySource,
    window,
  };
}

/**
 * Fills the gaps between windows with empty ones. Both times are multiples of the windows' size, and `end` is not
 * beyond the watermark: a window that is missing there is not known to be empty.
 */
export function windowSeries(
  windowMillis: number,
  start: EpochMillis,
  end: EpochMillis,
  windows: readonly WindowAggregate[],
  deduplicate: boolean,
): WindowSeries {
  const slots = new Array<Slot>((end - start) / windowMillis).fill(EMPTY_SLOT);
  for (const window of windows) {
    const index = (window.start - start) / windowMillis;
    if (index >= 0 && index < slots.length) slots[index] = slotOf(window, deduplicate);
  }
  return { start, windowMillis, slots };
}

/** Start of a slot; the end of the one before it. */
export function slotStart(series: WindowSeries, index: number): EpochMillis {
  return epochMillis(series.start + index * series.windowMillis);
}

/** The slots `from <= index < to` together; outside of the series nothing is known. */
export function spanOf(series: WindowSeries, from: number, to: number): Span {
  let [posts, negative, positive, polaritySum] = [0, 0, 0, 0];
  let complete = from >= 0 && to <= series.slots.length;
  let authors: number | undefined;
  for (let index = Math.max(0, from); index < to; index += 1) {
    const slot = series.slots[index];
    if (slot === undefined) continue;
    posts += slot.posts;
    negative += slot.negative;
    positive += slot.positive;
    polaritySum += slot.polaritySum;
    complete &&= slot.complete;
    // The same people may write in several windows: there are at least as many as in the one with the most.
    if (slot.authors !== undefined) authors = Math.max(authors ?? 0, slot.authors);
  }
  return {
    windows: to - from,
    posts,
    negative,
    positive,
    polaritySum,
    complete,
    ...(authors !== undefined && { authors }),
  };
}

/** Posts of the slots `from <= index < to` by source or by model. */
export function countsOf(
  series: WindowSeries,
  from: number,
  to: number,
  by: 'bySource' | 'byModel',
): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const slot of series.slots.slice(Math.max(0, from), to)) {
    for (const [name, posts] of Object.entries(slot[by])) counts.set(name, (counts.get(name) ?? 0) + posts);
  }
  return Object.fromEntries(counts);
}

/** The version of the model that scored most posts of the slots; `undefined` where there are none. */
export function modelOf(series: WindowSeries, from: number, to: number): string | undefined {
  const counts = Object.entries(countsOf(series, from, to, 'byModel'));
  return counts.reduce<[string, number] | undefined>(
    (most, next) => (most === undefined || next[1] > most[1] ? next : most),
    undefined,
  )?.[0];
}
