import { z } from 'zod';
import type { AggregationConfig } from '../../../config/schema.js';
import { type BrandId, type EpochMillis, epochMillis, type PostId } from '../../../contracts/ids.js';
import { type Bucket, bucketName } from '../../bucket.js';
import type { Remembered } from '../../contribution.js';
import { COUNTER_NAMES } from '../../counters.js';
import { correctableMillis, longestLateness } from '../../lateness.js';
import type { BucketChange, PartitionState, PartitionStore, PartitionUpdate } from '../../store.js';
import type { Sums } from '../../sums.js';
import { TextWriter } from '../../text-writer.js';
import type { Connection } from './connection.js';
import type { Keys } from './keys.js';
import { Names } from './names.js';
import { packRemembered, placeOf, stretchMillis, unpackRemembered } from './remembered-posts.js';
import { scripts } from './script.js';
import { pushSums, sumsFields, sumsIn } from './sums-fields.js';

export type RetentionConfig = Pick<
  AggregationConfig,
  'retentionMs' | 'retractionHorizonMs' | 'allowedLatenessMs' | 'latenessBySourceMs'
>;

/** Partials outlive what may still change them, so that no window is merged from half of its partitions. */
const SPARE_MILLIS = 3_600_000;

const STATE_FIELDS = [
  'nextOffset',
  'sourceOffset',
  'greatestEventTime',
  'idleAt',
  'watermark',
  'rebuildTo',
] as const;

export function createPartitionStore(
  connection: Connection,
  keys: Keys,
  config: RetentionConfig,
): PartitionStore {
  /** Of each partition, and where it stood when they were read. */
  const known = new Map<number, { readonly position: number | undefined; readonly names: Names }>();
  /** Of each partition, of the posts that were asked for last: what is applied next. */
  const places = new Map<number, ReadonlyMap<PostId, string>>();

  async function namesOf(partition: number, position: number | undefined, count: number): Promise<Names> {
    const kept = known.get(partition);
    if (kept !== undefined && kept.position === position && kept.names.stored === count) return kept.names;
    const stored = await connection.send((client) => client.lrange(keys.names(partition), 0, -1));
    const names = new Names(stored);
    known.set(partition, { position, names });
    return names;
  }

  return {
    async read(partition, ids) {
      const placesRead = new Map<PostId, string>();
      for (const id of ids) placesRead.set(id, placeOf(id));
      places.set(partition, placesRead);
      const { state, nameCount, found } = await readPosts(connection, keys, partition, placesRead, config);
      const names = await namesOf(partition, state.nextOffset, nameCount);
      const remembered = new Map<PostId, Remembered>();
      for (const [id, packed] of found) remembered.set(id, unpackRemembered(packed, names));
      return { state, remembered };
    },

    async sums(partition, queries) {
      return Promise.all(
        queries.map(async ({ bucket, brands }) => {
          const key = keys.bucket(partition, bucket);
          const fields = brands.flatMap(sumsFields);
          const texts = await connection.send((client) => client.hmget(key, ...fields));
          const width = fields.length / brands.length;
          const sums = new Map<BrandId, Sums>();
          brands.forEach((brand, i) => {
            const found = sumsIn(texts.slice(i * width, (i + 1) * width));
            if (found !== undefined) sums.set(brand, found);
          });
          return sums;
        }),
      );
    },

    recent: (partition) => connection.send((client) => client.lrange(keys.recent(partition), 0, -1)),

    async apply(update) {
      const { partition, next } = update;
      // A partition that was never read has none.
      const names = known.get(partition)?.names ?? new Names([]);
      // What becomes of the new names shows when the update was applied.
      known.delete(partition);
      const applied = await connection.run(
        scripts.apply,
        [
          keys.state(partition),
          keys.dirty(partition),
          keys.gaps(partition),
          keys.names(partition),
          keys.recent(partition),
        ],
        applyArguments(keys.partition(partition), update, names, places.get(partition), config),
      );
      if (applied !== 1) return 'conflict';
      names.confirm();
      known.set(partition, { position: next.nextOffset, names });
      return 'applied';
    },

    async markIdle(partition, nextOffset, at) {
      await connection.run(
        scripts.markIdle,
        [keys.state(partition)],
        [nextOffset ?? '', at, stateMillis(config)],
      );
    },
  };
}

export async function readState(
  connection: Connection,
  keys: Keys,
  partition: number,
): Promise<PartitionState> {
  return stateOf(await connection.send((client) => client.hmget(keys.state(partition), ...STATE_FIELDS)));
}

