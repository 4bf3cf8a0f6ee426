import { type Bucket, bucketName } from '../aggregation/bucket.js';
import { longestLateness } from '../aggregation/lateness.js';
import type { WindowStore } from '../aggregation/store.js';
import type { AggregationConfig } from '../config/schema.js';
import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import { type WindowAggregate, windowAggregateSchema } from '../contracts/window.js';
import type { Streams } from '../streams/port.js';
import { scan } from '../streams/scan.js';
import { parsedValue } from './record-values.js';

const WINDOWS_AT_ONCE = 1_000;

export interface RestoreWindowsOptions {
  readonly streams: Streams;
  /** `sentiment.aggregates`. */
  readonly topic: string;
  /** A name for the group that exists while the topic is read. */
  readonly group: string;
  readonly store: Pick<WindowStore, 'restore' | 'finishPass' | 'beginRestoring' | 'endRestoring'>;
  readonly config: Pick<AggregationConfig, 'retentionMs' | 'allowedLatenessMs' | 'latenessBySourceMs'>;
}

/**
 * Serves again what was published of closed windows, as far as they are still to be kept, after the store has lost
 * them. The watermark becomes the least that it must have been: a window was closed when it had passed its end, and final
 * when the allowed lateness had passed too. Values that are no windows are passed over.
 *
 * @returns how many revisions were read
 */
export async function restoreWindows(options: RestoreWindowsOptions): Promise<number> {
  const { streams, topic, group, store } = options;
  const { retentionMs } = options.config;
  const lateness = longestLateness(options.config);
  const unfinished = new Map<string, Bucket>();
  let watermark: EpochMillis | undefined;
  let windows: WindowAggregate[] = [];
  let read = 0;

  const hasExpired = (bucket: Bucket): boolean =>
    watermark !== undefined && bucket.end + retentionMs[bucket.tier] <= watermark;
  /** In the order of the topic, so that a window's last revision stays. */
  async function flush(): Promise<void> {
    await store.restore(windows.filter((window) => !hasExpired(window)));
    windows = [];
  }

  await store.beginRestoring();
  for await (const record of scan(streams, { topic, group, ranges: await streams.ranges(topic) })) {
    const window = parsedValue(record, windowAggregateSchema);
    if (window === undefined) continue;
    read += 1;
    const passed = window.final ? window.end + lateness : window.end;
    watermark = epochMillis(Math.max(watermark ?? passed, passed));
    if (!window.final)
      unfinished.set(bucketName(window), { tier: window.tier, start: window.start, end: window.end });
    windows.push(window);
    if (windows.length === WINDOWS_AT_ONCE) await flush();
  }
  await flush();
  if (watermark !== undefined) {
    // The closer looks at each of them once more, and finds which are final by now.
    const left = [...unfinished.values()].filter((bucket) => !hasExpired(bucket));
    await store.finishPass({ merged: [], unfinished: left, finished: [], watermark });
  }
  if (await store.endRestoring()) return read;
  // What had been restored by then is gone again.
  return restoreWindows(options);
}
