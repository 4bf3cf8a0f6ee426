import type { BrandId, EpochMillis, PostId } from '../contracts/ids.js';
import type { WindowAggregate } from '../contracts/window.js';
import type { AggregationCounters, WindowNamespaces, WindowReader } from '../contracts/window-reader.js';
import type { Bucket } from './bucket.js';
import type { Remembered } from './contribution.js';
import type { Sums } from './sums.js';

/** Where a partition of `sentiment.scored` stands. */
export interface PartitionState {
  /** The next record of `sentiment.scored` to count; `undefined` before the first. */
  readonly nextOffset: number | undefined;
  /** Highest offset on the source topic that was seen, -1 before the first: a lower one comes a second time. */
  readonly sourceOffset: number;
  /** Of the posts counted in windows. */
  readonly greatestEventTime: EpochMillis | undefined;
  /** When its reader last said that nothing had come for a while and nothing waits; gone with the next posts. */
  readonly idleAt: EpochMillis | undefined;
  /** The global watermark that was last announced to it: windows that end at or before it are being closed. */
  readonly watermark: EpochMillis | undefined;
  /**
   * After the store has lost the partition, the end of `sentiment.scored` at that time: until the partition has
   * been read again up to there, no window is closed and no post is too late for its window.
   */
  readonly rebuildTo: number | undefined;
}

/** What summarising a batch needs to know. */
export interface PartitionView {
  readonly state: PartitionState;
  /** What is remembered of the posts asked for; unknown ones are left out. */
  readonly remembered: ReadonlyMap<PostId, Remembered>;
}

/** A change of one bucket. */
export interface BucketChange {
  readonly bucket: Bucket;
  /**
   * True where it only corrects posts that were counted before: then it must not bring back a bucket that has
   * expired, nor prolong its life.
   */
  readonly correction: boolean;
  /** What is counted of these brands now; the others stay as they are. */
  readonly brands: ReadonlyMap<BrandId, Sums>;
}

/** Sums that are asked for. */
export interface SumsQuery {
  readonly bucket: Bucket;
  readonly brands: readonly BrandId[];
}

/** What has changed in the partition's `RecentPosts`. */
export interface RecentChange {
  /** To be kept after the others; `undefined` where nothing changed. */
  readonly journal: string | undefined;
  /** How many of the oldest journals are of no use any more. */
  readonly outdated: number;
}

/** Records that were lost before they were read: offsets, and the event times that they may have had. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly earliest: EpochMillis;
  readonly latest: EpochMillis;
}

/** All that a batch changes, to be applied as one. */
export interface PartitionUpdate {
  readonly partition: number;
  /** It applies only to a partition that still stands there. */
  readonly expected: Pick<PartitionState, 'nextOffset' | 'watermark'>;
  readonly next: {
    readonly nextOffset: number;
    readonly sourceOffset: number;
    readonly greatestEventTime: EpochMillis | undefined;
    /** Only where a partition begins that the store does not know. */
    readonly rebuild?: { readonly to: number; readonly watermark: EpochMillis | undefined };
  };
  /** To be added to the partition's counters. */
  readonly counters: AggregationCounters;
  readonly changes: readonly BucketChange[];
  readonly remembered: ReadonlyMap<PostId, Remembered>;
  readonly recent: RecentChange;
  readonly gaps: readonly Gap[];
}

/**
 * What the aggregator needs of a store. A partition's keys change in `apply` alone, which compares the position
 * first: so a batch that comes twice, or from two readers at once, counts once.
 */
export interface PartitionStore {
  read(partition: number, ids: readonly PostId[]): Promise<PartitionView>;
  /** What is counted so far, for each query; brands of which nothing is are left out. */
  sums(partition: number, queries: readonly SumsQuery[]): Promise<ReadonlyArray<ReadonlyMap<BrandId, Sums>>>;
  /** Journals of the partition's `RecentPosts`, the oldest first. */
  recent(partition: number): Promise<readonly string[]>;
  /** `conflict`: the partition stands elsewhere and nothing was changed; read it again. */
  apply(update: PartitionUpdate): Promise<'applied' | 'conflict'>;
  /** Says that the partition is idle, unless it has moved on from the offset. */
  markIdle(partition: number, nextOffset: number | undefined, at: EpochMillis): Promise<void>;
}

/** A bucket of a partition that changed since it was last merged. */
export interface DirtyBucket {
  readonly partition: number;
  readonly bucket: Bucket;
  /** The offset up to which it had changed: grows with every change. */
  readonly version: number;
}

/** A window's new revision, and the one that it replaces. */
export interface WindowChange {
  readonly before: WindowAggregate | undefined;
  readonly after: WindowAggregate;
}

/** What a pass of the closer leaves behind. */
export interface PassOutcome {
  /** Marks to take away, each only if its version is still the same. */
  readonly merged: readonly DirtyBucket[];
  /** Closed, and to be looked at once more when the allowed lateness has passed. */
  readonly unfinished: readonly Bucket[];
  readonly finished: readonly Bucket[];
  readonly watermark: EpochMillis;
}

/** What the closer needs of a store. */
export interface ClosingStore {
  /** Becomes or stays the one closer. False while another one is. */
  elect(): Promise<boolean>;
  /** Lets another closer follow at once. */
  resign(): Promise<void>;
  /** Every partition, in order. */
  partitions(): Promise<readonly PartitionState[]>;
  /** Announces the watermark to every partition, before any window is merged that ends at or before it. */
  announce(watermark: EpochMillis): Promise<void>;
  dirtyBuckets(): Promise<readonly DirtyBucket[]>;
  /** Closed buckets that ended at or before a time and are not final yet. */
  unfinished(endedBy: EpochMillis): Promise<readonly Bucket[]>;
  gaps(): Promise<readonly Gap[]>;
  /** What each partition has counted in a bucket; none where every one of them has expired. */
  partials(bucket: Bucket): Promise<ReadonlyArray<ReadonlyMap<BrandId, Sums>>>;
  /** The windows of a bucket as they are served now; one that was never closed is left out. */
  closed(bucket: Bucket, brands: readonly BrandId[]): Promise<ReadonlyMap<BrandId, WindowAggregate>>;
  /**
   * Serves new revisions. False where one of them does not follow the revision that is served: another closer
   * was there, and what this one knows is old.
   */
  replace(changes: readonly WindowChange[]): Promise<boolean>;
  finishPass(outcome: PassOutcome): Promise<void>;
  /** Serves windows as they are, whatever is served now: revisions that were published before the store lost them. */
  restore(windows: readonly WindowAggregate[]): Promise<void>;
  /** False for a store that is new or has lost its data, until a restoring has ended. */
  knowsPast(): Promise<boolean>;
  beginRestoring(): Promise<void>;
  /** False where the store has lost its data once more since the restoring began. */
  endRestoring(): Promise<boolean>;
}

/** Whether a namespace may be filled from a topic; it is not where another topic, or the live one, fills it. */
export type Claim =
  | { readonly kind: 'claimed' }
  /** `topic` is `undefined` where a worker keeps its windows there. */
  | { readonly kind: 'taken'; readonly topic: string | undefined };

/** Windows from the first post to the reader. Adapters: memory, Redis. */
export interface WindowStore extends PartitionStore, ClosingStore, WindowReader, WindowNamespaces {
  /** Says that this store's namespace is filled from a topic, for `namespace` to find it. To be repeated: it expires. */
  claim(topic: string): Promise<Claim>;
  close(): Promise<void>;
}
