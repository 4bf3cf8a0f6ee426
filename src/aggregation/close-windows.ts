import type { AggregationConfig } from '../config/schema.js';
import type { Clock } from '../contracts/clock.js';
import { count } from '../contracts/count.js';
import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import type { WindowAggregate } from '../contracts/window.js';
import { watermarkDelay, windowsPublished } from '../telemetry/instruments.js';
import { mergePartials } from './across-partitions.js';
import { type Bucket, bucketName } from './bucket.js';
import { longestLateness } from './lateness.js';
import { rebuildingOf } from './rebuilding.js';
import type { ClosingStore, Gap, PartitionState, WindowChange } from './store.js';
import { toWindow } from './sums.js';
import { globalWatermark } from './watermark.js';

export interface ClosingOptions {
  readonly store: ClosingStore;
  /** Makes revisions durable, on the topic `sentiment.aggregates`; a pass that fails publishes them again. */
  readonly publish: (windows: readonly WindowAggregate[]) => Promise<void>;
  readonly config: Pick<
    AggregationConfig,
    'outOfOrdernessMs' | 'idleAfterMs' | 'allowedLatenessMs' | 'latenessBySourceMs' | 'postsPerAuthor'
  >;
  readonly clock: Clock;
}

export type ClosingPass =
  /** Another process closes the windows. */
  | { readonly kind: 'not-elected' }
  /** No post has come yet, or some partition has not been heard of. */
  | { readonly kind: 'no-watermark' }
  /** Partitions are read again that the store has lost: what is there is not all of what was counted. */
  | { readonly kind: 'rebuilding' }
  /** Another closer took over meanwhile; what is left to do is left to it. */
  | { readonly kind: 'superseded' }
  | { readonly kind: 'closed'; readonly watermark: EpochMillis; readonly revisions: number };

/** Buckets whose windows are merged and published together. */
const BUCKETS_AT_ONCE = 64;

/**
 * One pass of the closer: moves the global watermark on, merges what the partitions have counted in closed
 * windows that changed, publishes their revisions and then serves them.
 *
 * A window's first revision is 0 and comes when the watermark passes its end. Late posts raise it. When the
 * allowed lateness has passed there is one more revision that says `final`, unless the last one said so
 * already; after that only edits and deletions change a window, within the retraction horizon.
 *
 * Every step may be done twice: what was published and not served is published again, and a bucket's mark goes
 * only when nothing came in between.
 */
export async function closeWindows(options: ClosingOptions): Promise<ClosingPass> {
  const { store, config, clock } = options;
  if (!(await store.elect())) {
    // Another one tells it now.
    watermarkDelay.forget();
    return { kind: 'not-elected' };
  }

  const partitions = await store.partitions();
  const watermark = globalWatermark(partitions, announced(partitions), clock.now(), config);
  if (watermark === undefined) return { kind: 'no-watermark' };
  if (rebuildingOf(partitions) !== undefined) return { kind: 'rebuilding' };
  // From here on the aggregators take no more new posts into windows that are to be final.
  await store.announce(watermark);

  const finalBy = epochMillis(watermark - longestLateness(config));
  const dirty = (await store.dirtyBuckets()).filter(({ bucket }) => bucket.end <= watermark);
  const buckets = distinct([...dirty.map(({ bucket }) => bucket), ...(await store.unfinished(finalBy))]);
  const gaps = await store.gaps();

  let revisions = 0;
  for (let i = 0; i < buckets.length; i += BUCKETS_AT_ONCE) {
    const chunk = buckets.slice(i, i + BUCKETS_AT_ONCE);
    const changes = (
      await Promise.all(chunk.map((bucket) => changesOf(options, bucket, finalBy, gaps)))
    ).flat();
    if (changes.length === 0) continue;
    // Publishing takes time, and a closer that was held up must not publish over its successor.
    if (!(await store.elect())) return { kind: 'superseded' };
    await options.publish(changes.map(({ after }) => after));
    if (!(await store.replace(changes))) return { kind: 'superseded' };
    measure(changes);
    revisions += changes.length;
  }

  const [finished, unfinished] = split(buckets, ({ end }) => end <= finalBy);
  await store.finishPass({ merged: dirty, unfinished, finished, watermark });
  watermarkDelay.record((clock.now() - watermark) / 1000);
  return { kind: 'closed', watermark, revisions };
}

/** The watermark never goes back: a pass that failed half way has announced it already. */
function announced(partitions: readonly PartitionState[]): EpochMillis | undefined {
  return partitions
    .map(({ watermark }) => watermark)
    .reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined);
}

function distinct(buckets: readonly Bucket[]): readonly Bucket[] {
  return [...new Map(buckets.map((bucket) => [bucketName(bucket), bucket])).values()].sort(
    (a, b) => a.end - b.end,
  );
}

function split<Item>(items: readonly Item[], belongs: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}

/** What is new about the windows of a bucket. */
async function changesOf(
  { store, config }: Pick<ClosingOptions, 'store' | 'config'>,
  bucket: Bucket,
  finalBy: EpochMillis,
  gaps: readonly Gap[],
): Promise<readonly WindowChange[]> {
  const merged = mergePartials(await store.partials(bucket), config.postsPerAuthor);
  const closed = await store.closed(bucket, [...merged.keys()]);
  const { end } = bucket;
  const complete = !gaps.some(({ earliest, latest }) => earliest < end && bucket.start <= latest);
  const changes: WindowChange[] = [];
  for (const [brand, sums] of merged) {
    const before = closed.get(brand);
    // Its only post was taken back before it was closed.
    if (before === undefined && sums.posts === 0) continue;
    // Published before the store lost it, from posts that are not all there to be read again.
    if (before?.complete && !complete && sums.posts <= before.posts) continue;
    const state = { revision: before?.revision ?? 0, complete, final: end <= finalBy };
    const after = toWindow(brand, bucket, sums, state);
    if (before === undefined) changes.push({ before, after });
    else if (!isSame(before, after))
      changes.push({ before, after: { ...after, revision: before.revision + 1 } });
  }
  return changes;
}

/** Both were made by `toWindow`, or read by the schema, which has the same order of keys. */
function isSame(a: WindowAggregate, b: WindowAggregate): boolean {
  return JSON.stringify({ ...a, revision: 0 }) === JSON.stringify({ ...b, revision: 0 });
}

function measure(changes: readonly WindowChange[]): void {
  for (const [tier, windows] of count(changes.map(({ after }) => after.tier)))
    windowsPublished.add(windows, { 'sentiflux.tier': tier });
}
