import type { Clock } from '../contracts/clock.js';
import { SentifluxError } from '../contracts/errors.js';
import type { BrandId, EpochMillis } from '../contracts/ids.js';
import type { Logger } from '../contracts/logger.js';
import { postsCounted } from '../telemetry/instruments.js';
import type { ScoredRecords } from './decode-scored.js';
import type { SummaryConfig } from './fold.js';
import { PartitionMemory } from './partition-memory.js';
import { isRebuilding } from './rebuilding.js';
import type { PartitionStore, PartitionUpdate } from './store.js';
import { type OffsetGap, summarise, unknownSums } from './summarise.js';
import { untilReachable } from './until-reachable.js';

export interface AggregatorOptions {
  readonly store: PartitionStore;
  readonly config: SummaryConfig & { readonly idleAfterMs: number };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Time zone of a brand's days; UTC by default. */
  readonly timeZoneOf?: (brand: BrandId) => string;
}

/** Most records in one update, so that a store reads and applies it in a few milliseconds. */
export const RECORDS_AT_ONCE = 1_000;

/** Counts the records of partitions into their windows. */
export interface Aggregator {
  /**
   * Where to read a partition on: the store's position, for `ConsumeOptions.positionOf`. To be called on every
   * assignment, before the partition's first batch.
   */
  positionOf(partition: number): Promise<number | undefined>;
  /**
   * Adds a batch to the windows. Batches of one partition must follow each other. Records that the store has
   * counted already change nothing. Waits while the store cannot be reached, until the aggregator is closed.
   *
   * @throws SentifluxError SF_STORE_CONFLICT when the store has lost what it had counted (a failover, a flush):
   *   no batch that was read before may be added any more, and the partition must be read again from `positionOf`
   * @throws SentifluxError SF_STORE_UNREACHABLE when closed while waiting
   */
  aggregate(batch: ScoredRecords): Promise<void>;
  /** Notes records that were lost: windows that were open then are marked incomplete with the next batch. */
  noteGap(gap: OffsetGap & { readonly partition: number }): void;
  /**
   * Tells how many records of each assigned partition wait, for `Consumption.lag`. To be called more often than
   * `idleAfterMs`: a partition without lag and without posts for that long no longer holds the watermark back.
   */
  reportLag(lag: ReadonlyMap<number, number>): Promise<void>;
  /**
   * Partitions of which the store has lost what it had counted, also where no batch comes: as for
   * SF_STORE_CONFLICT they must be read again from `positionOf`.
   */
  lost(): Promise<readonly number[]>;
  /** Ends any waiting for the store. */
  close(): void;
}

