import { setImmediate as othersFirst } from 'node:timers/promises';
import { type BrandId, type EpochMillis, epochMillis } from './ids.js';
import { TIER_MILLIS, type Tier, type WindowAggregate } from './window.js';

export interface WindowQuery {
  readonly brand: BrandId;
  readonly tier: Tier;
  /** Windows with `from <= start < to`. */
  readonly from: EpochMillis;
  readonly to: EpochMillis;
}

/** The counts of a window, which most questions are about: a tenth of it. */
export type WindowSummary = Pick<
  WindowAggregate,
  'start' | 'posts' | 'negative' | 'neutral' | 'positive' | 'polaritySum' | 'reach' | 'complete'
>;

/** A window as it stands on the topic, in bytes of UTF-8. */
export interface WindowText {
  readonly start: EpochMillis;
  readonly json: Uint8Array;
}

/** Posts that are in no window, and what changed windows afterwards. Each counts once, as the windows do. */
export interface AggregationCounters {
  /** Posts counted in windows. */
  readonly counted: number;
  /** Posts of those that came after their window was closed first: they raised its revision. */
  readonly late: number;
  /** Posts whose time is too far ahead of their record's. */
  readonly future: number;
  /** Posts older than the retention of every tier, or later than the allowed lateness. */
  readonly old: number;
  /** Second records of a post with nothing new in them. */
  readonly duplicates: number;
  readonly edits: number;
  readonly deletions: number;
  /** Records lost below the log's start before they were read. */
  readonly gaps: number;
}

/** What is still to be read again after the store has lost what it had counted. */
export interface Rebuilding {
  readonly partitions: number;
  /** Records of `sentiment.scored`; those of partitions that nobody has begun to read again are not known yet. */
  readonly records: number;
}

/** The closed windows, as the aggregate role wrote them. */
export interface WindowReader {
  /** In order of time, latest revisions; a window without posts is left out. */
  windows(query: WindowQuery): Promise<readonly WindowAggregate[]>;
  /**
   * The same windows, in a fraction of the time.
   *
   * @param watermark as the caller has just read it
   */
  summaries(query: WindowQuery, watermark: EpochMillis): Promise<readonly WindowSummary[]>;
  /**
   * The same windows for whoever passes them on.
   *
   * @param watermark as the caller has just read it
   */
  texts(query: WindowQuery, watermark: EpochMillis): Promise<readonly WindowText[]>;
  /** Every window that ends at or before it is closed. `undefined` before the first post. */
  watermark(): Promise<EpochMillis | undefined>;
  counters(): Promise<AggregationCounters>;
  /** `undefined` where the windows are all that they can be. */
  rebuilding(): Promise<Rebuilding | undefined>;
}

/** Windows beside the live ones: each namespace was filled from a topic of its own, such as that of a replay. */
export interface WindowNamespaces {
  /** `undefined` where nothing was filled under that name. */
  namespace(name: string): Promise<WindowReader | undefined>;
}

const WINDOWS_A_PART = 128;

/**
 * The windows of a range in parts, in order of time: decoding thousands at once would hold up for tenths of a second
 * whatever else the process does.
 */
export async function* windowsInParts(
  reader: Pick<WindowReader, 'windows'>,
  { brand, tier, from, to }: WindowQuery,
): AsyncGenerator<readonly WindowAggregate[]> {
  const millis = WINDOWS_A_PART * TIER_MILLIS[tier];
  for (let start = from; start < to; start = epochMillis(start + millis)) {
    const end = epochMillis(Math.min(to, start + millis));
    yield await reader.windows({ brand, tier, from: start, to: end });
    await othersFirst();
  }
}
