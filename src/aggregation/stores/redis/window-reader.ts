import type { AggregationConfig } from '../../../config/schema.js';
import { type EpochMillis, epochMillis } from '../../../contracts/ids.js';
import type { FixedTier, WindowAggregate } from '../../../contracts/window.js';
import type {
  WindowQuery,
  WindowReader,
  WindowSummary,
  WindowText,
} from '../../../contracts/window-reader.js';
import { COUNTER_NAMES, counters, sumCounters } from '../../counters.js';
import { rebuildingOf } from '../../rebuilding.js';
import { dayRange, isShownDay, windowStarts } from '../../window-range.js';
import type { Connection } from './connection.js';
import { type Keys, spanMillis } from './keys.js';
import { readState } from './partition-store.js';
import { countsField, storedCounts } from './stored-counts.js';
import { storedJson, storedWindow } from './stored-window.js';

/** Reads windows that lie in one hash: for each start its window, or `undefined` where there is none. */
type ReadHash<Window> = (
  key: string,
  starts: readonly EpochMillis[],
) => Promise<ReadonlyArray<Window | undefined>>;

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
    { brand, ...asked }: WindowQuery,
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

  /** Windows of a tier but `1d`. */
  async function read<Window>(
    { brand, from, to }: WindowQuery,
    tier: FixedTier,
    reached: EpochMillis,
    ofHash: ReadHash<Window>,
  ): Promise<readonly Window[]> {
    const starts = windowStarts(tier, from, to, reached, config.retentionMs[tier]);
    const found = await Promise.all(
      bySpan(starts, spanMillis(tier)).map(([span, within]) =>
        ofHash(keys.windows(brand, tier, span), within),
      ),
    );
    return found.flat().flatMap((window) => window ?? []);
  }

  const wholeOf: ReadHash<WindowAggregate> = async (key, starts) => {
    const texts = await connection.send((client) => client.hmget(key, ...starts.map(String)));
    return texts.map((text) => (text === null ? undefined : storedWindow(text)));
  };

  const summariesOf: ReadHash<WindowSummary> = async (key, starts) => {
    const texts = await connection.send((client) => client.hmget(key, ...starts.map(countsField)));
    const found = starts.map((start, i) => {
      const text = texts[i] ?? null;
      return text === null ? undefined : storedCounts(start, text);
    });
    const without = starts.filter((_, i) => found[i] === undefined);
    if (without.length === 0) return found;
    // Most are not there at all; those that an earlier version has stored have no counts beside them.
    const others = (await wholeOf(key, without)).values();
    return found.map((summary) => summary ?? others.next().value);
  };

  const textsOf: ReadHash<WindowText> = async (key, starts) => {
    const texts = await connection.send((client) => client.hmgetBuffer(key, ...starts.map(String)));
    return starts.map((start, i) => {
      const text = texts[i] ?? null;
      return text === null ? undefined : { start, json: storedJson(text) };
    });
  };

  return {
    watermark,

    async windows(query) {
      const reached = await watermark();
      if (reached === undefined) return [];
      const { tier } = query;
      return tier === '1d' ? days(query, reached) : read(query, tier, reached, wholeOf);
    },

    async summaries(query, reached) {
      const { tier } = query;
      return tier === '1d' ? days(query, reached) : read(query, tier, reached, summariesOf);
    },

    async texts(query, reached) {
      const { tier } = query;
      if (tier !== '1d') return read(query, tier, reached, textsOf);
      const found = await days(query, reached);
      return found.map((day) => ({ start: day.start, json: Buffer.from(JSON.stringify(day)) }));
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

/** Times in order, by the begin of the span that they lie in. */
function bySpan(
  times: readonly EpochMillis[],
  size: number,
): ReadonlyArray<readonly [EpochMillis, readonly EpochMillis[]]> {
  const spans: Array<[EpochMillis, EpochMillis[]]> = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time >= end) {
      const begin = Math.floor(time / size) * size;
      end = begin + size;
      spans.push([epochMillis(begin), []]);
    }
    spans.at(-1)?.[1].push(time);
  }
  return spans;
}
