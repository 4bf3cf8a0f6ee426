import { SentifluxError } from '../contracts/errors.js';
import { type BrandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import { bucketStart, TIER_MILLIS, type Tier, type WindowAggregate } from '../contracts/window.js';

/** Windows of one tier with `from <= start < to`; both ends lie on the tier's grid. */
export interface WindowSpan {
  readonly tier: Tier;
  readonly from: EpochMillis;
  readonly to: EpochMillis;
}

export interface AskedSpan {
  readonly tier: Tier;
  readonly from?: EpochMillis | undefined;
  readonly to?: EpochMillis | undefined;
}

/** Most windows of one brand in one answer. */
export const MOST_WINDOWS = 5_000;
/** The same of all brands together. */
export const MOST_WINDOWS_OF_ALL = 50_000;

const HOUR = TIER_MILLIS['1h'];
/** What is shown where nobody says from when. */
const DEFAULT_SPAN_MILLIS: Readonly<Record<Tier, number>> = {
  '10s': HOUR / 6,
  '1m': HOUR,
  '5m': 6 * HOUR,
  '1h': 24 * HOUR,
  '1d': 30 * 24 * HOUR,
};

/**
 * The span that a query means: up to `latest` unless it says otherwise, and as long as suits its tier.
 *
 * @param latest the watermark, which is the present of what can be asked
 * @param brands how many are asked for
 * @throws SentifluxError SF_API_BAD_REQUEST where it is empty or holds more windows than one answer
 */
export function windowSpan({ tier, ...asked }: AskedSpan, latest: EpochMillis, brands = 1): WindowSpan {
  const until = asked.to ?? epochMillis(Math.max(latest, asked.from ?? latest));
  if (asked.from !== undefined && asked.from > until) {
    throw new SentifluxError('SF_API_BAD_REQUEST', `from (${asked.from}) is after to (${until})`, {
      hint: 'Give from before to.',
    });
  }
  const size = TIER_MILLIS[tier];
  const to = nextStart(tier, until);
  const from = nextStart(tier, asked.from ?? epochMillis(to - DEFAULT_SPAN_MILLIS[tier]));
  const windows = (to - from) / size;
  if (windows > MOST_WINDOWS) {
    throw new SentifluxError(
      'SF_API_BAD_REQUEST',
      `from ${from} to ${to} are ${windows} windows of ${tier}, more than ${MOST_WINDOWS}`,
      { hint: 'Ask for a greater tier or for a shorter time.' },
    );
  }
  if (windows * brands > MOST_WINDOWS_OF_ALL) {
    throw new SentifluxError(
      'SF_API_BAD_REQUEST',
      `${windows} windows of ${tier} for each of ${brands} brands are more than ${MOST_WINDOWS_OF_ALL}`,
      { hint: 'Ask for a greater tier, for a shorter time or for fewer brands.' },
    );
  }
  return { tier, from, to };
}

/** The last `count` windows that are closed. */
export function lastWindows(tier: Tier, count: number, watermark: EpochMillis): WindowSpan {
  const to = bucketStart(tier, watermark);
  return { tier, from: epochMillis(to - count * TIER_MILLIS[tier]), to };
}

/**
 * Where the closed windows of a span begin, so that those without posts can be filled in; `undefined` for days, whose
 * begin depends on the brand's time zone.
 *
 * @param closedUntil the watermark: of later windows nobody knows yet
 */
export function closedStarts(
  { tier, from, to }: WindowSpan,
  closedUntil: EpochMillis,
): readonly EpochMillis[] | undefined {
  if (tier === '1d') return undefined;
  const size = TIER_MILLIS[tier];
  const end = Math.min(to, bucketStart(tier, closedUntil));
  return Array.from({ length: Math.max(0, (end - from) / size) }, (_, i) => epochMillis(from + i * size));
}

/**
 * Every closed window of a span, but for days: where there is none in `windows`, no post came.
 *
 * @param windows those with posts, in order of time
 * @param closedUntil the watermark: of later windows nobody knows yet, so they are not filled
 * @param empty makes a window without posts
 */
export function fillGaps<Window extends { readonly start: EpochMillis }>(
  span: WindowSpan,
  windows: readonly Window[],
  closedUntil: EpochMillis,
  empty: (start: EpochMillis) => Window,
): readonly Window[] {
  const starts = closedStarts(span, closedUntil);
  if (starts === undefined) return windows;
  const found = new Map(windows.map((window) => [window.start, window]));
  return starts.map((start) => found.get(start) ?? empty(start));
}

/** A window in which no post came. */
export function emptyWindow(brand: BrandId, tier: Tier, start: EpochMillis): WindowAggregate {
  return {
    v: 1,
    brand,
    tier,
    start,
    end: epochMillis(start + TIER_MILLIS[tier]),
    posts: 0,
    negative: 0,
    neutral: 0,
    positive: 0,
    polaritySum: 0,
    reach: 0,
    bySource: {},
    byLanguage: {},
    byModel: {},
    revision: 0,
    complete: true,
    final: false,
  };
}

/** The first start on the tier's grid at or after a time. */
function nextStart(tier: Tier, time: EpochMillis): EpochMillis {
  const size = TIER_MILLIS[tier];
  return epochMillis(Math.ceil(time / size) * size);
}
