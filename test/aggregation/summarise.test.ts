import { describe, expect, it } from 'vitest';
import { bucketAt } from '../../src/aggregation/bucket.js';
import type { PositionedRecord } from '../../src/aggregation/decode-scored.js';
import { PartitionMemory } from '../../src/aggregation/partition-memory.js';
import type { PartitionView } from '../../src/aggregation/store.js';
import { summarise } from '../../src/aggregation/summarise.js';
import { ALL_BRANDS, brandId, epochMillis, OTHER_BRANDS } from '../../src/contracts/ids.js';
import { batchOf, deleted, NOON, scored } from './posts.js';
import { defaults } from './stores.js';

const HOUR = 3_600_000;

/** What the store says of a partition in which nothing has come yet. */
const EMPTY: PartitionView = {
  state: {
    nextOffset: undefined,
    sourceOffset: -1,
    greatestEventTime: undefined,
    idleAt: undefined,
    watermark: undefined,
    rebuildTo: undefined,
  },
  remembered: new Map(),
};
const closedUntil = (watermark: number): PartitionView => ({
  ...EMPTY,
  state: { ...EMPTY.state, watermark: epochMillis(watermark) },
});

/** @param memory of what was counted before; of nothing by default */
const summary = (
  records: readonly PositionedRecord[],
  view = EMPTY,
  memory = new PartitionMemory(defaults.recentPosts),
  gaps: Parameters<typeof summarise>[3] = [],
) => summarise(batchOf(records), view, memory, gaps, defaults, () => 'UTC');

describe('summarising a batch', () => {
  it('counts a post in every tier, for each of its brands and once for all', () => {
    const update = summary([
      scored(0, { id: 'a', brands: ['acme', 'globex'], label: 'negative', polarity: -0.25, reach: 40 }),
      scored(1, { id: 'b', at: 1_000 }),
    ]);
    expect(update.changes.map(({ bucket }) => bucket.tier)).toEqual(['10s', '1m', '5m', '1h', '1d']);
    for (const { brands } of update.changes) {
      expect(brands.get(ALL_BRANDS)).toMatchObject({ posts: 2, reach: 40 });
      expect(brands.get(brandId('acme'))).toMatchObject({
        posts: 1,
        labels: { negative: 1, neutral: 0, positive: 0 },
        polarityMicros: -250_000,
        polaritySquareMicros: 62_500,
        reach: 40,
        labelReach: { negative: 40, neutral: 0, positive: 0 },
        distinct: { negative: 1, neutral: 0, positive: 0 },
        sources: new Map([['forum', 1]]),
        languages: new Map([['en', 1]]),
        models: new Map([['m1', 1]]),
      });
      expect(brands.get(OTHER_BRANDS)).toMatchObject({ posts: 1 });
    }
    expect(update.counters).toMatchObject({ counted: 2, late: 0 });
    expect(update.next).toEqual({ nextOffset: 2, sourceOffset: 1, greatestEventTime: NOON + 1_000 });
  });

  it('counts a post once for a brand that it names twice', () => {
    const update = summary([scored(0, { id: 'a', brands: ['acme', 'acme'] })]);
    expect(update.changes[0]?.brands.get(brandId('acme'))?.posts).toBe(1);
  });

  it('tells the same names apart however the records are cut, where there are more than a window tells apart', () => {
    // They come to two windows of ten seconds in turn, and to one of a minute.
    const records = Array.from({ length: 80 }, (_, i) =>
      scored(i, { id: `p${i}`, at: 12_000 * (i % 2), source: `s${i % 41}` }),
    );
    const memory = new PartitionMemory(defaults.recentPosts);
    let view = EMPTY;
    for (const record of records) {
      const { next } = summary([record], view, memory);
      view = { ...view, state: { ...view.state, ...next } };
    }
    const minute = bucketAt('1m', epochMillis(NOON));
    const [oneByOne] = summary([scored(80, { id: 'last' })], view, memory).changes.slice(1);
    const [together] = summary([...records, scored(80, { id: 'last' })]).changes.slice(1);
    expect(oneByOne?.bucket).toEqual(minute);
    expect([...(oneByOne?.brands.get(ALL_BRANDS)?.sources ?? [])]).toEqual([
      ...(together?.brands.get(ALL_BRANDS)?.sources ?? []),
    ]);
    expect(together?.brands.get(ALL_BRANDS)?.sources.size).toBe(33);
  });

  it('leaves out what the store has counted already', () => {
    const view = { ...EMPTY, state: { ...EMPTY.state, nextOffset: 2, sourceOffset: 1 } };
    const update = summary([scored(1, { id: 'a' }), scored(2, { id: 'b' })], view);
    expect(update.counters).toMatchObject({ counted: 1, duplicates: 0 });
    expect([...update.remembered.keys()]).toEqual(['b']);
  });

  it('knows the second result of a source record by its source offset, though nothing else is remembered', () => {
    const view = { ...EMPTY, state: { ...EMPTY.state, nextOffset: 9, sourceOffset: 5 } };
    const update = summary([{ ...scored(9, { id: 'a' }), sourceOffset: 5 }], view);
    expect(update.counters).toMatchObject({ counted: 0, duplicates: 1 });
    expect(update.changes).toEqual([]);
  });

  it('ends early where a store would take long, and says where to go on', () => {
    const everyMonth = Array.from({ length: 400 }, (_, i) =>
      scored(i, { id: `p${i}`, at: i * 30 * 24 * HOUR }),
    );
    const update = summary(everyMonth);
    expect(update.next.nextOffset).toBe(103);
    expect(update.counters.counted).toBe(103);
  });
});

