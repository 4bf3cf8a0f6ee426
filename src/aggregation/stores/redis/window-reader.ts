import type { AggregationConfig } from '../../../config/schema.js';
import { type EpochMillis, epochMillis } from '../../../contracts/ids.js';
import { type WindowAggregate, windowAggregateSchema } from '../../../contracts/window.js';
import type { WindowReader } from '../../../contracts/window-reader.js';
import { COUNTER_NAMES, counters, sumCounters } from '../../counters.js';
import { rebuildingOf } from '../../rebuilding.js';
import { windowStarts } from '../../window-range.js';
import type { Connection } from './connection.js';
import type { Keys } from './keys.js';
import { readState } from './partition-store.js';

/** @param partitionCount of the topic `sentiment.scored` */
export function createWindowReader(
  connection: Connection,
  keys: Keys,
  partitionCount: number,
  config: Pick<AggregationConfig, 'retentionMs'>,
): WindowReader {
  const ofEach = <Result>(read: (partition: number) => Promise<Result>): Promise<Result[]> =>
    Promise.all(Array.from({ length: partitionCount }, (_, partition) => read(partition)));

  async function watermark(): Promise<EpochMillis | undefined> {
    const time = await connection.send((client) => client.get(keys.watermark));
    return time === null ? undefined : epochMillis(Number(time));
  }

  return {
    watermark,

    async windows({ brand, tier, from, to }) {
      const reached = await watermark();
      if (reached === undefined) return [];
      const byKey = new Map<string, string[]>();
      for (const start of windowStarts(tier, from, to, reached, config.retentionMs[tier])) {
        const key = keys.windows(brand, tier, start);
        const fields = byKey.get(key);
        if (fields === undefined) byKey.set(key, [String(start)]);
        else fields.push(String(start));
      }
      const found = await Promise.all(
        [...byKey].map(([key, fields]) => connection.send((client) => client.hmget(key, ...fields))),
      );
      return found
        .flat()
        .flatMap((text): readonly WindowAggregate[] =>
          text === null ? [] : [windowAggregateSchema.parse(JSON.parse(text))],
        );
    },

    async rebuilding() {
      return rebuildingOf(await ofEach((partition) => readState(connection, keys, partition)));
    },

    async counters() {
      const states = await ofEach((partition) =>
        connection.send((client) => client.hmget(keys.state(partition), ...COUNTER_NAMES)),
      );
      return sumCounters(
        states.map((values) => counters((name) => Number(values[COUNTER_NAMES.indexOf(name)] ?? 0))),
      );
    },
  };
}