export function createAggregator(options: AggregatorOptions): Aggregator {
  const { store, config, clock, logger, timeZoneOf = () => 'UTC' } = options;
  /** Where the store must stand, as far as this process has seen. */
  const positions = new Map<number, number>();
  /** What this process knows of the store, and at which position. */
  const memories = new Map<
    number,
    { readonly position: number | undefined; readonly memory: PartitionMemory }
  >();
  const gaps = new Map<number, readonly OffsetGap[]>();
  const quietSince = new Map<number, EpochMillis>();
  /** How far partitions are read again that the store had lost. */
  const rebuilds = new Map<number, number>();
  const closing = new AbortController();
  const reaching = <Result>(attempt: () => Promise<Result>): Promise<Result> =>
    untilReachable(attempt, logger, closing.signal);

  /** One step towards the end of the batch. Returns the position that the store has now. */
  async function step(batch: ScoredRecords): Promise<number> {
    const known = positions.get(batch.partition);
    const left = batch.records.filter(({ offset }) => offset >= (known ?? 0));
    const pending = left.slice(0, RECORDS_AT_ONCE);
    const nextOffset = left[RECORDS_AT_ONCE]?.offset ?? batch.nextOffset;
    const ids = pending.map((record) => (record.kind === 'deleted' ? record.id : record.post.id));
    const view = await store.read(batch.partition, ids);
    const position = view.state.nextOffset ?? 0;
    if (known !== undefined && position < known)
      throw wentBack(batch.partition, known, view.state.nextOffset);
    if (position >= batch.nextOffset) return position;
    const noted = gaps.get(batch.partition) ?? [];
    const memory = await memoryOf(batch.partition, view.state.nextOffset);
    const queries = unknownSums(pending, view, memory, timeZoneOf);
    if (queries.length > 0) memory.fill(queries, await store.sums(batch.partition, queries));
    // Whatever becomes of the update, the memory is not what the store is known to have, until it says so.
    memories.delete(batch.partition);
    const update = summarise(
      { ...batch, records: pending, nextOffset },
      view,
      memory,
      noted,
      config,
      timeZoneOf,
    );
    if ((await store.apply(update)) === 'conflict') return position;
    memory.tidy();
    memories.set(batch.partition, { position: update.next.nextOffset, memory });
    forgetGaps(batch.partition, update.next.nextOffset);
    measure(update);
    return update.next.nextOffset;
  }

  async function memoryOf(partition: number, position: number | undefined): Promise<PartitionMemory> {
    const known = memories.get(partition);
    if (known !== undefined && known.position === position) return known.memory;
    return PartitionMemory.load(store, partition, config.recentPosts);
  }

  async function aggregate(batch: ScoredRecords): Promise<void> {
    quietSince.set(batch.partition, clock.now());
    let position: number;
    do {
      position = await reaching(() => step(batch));
      positions.set(batch.partition, position);
    } while (position < batch.nextOffset);
  }

  /** A gap may be noted while batches before it still wait: it stays until one has passed it. */
  function forgetGaps(partition: number, passed: number): void {
    const ahead = (gaps.get(partition) ?? []).filter(({ from }) => from >= passed);
    if (ahead.length > 0) gaps.set(partition, ahead);
    else gaps.delete(partition);
  }

  /** The topic may end in what holds no records, such as the markers of transactions. */
  async function endRebuild(partition: number): Promise<void> {
    const nextOffset = rebuilds.get(partition);
    if (nextOffset === undefined) return;
    rebuilds.delete(partition);
    if (nextOffset > (positions.get(partition) ?? 0))
      await aggregate({ partition, records: [], invalid: [], nextOffset });
  }

  /** Marks windows incomplete although no post has come since the gap. */
  async function settleGaps(partition: number, lost: readonly OffsetGap[]): Promise<void> {
    const latest = clock.now();
    gaps.set(
      partition,
      lost.map((gap) => ({ ...gap, latest })),
    );
    const nextOffset = Math.max(...lost.map(({ to }) => to));
    await aggregate({ partition, records: [], invalid: [], nextOffset });
  }

  return {
    aggregate,

    async positionOf(partition) {
      quietSince.delete(partition);
      memories.delete(partition);
      const { state } = await reaching(() => store.read(partition, []));
      if (state.nextOffset === undefined) positions.delete(partition);
      else positions.set(partition, state.nextOffset);
      if (isRebuilding(state) && state.rebuildTo !== undefined) rebuilds.set(partition, state.rebuildTo);
      else rebuilds.delete(partition);
      return state.nextOffset;
    },

    noteGap({ partition, from, to }) {
      gaps.set(partition, [...(gaps.get(partition) ?? []), { from, to }]);
    },

    async reportLag(lag) {
      const now = clock.now();
      for (const [partition, messages] of lag) {
        const since = quietSince.get(partition);
        if (since === undefined || messages > 0) quietSince.set(partition, now);
        else if (now - since >= config.idleAfterMs) {
          await endRebuild(partition);
          const lost = gaps.get(partition);
          if (lost !== undefined) await settleGaps(partition, lost);
          await store.markIdle(partition, positions.get(partition), now);
        }
      }
    },

    async lost() {
      const known = [...positions];
      const views = await Promise.all(known.map(([partition]) => store.read(partition, [])));
      return known.flatMap(([partition, position], i) => {
        const now = views[i]?.state.nextOffset;
        const isBehind = now === undefined || now < position;
        // One that was begun anew meanwhile is not lost.
        return isBehind && (positions.get(partition) ?? -1) >= position ? [partition] : [];
      });
    },

    close: () => closing.abort(),
  };
}

function wentBack(partition: number, from: number, to: number | undefined): SentifluxError {
  return new SentifluxError(
    'SF_STORE_CONFLICT',
    `the store had counted partition ${partition} up to ${from} and stands at ${to ?? 'nothing'} now.`,
    { hint: 'It has lost data: the partition is read again.' },
  );
}

function measure({ counters }: PartitionUpdate): void {
  for (const outcome of ['counted', 'late', 'future', 'old', 'duplicates', 'edits', 'deletions'] as const) {
    // An edit may take a post out of a counter; a metric that only grows leaves that to the store's counters.
    if (counters[outcome] > 0) postsCounted.add(counters[outcome], { 'sentiflux.outcome': outcome });
  }
}