describe('where a post goes', () => {
  it('flags a post too far ahead of its record as future: in no window, no watermark', () => {
    const ahead = defaults.futureToleranceMs;
    const update = summary([
      scored(0, { id: 'ahead', at: ahead + 1 }, NOON),
      scored(1, { id: 'just', at: ahead }, NOON),
    ]);
    expect(update.counters).toMatchObject({ counted: 1, future: 1 });
    expect(update.next.greatestEventTime).toBe(NOON + ahead);
  });

  it('flags a post older than every retention as old', () => {
    const age = defaults.retentionMs['1d'];
    const update = summary([
      scored(0, { id: 'old' }, NOON + age),
      scored(1, { id: 'just', at: 1 }, NOON + age),
    ]);
    expect(update.counters).toMatchObject({ counted: 1, old: 1 });
    expect(update.next.greatestEventTime).toBe(NOON + 1);
  });

  it('counts a post for a closed window as late, and as old once that window is final', () => {
    const end = NOON + 10_000;
    const placed = (watermark: number) => summary([scored(0, { id: 'a' })], closedUntil(watermark)).counters;
    expect(placed(end - 1)).toMatchObject({ counted: 1, late: 0, old: 0 });
    expect(placed(end)).toMatchObject({ counted: 1, late: 1, old: 0 });
    expect(placed(end + defaults.allowedLatenessMs - 1)).toMatchObject({ counted: 1, late: 1, old: 0 });
    expect(placed(end + defaults.allowedLatenessMs)).toMatchObject({ counted: 0, late: 0, old: 1 });
  });

  it('counts one that is neither once, however often it comes', () => {
    const post = { id: 'ahead', at: HOUR };
    const update = summary([scored(0, post, NOON), scored(1, post, NOON)]);
    expect(update.counters).toMatchObject({ future: 1, duplicates: 1 });
  });
});

