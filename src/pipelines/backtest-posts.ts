import { createAggregator } from '../aggregation/aggregator.js';
import { closeWindows } from '../aggregation/close-windows.js';
import { countedPost } from '../aggregation/counted-post.js';
import { createMemoryStore } from '../aggregation/stores/memory.js';
import { createEvaluator } from '../alerting/evaluate.js';
import { createMemoryAlertStore } from '../alerting/stores/memory.js';
import type { Config } from '../config/schema.js';
import type { Alert } from '../contracts/alert.js';
import type { Clock } from '../contracts/clock.js';
import { type BrandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import { silentLogger } from '../contracts/logger.js';
import type { ScoredPost } from '../contracts/scored-post.js';
import { TIER_MILLIS } from '../contracts/window.js';

/** Posts that are counted together; windows close and rules run in between. */
const BATCH_POSTS = 500;
/** No more time than this passes between two evaluations, so that no window expires before it was seen. */
const BATCH_MILLIS = 3_600_000;
const PARTITION = 0;

/**
 * Scored posts through windows and rules as in the worker, in memory and on the posts' own time.
 *
 * @param posts in any order
 * @returns the changes of alerts, in the order in which they would have been announced
 */
export async function backtestPosts(
  posts: readonly ScoredPost[],
  config: Pick<Config, 'aggregation' | 'alerting'>,
): Promise<readonly Alert[]> {
  const ordered = posts
    .map((post) => ({ post, at: epochMillis(Date.parse(post.createdAt)) }))
    .sort((a, b) => a.at - b.at || a.post.revision - b.post.revision);
  const [first, last] = [ordered[0], ordered.at(-1)];
  if (first === undefined || last === undefined) return [];

  let now = first.at;
  const clock: Clock = { now: () => now };
  const { aggregation, alerting } = config;
  const store = createMemoryStore(1, aggregation, clock);
  const aggregator = createAggregator({ store, config: aggregation, clock, logger: silentLogger });
  await aggregator.positionOf(PARTITION);
  const brands = [...new Set(posts.flatMap((post): readonly BrandId[] => post.brands))];
  const changes: Alert[] = [];
  const evaluator = createEvaluator({
    rules: alerting.rules,
    brands: () => brands,
    reader: store,
    store: createMemoryAlertStore(),
    publish: async (alert) => void changes.push(alert),
    deliver: async () => {},
    // From the first post on.
    lookBackMs: last.at - first.at + Math.max(...Object.values(TIER_MILLIS)),
    silences: alerting.silences,
    retentionMs: aggregation.retentionMs,
  });

  async function closeAndEvaluate(): Promise<void> {
    await closeWindows({ store, publish: async () => {}, config: aggregation, clock });
    await evaluator.evaluate();
  }

  let offset = 0;
  for (const batch of batches(ordered)) {
    now = batch.at(-1)?.at ?? now;
    const records = batch.map(({ post, at }, i) => ({
      kind: 'scored' as const,
      offset: offset + i,
      sourceOffset: offset + i,
      sourceTimestamp: at,
      post: countedPost(post),
    }));
    offset += batch.length;
    await aggregator.aggregate({ partition: PARTITION, records, invalid: [], nextOffset: offset });
    await closeAndEvaluate();
  }
  // Nothing more comes: time goes on until every window is closed.
  now = epochMillis(now + aggregation.idleAfterMs);
  await store.markIdle(PARTITION, offset, now);
  now = epochMillis(now + aggregation.outOfOrdernessMs + Math.max(...Object.values(TIER_MILLIS)));
  await store.markIdle(PARTITION, offset, now);
  await closeAndEvaluate();
  aggregator.close();
  return changes;
}

interface Timed {
  readonly post: ScoredPost;
  readonly at: EpochMillis;
}

function* batches(ordered: readonly Timed[]): Generator<readonly Timed[]> {
  let batch: Timed[] = [];
  for (const timed of ordered) {
    const [first] = batch;
    if (first !== undefined && (batch.length >= BATCH_POSTS || timed.at - first.at > BATCH_MILLIS)) {
      yield batch;
      batch = [];
    }
    batch.push(timed);
  }
  if (batch.length > 0) yield batch;
}
