import { randomUUID } from 'node:crypto';
import { counters } from '../aggregation/counters.js';
import { longestLateness } from '../aggregation/lateness.js';
import type { Gap, WindowStore } from '../aggregation/store.js';
import type { Config } from '../config/schema.js';
import { type EpochMillis, epochMillis } from '../contracts/ids.js';
import type { Logger } from '../contracts/logger.js';
import type { Streams } from '../streams/port.js';
import { restoreWindows } from './restore-windows.js';

export interface RebuildOptions {
  readonly config: Pick<Config, 'topics' | 'streams' | 'aggregation'>;
  readonly streams: Streams;
  readonly store: WindowStore;
  readonly logger: Logger;
}

/**
 * Begins a partition of `sentiment.scored` that the store does not know: at the first start, or after the store has
 * lost it. Where the store has lost everything, closed windows come back from `sentiment.aggregates` first.
 *
 * The partition is then to be read again from where its posts can still change something: a window that was not
 * final, or one with posts that may be edited or deleted. Windows that reach back behind that stay as they were
 * published. Where nothing was published the whole topic is read.
 *
 * May be done twice, or by two processes at once: the first one's beginning stays.
 */
export async function beginRebuild(partition: number, options: RebuildOptions): Promise<void> {
  const { config, streams, store, logger } = options;
  const { topics, aggregation } = config;
  if (!(await store.knowsPast())) {
    const group = `${config.streams.group}.restore.windows.${randomUUID()}`;
    const windows = await restoreWindows({
      streams,
      topic: topics.aggregates,
      group,
      store,
      config: aggregation,
    });
    if (windows > 0)
      logger.warn({ windows }, 'the store was empty: closed windows were restored from their topic');
  }
  const watermark = await store.watermark();
  const { start = 0, end = 0 } = (await streams.ranges(topics.scored)).get(partition) ?? {};
  const { nextOffset, gap } = await startOf(partition, start, watermark, options);
  const { state } = await store.read(partition, []);
  if (state.nextOffset !== undefined) return;
  await store.apply({
    partition,
    expected: state,
    next: { nextOffset, sourceOffset: -1, greatestEventTime: undefined, rebuild: { to: end, watermark } },
    counters: counters(() => 0),
    changes: [],
    remembered: new Map(),
    recent: { journal: undefined, outdated: 0 },
    gaps: gap === undefined ? [] : [gap],
  });
  if (end > nextOffset)
    logger.warn(
      { partition, from: nextOffset, to: end },
      'the store does not know the partition: its results are read again',
    );
}

/** Where clocks are put back. */
const LONGEST_DAY_MILLIS = 25 * 3_600_000;

interface Start {
  /** 0 where it is not known what came before the start of the log: that is then a gap. */
  readonly nextOffset: number;
  /** Marks the windows of which not all posts are read again. */
  readonly gap?: Gap;
}

async function startOf(
  partition: number,
  logStart: number,
  watermark: EpochMillis | undefined,
  { config, streams }: RebuildOptions,
): Promise<Start> {
  if (watermark === undefined) return { nextOffset: 0 };
  const { retractionHorizonMs, futureToleranceMs, nearDuplicateMs } = config.aggregation;
  const open = LONGEST_DAY_MILLIS + longestLateness(config.aggregation);
  const whole = watermark - Math.max(retractionHorizonMs, open);
  // Before the first window that comes out as it was, the posts are read that its posts may repeat.
  const since = epochMillis(whole - nearDuplicateMs - futureToleranceMs);
  const { scored } = config.topics;
  // A result has the time of its post's record, which is no older than the post, but for a clock that is ahead.
  const offset = (await streams.offsetsAt(scored, since)).get(partition) ?? 0;
  if (offset <= logStart) return { nextOffset: 0 };
  const latest = epochMillis(whole);
  return { nextOffset: offset, gap: { from: offset, to: offset, earliest: epochMillis(0), latest } };
}
