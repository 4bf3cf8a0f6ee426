import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import { TIER_MILLIS, type Tier, type WindowAggregate } from '../contracts/window.js';

/** Windows of one brand and tier without gaps. */
export interface WindowSeries {
  readonly tier: Tier;
  /** Start of the first slot. */
  readonly start: EpochMillis;
  /** A slot without a window had no posts. */
  readonly slots: readonly (WindowAggregate | undefined)[];
}

/** Several windows counted together. */
export interface Span {
  readonly negative: number;
  readonly posts: number;
  /** False where records of one of the windows were lost. */
  readonly complete: boolean;
}

/**
 * Fills the gaps between windows. Both times are multiples of the tier's size, and `end` is not beyond the
 * watermark: a window that is missing there is not known to be empty.
 */
export function windowSeries(
  tier: Tier,
  start: EpochMillis,
  end: EpochMillis,
  windows: readonly WindowAggregate[],
): WindowSeries {
  const size = TIER_MILLIS[tier];
  const slots = new Array<WindowAggregate | undefined>((end - start) / size).fill(undefined);
  for (const window of windows) {
    const index = (window.start - start) / size;
    if (index >= 0 && index < slots.length) slots[index] = window;
  }
  return { tier, start, slots };
}

/** Start of a slot; the end of the one before it. */
export function slotStart(series: WindowSeries, index: number): EpochMillis {
  return epochMillis(series.start + index * TIER_MILLIS[series.tier]);
}

/** Counts the slots `from <= index < to` together. */
export function spanOf(series: WindowSeries, from: number, to: number): Span {
  let negative = 0;
  let posts = 0;
  let complete = true;
  for (let index = from; index < to; index += 1) {
    const window = series.slots[index];
    if (window === undefined) continue;
    negative += window.negative;
    posts += window.posts;
    complete &&= window.complete;
  }
  return { negative, posts, complete };
}

/** Posts of the slots `from <= index < to` by source. */
export function sourcesOf(series: WindowSeries, from: number, to: number): Readonly<Record<string, number>> {
  const bySource = new Map<string, number>();
  for (const window of series.slots.slice(from, to)) {
    for (const [source, posts] of Object.entries(window?.bySource ?? {})) {
      bySource.set(source, (bySource.get(source) ?? 0) + posts);
    }
  }
  return Object.fromEntries(bySource);
}