function stateOf(values: ReadonlyArray<string | null>): PartitionState {
  const [nextOffset, sourceOffset = -1, greatestEventTime, idleAt, watermark, rebuildTo] = values.map(
    (value) => (value === null ? undefined : Number(value)),
  );
  return {
    nextOffset,
    sourceOffset,
    greatestEventTime: timeOf(greatestEventTime),
    idleAt: timeOf(idleAt),
    watermark: timeOf(watermark),
    rebuildTo,
  };
}

const postsReply = z.tuple([
  z.array(z.string().nullable()),
  z.number(),
  z.array(z.union([z.string(), z.number()])),
]);

async function readPosts(
  connection: Connection,
  keys: Keys,
  partition: number,
  places: ReadonlyMap<PostId, string>,
  { retractionHorizonMs }: RetentionConfig,
) {
  const ids = [...places.keys()];
  const reply = await connection.run(
    scripts.read,
    [keys.state(partition), keys.names(partition)],
    [
      keys.partition(partition),
      retractionHorizonMs,
      stretchMillis(retractionHorizonMs),
      STATE_FIELDS.length,
      ...STATE_FIELDS,
      [...places.values()].join(''),
    ],
  );
  const [values, nameCount, pairs] = postsReply.parse(reply);
  const found: Array<readonly [PostId, string]> = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const id = ids[Number(pairs[i])];
    if (id !== undefined) found.push([id, String(pairs[i + 1])]);
  }
  return { state: stateOf(values), nameCount, found };
}

function timeOf(value: number | undefined): EpochMillis | undefined {
  return value === undefined ? undefined : epochMillis(value);
}

/** How long a namespace without any post is kept. */
export function stateMillis(config: RetentionConfig): number {
  return Math.max(...Object.values(config.retentionMs), config.retractionHorizonMs) + SPARE_MILLIS;
}

/** Posts are written here, one update after the other. */
const posts = new TextWriter();

function applyArguments(
  prefix: string,
  update: PartitionUpdate,
  names: Names,
  places: ReadonlyMap<PostId, string> | undefined,
  config: RetentionConfig,
): Array<string | number | Buffer> {
  const { expected, next, recent } = update;
  const args: Array<string | number | Buffer> = [
    prefix,
    expected.nextOffset ?? '',
    expected.watermark ?? '',
    names.stored,
    next.nextOffset,
    stateMillis(config),
    config.retractionHorizonMs,
    stretchMillis(config.retractionHorizonMs),
    recent.outdated,
  ];
  const list = (all: ReadonlyArray<string>): void => {
    args.push(all.length);
    for (const one of all) args.push(one);
  };
  const pairs = (all: ReadonlyArray<readonly [string | number, string | number]>): void => {
    args.push(all.length);
    for (const [first, second] of all) args.push(first, second);
  };

  const fields = {
    nextOffset: next.nextOffset,
    sourceOffset: next.sourceOffset,
    greatestEventTime: next.greatestEventTime,
    rebuildTo: next.rebuild?.to,
    watermark: next.rebuild?.watermark,
  };
  pairs(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  pairs(
    COUNTER_NAMES.filter((name) => update.counters[name] !== 0).map((name) => [name, update.counters[name]]),
  );
  pairs(update.gaps.map(({ from, to, earliest, latest }) => [from, `${to}:${earliest}:${latest}`]));
  update.remembered.forEach((remembered, id) => {
    posts.text(places?.get(id) ?? placeOf(id));
    packRemembered(posts, remembered, names);
    posts.text('\n');
  });
  // Packing has told which names are new.
  list(names.added);
  list(recent.journal === undefined ? [] : [recent.journal]);
  args.push(posts.takeBytes(), update.changes.length);
  for (const change of update.changes) pushChange(args, change, config);
  return args;
}

function pushChange(
  args: Array<string | number | Buffer>,
  change: BucketChange,
  config: RetentionConfig,
): void {
  const { bucket, correction, brands } = change;
  const fields: Array<string | number> = [];
  for (const [brand, sums] of brands) pushSums(fields, brand, sums);
  args.push(bucketName(bucket), correction ? '' : partialMillis(bucket, config), fields.length / 2);
  for (const field of fields) args.push(field);
}

/** How long what a partition has counted in a bucket lives: until nothing can change it any more. */
function partialMillis({ tier, start, end }: Bucket, config: RetentionConfig): number {
  return end - start + longestLateness(config) + correctableMillis(tier, config) + SPARE_MILLIS;
}
