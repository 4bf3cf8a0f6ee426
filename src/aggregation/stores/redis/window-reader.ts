import type { AggregationConfig } from '../../../config/schema.js';
import { type BrandId, type EpochMillis, epochMillis } from '../../../contracts/ids.js';
import type { FixedTier, WindowAggregate } from '../../../contracts/window.js';
import type { WindowQuery, WindowReader } from '../../../contracts/window-reader.js';
import { COUNTER_NAMES, counters, sumCounters } from '../../counters.js';
import { rebuildingOf } from '../../rebuilding.js';
import { dayRange, isShownDay, windowStarts } from '../../window-range.js';
import type { Connection } from './connection.js';
import { type Keys, spanMillis } from './keys.js';
import { readState } from './partition-store.js';
import { storedSummary, storedWindow } from './stored-window.js';

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

  /** Where days begin depends on the brand's time zone: what is kept of a span tells. */
  async function days(
    brand: BrandId,
    asked: Pick<WindowQuery, 'from' | 'to'>,
    reached: EpochMillis,
  ): Promise<readonly WindowAggregate[]> {
    const range = dayRange(asked, reached, config.retentionMs['1d']);
    const span = spanMillis('1d');
    const windowKeys: string[] = [];
    for (let start = Math.floor(range.from / span) * span; start < range.to; start += span) {
      windowKeys.push(keys.windows(brand, '1d', epochMillis(start)));
    }
    const found = await Promise.all(windowKeys.map((key) => connection.send((client) => client.hvals(key))));
    return found
      .flat()
      .map(storedWindow)
      .filter((window) => isShownDay(window, range, reached))
      .sort((a, b) => a.start - b.start);
  }

  /** Windows of a tier but `1d`, read by a function from what is stored of each. */
  async function read<Window>(
    brand: BrandId,
    starts: readonly EpochMillis[],
    tier: FixedTier,
    decode: (text: string) => Window,
  ): Promise<readonly Window[]> {
    const byKey = new Map<string, string[]>();
    for (const start of starts) {
      const key = keys.windows(brand, tier, start);
      const fields = byKey.get(key);
      if (fields === undefined) byKey.set(key, [String(start)]);
      else fields.push(String(start));
    }
    const found = await Promise.all(
      [...byKey].map(([key, fields]) => connection.send((client) => client.hmget(key, ...fields))),
    );
    return found.flat().flatMap((text) => (text === null ? [] : [decode(text)]));
  }

  /** @param decode what is stored of a window but of a day; of days there are few */
  const windowsBy =
    <Window>(decode: (text: string) => Window) =>
    async ({ brand, tier, from, to }: WindowQuery): Promise<ReadonlyArray<Window | WindowAggregate>> => {
      const reached = await watermark();
      if (reached === undefined) return [];
      if (tier === '1d') return days(brand, { from, to }, reached);
      return read(brand, windowStarts(tier, from, to, reached, config.retentionMs[tier]), tier, decode);
    };

  return {
    watermark,
    windows: windowsBy(storedWindow),
    summaries: windowsBy(storedSummary),

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
