import { countedBrands } from '../aggregation/contribution.js';
import type { PartitionStore } from '../aggregation/store.js';
import { ALERT_RETENTION_MILLIS } from '../alerting/alert-store.js';
import type { Config } from '../config/schema.js';
import type { AlertBook } from '../contracts/alert-book.js';
import { type BrandId, type EpochMillis, epochMillis, type PostId } from '../contracts/ids.js';
import type { OutputRecord } from '../contracts/record.js';
import { bucketStart, TIERS, type Tier, type WindowAggregate } from '../contracts/window.js';
import type { WindowReader } from '../contracts/window-reader.js';
import type { Streams, TopicSpec } from '../streams/port.js';
import { type AuthorSurvey, type FoundPost, SURVEYED } from './author-survey.js';
import { deletionRecord } from './post-record.js';

/** What is there of an author, and until when at the latest. */
export interface Remains {
  readonly where: string;
  readonly what: string;
  readonly count: number;
  /** `never` where nothing removes it by itself, `unknown` where the stream does not tell. */
  readonly until: EpochMillis | 'never' | 'unknown';
}

/** Windows of a day begin at most so long before a time that they hold. */
const LONGEST_DAY_MILLIS = 25 * 3_600_000;
const IDS_A_READ = 500;
const MOST_ALERTS = 1_000_000;

/**
 * The deletions that are still to be written: with the post's id as key and to the partition in which the post is, so that
 * they follow it, also where its producer chose partitions in another way. A second run finds none to write.
 */
export function deletionsOf({ posts }: AuthorSurvey, topic: string): readonly OutputRecord[] {
  return posts.flatMap(({ id, undeletedIn }) =>
    undeletedIn.map((partition) => ({ ...deletionRecord(topic, id), partition })),
  );
}

/**
 * What stays on the topics: Kafka removes no single record, but whole segments once their newest record is older than
 * `retention.ms`; a segment takes records for `segment.ms` at most.
 */
export async function topicRemains(
  streams: Streams,
  { holdings }: AuthorSurvey,
  { topics }: Pick<Config, 'topics'>,
): Promise<readonly Remains[]> {
  const specs = await streams.topics().describe(SURVEYED.map((name) => topics[name]));
  const what = { posts: 'posts as they came', scored: 'results', deadLetters: 'posts as they came' };
  return SURVEYED.flatMap((name) => {
    const { records, newest } = holdings[name];
    if (newest === undefined) return [];
    const until = goneBy(
      newest,
      specs.find((spec) => spec.name === topics[name]),
    );
    return [{ where: topics[name], what: what[name], count: records, until }];
  });
}

function goneBy(newest: EpochMillis, spec: TopicSpec | undefined): Remains['until'] {
  const { 'retention.ms': retention, 'segment.ms': segment } = spec?.settings ?? {};
  if (retention === undefined || segment === undefined) return 'unknown';
  if (Number(retention) < 0) return 'never';
  return epochMillis(newest + Number(retention) + Number(segment));
}

export interface KeptOptions {
  readonly streams: Streams;
  readonly store: Pick<PartitionStore, 'read'> & Pick<WindowReader, 'windows'>;
  readonly alerts: Pick<AlertBook, 'list'>;
  readonly posts: readonly FoundPost[];
  readonly config: Pick<Config, 'aggregation' | 'topics'>;
  readonly now: EpochMillis;
}

/** What the stores of windows and of alerts keep of the posts. None of it is text, and of the author only a hash of a hash. */
export async function storeRemains(options: KeptOptions): Promise<readonly Remains[]> {
  const { streams, posts, config, now, alerts } = options;
  const { aggregation, topics } = config;
  const ids = new Set(posts.map(({ id }) => id));
  if (ids.size === 0) return [];
  const rows: Remains[] = [];
  const row = (where: string, what: string, count: number, until: Remains['until']): void => {
    if (count > 0) rows.push({ where, what, count, until });
  };

  const remembered = await countRemembered(options);
  const horizon = epochMillis(now + aggregation.retractionHorizonMs);
  row('store', 'posts remembered for edits and deletions: score, brands, time', remembered, horizon);
  const windows = await windowsThatName(options, ids);
  const [spec] = await streams.topics().describe([topics.aggregates]);
  const kept = Math.max(...windows.map(({ start, tier }) => start + aggregation.retentionMs[tier]));
  row('store', 'windows that name a post by its id', windows.length, epochMillis(kept));
  // The deletion makes a revision without the post now, at the latest.
  row(topics.aggregates, 'the same windows', windows.length, goneBy(now, spec));
  const named = (await alerts.list({ limit: MOST_ALERTS })).filter(({ evidence }) =>
    evidence.postIds?.some((id) => ids.has(id as PostId)),
  );
  const fired = Math.max(...named.map(({ firedAt }) => firedAt));
  row(
    'store',
    'alerts that name a post by its id',
    named.length,
    epochMillis(fired + ALERT_RETENTION_MILLIS),
  );
  row(topics.alerts, 'the same alerts, until the next one of brand and rule', named.length, 'never');
  return rows;
}

async function countRemembered({ store, posts }: KeptOptions): Promise<number> {
  const byPartition = new Map<number, PostId[]>();
  for (const { id, partitions } of posts) {
    for (const partition of partitions) {
      const ids = byPartition.get(partition) ?? [];
      byPartition.set(partition, ids);
      ids.push(id);
    }
  }
  let count = 0;
  for (const [partition, ids] of byPartition) {
    for (let from = 0; from < ids.length; from += IDS_A_READ) {
      const { remembered } = await store.read(partition, ids.slice(from, from + IDS_A_READ));
      for (const { kind } of remembered.values()) if (kind === 'post') count += 1;
    }
  }
  return count;
}

/** Looks only where a post may be named: in the windows that counted it. */
async function windowsThatName(
  { store, posts }: KeptOptions,
  ids: ReadonlySet<string>,
): Promise<readonly WindowAggregate[]> {
  const asked = new Map<string, { brand: BrandId; tier: Tier; time: EpochMillis }>();
  for (const { counted } of posts) {
    if (counted === undefined) continue;
    const { time } = counted;
    for (const brand of countedBrands(counted)) {
      for (const tier of TIERS)
        asked.set(`${brand}|${tier}|${bucketStart(tier, time)}`, { brand, tier, time });
    }
  }
  const found = new Map<string, WindowAggregate>();
  for (const { brand, tier, time } of asked.values()) {
    // Where days begin depends on the brand's time zone.
    const from = tier === '1d' ? epochMillis(time - LONGEST_DAY_MILLIS) : bucketStart(tier, time);
    for (const window of await store.windows({ brand, tier, from, to: epochMillis(time + 1) })) {
      const named = [...(window.mostNegative ?? []), ...(window.mostRepeated ?? []).map(({ id }) => id)];
      if (named.some((id) => ids.has(id))) found.set(`${brand}|${tier}|${window.start}`, window);
    }
  }
  return [...found.values()];
}