describe('revisions of a post', () => {
  const first = {
    id: 'a',
    label: 'negative',
    polarity: -0.5,
    brands: ['acme'],
    revision: 10,
    text: 'bad',
  } as const;

  it('replaces what an edit changes, exactly', () => {
    const update = summary([
      scored(0, first),
      scored(1, {
        ...first,
        label: 'positive',
        polarity: 0.25,
        brands: ['globex'],
        revision: 11,
        text: 'good',
      }),
    ]);
    const [{ brands } = { brands: new Map() }] = update.changes;
    expect(brands.get(ALL_BRANDS)).toMatchObject({
      posts: 1,
      labels: { negative: 0, neutral: 0, positive: 1 },
      polarityMicros: 250_000,
    });
    expect(brands.get(brandId('acme'))).toMatchObject({ posts: 0, polarityMicros: 0 });
    expect(brands.get(brandId('globex'))).toMatchObject({ posts: 1, polarityMicros: 250_000 });
    expect(update.counters).toMatchObject({ counted: 1, edits: 1 });
  });

  it('ignores an older revision and one with nothing new in it, though its score differs a little', () => {
    const update = summary([
      scored(0, first),
      scored(1, { ...first, revision: 9, label: 'positive' }),
      scored(2, { ...first, revision: 10, text: 'other text, same time' }),
      scored(3, { ...first, revision: 12, polarity: -0.500001 }),
      scored(4, { ...first, revision: 11, text: 'older than the one before' }),
    ]);
    expect(update.counters).toMatchObject({ counted: 1, duplicates: 4, edits: 0 });
    expect(update.changes[0]?.brands.get(ALL_BRANDS)?.polarityMicros).toBe(-500_000);
  });

  it('takes a deleted post out, and knows its old revision when that comes again', () => {
    const update = summary([scored(0, first), deleted(1, 'a'), scored(2, first), deleted(3, 'a')]);
    expect(update.counters).toMatchObject({ counted: 0, deletions: 1, duplicates: 2 });
    expect(update.changes[0]?.brands.get(ALL_BRANDS)).toMatchObject({
      posts: 0,
      polarityMicros: 0,
      reach: 0,
    });
  });

  it('counts a post again that is published anew after its deletion', () => {
    const update = summary([scored(0, first), deleted(1, 'a'), scored(2, { ...first, revision: 99 })]);
    expect(update.counters).toMatchObject({ counted: 1, deletions: 1 });
  });

  it('takes the deletion of a post that it does not know as it is', () => {
    const update = summary([deleted(0, 'never seen'), deleted(1, 'never seen')]);
    expect(update.counters).toMatchObject({ counted: 0, deletions: 1, duplicates: 1 });
    expect(update.changes).toEqual([]);
  });

  it('corrects a final window, since the post is counted there', () => {
    const { view, memory } = counted([scored(0, first)], closedUntil(NOON + HOUR));
    const edited = scored(1, { ...first, label: 'positive', revision: 11, text: 'good' });
    const update = summary([edited], view, memory);
    expect(update.counters).toMatchObject({ counted: 0, old: 0, edits: 1 });
    expect(update.changes.every(({ correction }) => correction)).toBe(true);
    expect(update.changes[0]?.brands.get(ALL_BRANDS)?.labels).toEqual({
      negative: 0,
      neutral: 0,
      positive: 1,
    });
  });

  it('moves a post that an edit gives another time to that time, if it is not too late', () => {
    const { view, memory } = counted([scored(0, first)], closedUntil(NOON + HOUR));
    const edited = { ...first, revision: 11, at: 20_000 };
    expect(summary([scored(1, edited)], view, memory).counters).toMatchObject({
      counted: -1,
      old: 1,
      edits: 1,
    });
  });

  it('leaves tiers alone whose windows are kept no longer', () => {
    const { view, memory } = counted([scored(0, first)], closedUntil(NOON + 3 * HOUR));
    expect(summary([deleted(1, 'a')], view, memory).changes.map(({ bucket }) => bucket.tier)).toEqual([
      '1m',
      '5m',
      '1h',
      '1d',
    ]);
  });
});

/** Where a partition stands, and what is known of it, when records were counted and the watermark has moved on. */
function counted(records: readonly PositionedRecord[], view: PartitionView) {
  const memory = new PartitionMemory(defaults.recentPosts);
  const { remembered, next } = summary(records, EMPTY, memory);
  return { view: { state: { ...view.state, ...next }, remembered }, memory };
}

describe('summarising what is read again after a loss', () => {
  /** Windows were closed up to three hours after noon; the partition is read again up to offset 2. */
  const rebuilding: PartitionView = {
    ...EMPTY,
    state: { ...EMPTY.state, nextOffset: 0, watermark: epochMillis(NOON + 3 * HOUR), rebuildTo: 2 },
  };

  it('takes no post for too late, up to where the topic reached then', () => {
    const update = summary([scored(0, { id: 'a' }), scored(2, { id: 'b' })], rebuilding);
    expect(update.counters).toMatchObject({ counted: 1, late: 0, old: 1 });
  });

  it('leaves out the windows of a tier that had expired by then', () => {
    const update = summary([scored(0, { id: 'a' })], rebuilding);
    expect(update.changes.map(({ bucket }) => bucket.tier)).toEqual(['1m', '5m', '1h', '1d']);
  });

  it('marks everything up to the first post that is left where the log begins later', () => {
    const gap = { from: 0, to: 1 };
    const update = summary([scored(1, { id: 'a', at: HOUR })], rebuilding, undefined, [gap]);
    expect(update.gaps).toEqual([{ ...gap, earliest: 0, latest: NOON + HOUR }]);
  });
});
