import { setImmediate as othersFirst } from 'node:timers/promises';
import type { AggregationConfig, AlertRule } from '../config/schema.js';
import type { Alert } from '../contracts/alert.js';
import { type BrandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import { bucketStart, TIER_MILLIS, type WindowAggregate } from '../contracts/window.js';
import { type WindowReader, windowsInParts } from '../contracts/window-reader.js';
import { walkThrough } from './backtest.js';
import { ruleTestOf } from './detectors/rule-test.js';
import { windowSeries } from './window-series.js';

export interface AskedTrial {
  readonly rule: AlertRule;
  readonly brand: BrandId;
  /** How many brands the rule would watch. */
  readonly brands: number;
  /** Alerts that fire after it are told; as far back as windows are kept by default. */
  readonly from?: EpochMillis | undefined;
  /** The watermark by default, and at most. */
  readonly to?: EpochMillis | undefined;
  readonly watermark: EpochMillis;
}

export interface RuleTrial {
  readonly from: EpochMillis;
  readonly to: EpochMillis;
  /** Start of the first window that the rule learned from; `undefined` where none is kept. */
  readonly knownSince?: EpochMillis;
  /** Windows that were tested after `from`. */
  readonly windows: number;
  /** As they stood at `to`, in order of their firing. */
  readonly alerts: readonly Alert[];
}

/** Most windows of one trial, with those that are learned from: a second or so of work. */
const MOST_WINDOWS = 5_000;

/**
 * What a rule would have done on the stored windows of a brand if it had begun with the first that is still kept. The
 * same code as the alert role runs, window by window; between two of them everything else has its turn.
 */
export async function tryRule(
  { rule, brand, brands, watermark, ...asked }: AskedTrial,
  reader: Pick<WindowReader, 'windows'>,
  { retentionMs }: Pick<AggregationConfig, 'retentionMs'>,
): Promise<RuleTrial> {
  const { tier } = rule;
  const size = TIER_MILLIS[tier];
  const to = bucketStart(tier, epochMillis(Math.min(asked.to ?? watermark, watermark)));
  // One window less than the reader keeps, for what expires while it reads.
  const oldestKept = bucketStart(tier, epochMillis(watermark - retentionMs[tier] + 2 * size));
  const oldest = epochMillis(Math.max(oldestKept, to - MOST_WINDOWS * size));
  const from = epochMillis(Math.min(to, Math.max(oldest, asked.from ?? oldest)));

  const found: WindowAggregate[] = [];
  for await (const part of windowsInParts(reader, { brand, tier, from: oldest, to })) found.push(...part);
  const [first] = found;
  if (first === undefined) return { from, to, windows: 0, alerts: [] };

  const series = windowSeries(size, first.start, to, found, rule.deduplicate);
  const watched = { brand, tier, test: ruleTestOf(rule, brands), isSilenced: () => false };
  const alerts = new Map<string, Alert>();
  let windows = 0;
  for (const { state, event } of walkThrough(watched, series)) {
    const alert = event ?? (state.phase.kind === 'firing' ? state.phase.alert : undefined);
    if (alert !== undefined && alert.firedAt > from) alerts.set(alert.id, alert);
    if (state.evaluatedTo > from) windows += 1;
    await othersFirst();
  }
  return { from, to, knownSince: first.start, windows, alerts: [...alerts.values()] };
}
