import type { AggregationConfig } from '../../../config/schema.js';
import { type EpochMillis, epochMillis, type PostId } from '../../../contracts/ids.js';
import { TIER_MILLIS } from '../../../contracts/window.js';
import { packRemembered, type Remembered, unpackRemembered } from '../../contribution.js';
import { COUNTER_NAMES } from '../../counters.js';
import type { BucketChange, PartitionState, PartitionStore, PartitionUpdate } from '../../store.js';
import { bucketName } from '../../sums.js';
import type { Connection } from './connection.js';
import type { Keys } from './keys.js';
import { packSums } from './packing.js';
import { scripts } from './script.js';

export type RetentionConfig = Pick<
  AggregationConfig,
  'retentionMs' | 'retractionHorizonMs' | 'allowedLatenessMs'
>;

/** Partials outlive the windows that are made of them, so that no window is merged from half of its partitions. */
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
  return {
    async read(partition, ids) {
      // The state first: what another reader changes in between shows as a conflict when this one applies.
      const [state, packed] = await Promise.all([
        readState(connection, keys, partition),
        ids.length === 0
          ? []
          : connection.send((client) =>
              client.mget(ids.map((id) => `${keys.partition(partition)}post:${id}`)),
            ),
      ]);
      const remembered = new Map<PostId, Remembered>();
      ids.forEach((id, i) => {
        const text = packed[i];
        if (text != null) remembered.set(id, unpackRemembered(text));
      });
      return { state, remembered };
    },

    async apply(update) {
      const { partition } = update;
      const applied = await connection.run(
        scripts.apply,
        [keys.state(partition), keys.dirty(partition), keys.gaps(partition)],
        applyArguments(keys.partition(partition), update, config),
      );
      return applied === 1 ? 'applied' : 'conflict';
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
  const values = await connection.send((client) => client.hmget(keys.state(partition), ...STATE_FIELDS));
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

function timeOf(value: number | undefined): EpochMillis | undefined {
  return value === undefined ? undefined : epochMillis(value);
}

/** How long a namespace without any post is kept. */
export function stateMillis(config: RetentionConfig): number {
  return Math.max(...Object.values(config.retentionMs), config.retractionHorizonMs) + SPARE_MILLIS;
}

function applyArguments(
  prefix: string,
  update: PartitionUpdate,
  config: RetentionConfig,
): Array<string | number> {
  const { expected, next } = update;
  const args: Array<string | number> = [
    prefix,
    expected.nextOffset ?? '',
    expected.watermark ?? '',
    next.nextOffset,
    stateMillis(config),
    Math.max(1, config.retractionHorizonMs),
  ];
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
  pairs([...update.remembered].map(([id, remembered]) => [id, packRemembered(remembered)]));
  args.push(update.changes.length);
  for (const change of update.changes) pushChange(args, change, config);
  return args;
}

function pushChange(args: Array<string | number>, change: BucketChange, config: RetentionConfig): void {
  const { tier } = change.bucket;
  const lifetime = config.retentionMs[tier] + TIER_MILLIS[tier] + config.allowedLatenessMs + SPARE_MILLIS;
  const sums: Array<string | number> = [];
  for (const [brand, difference] of change.brands) packSums(sums, brand, difference);
  args.push(bucketName(change.bucket), change.correction ? '' : lifetime, sums.length / 2);
  for (const value of sums) args.push(value);
}
