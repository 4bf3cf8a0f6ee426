import type { Admin } from 'kafkajs';
import type { ConsumeOptions } from '../port.js';
import { fetchStableOffsets } from './stable-offsets.js';

/** Where to begin, and what is missing before it. */
export interface Start {
  readonly offset: number;
  readonly gap?: { readonly from: number; readonly to: number };
}

export interface StartQuestion {
  readonly admin: Admin;
  readonly options: Pick<ConsumeOptions, 'topic' | 'group' | 'from'> & {
    readonly positionOf: ConsumeOptions['positionOf'];
  };
  readonly partitions: readonly number[];
}

/**
 * Where each partition begins: at the position given from outside, else at the committed one, else at the start
 * or the end of the log. A position below the start of the log is a gap. One behind its end was made on another
 * log (the topic was created anew, or lost its end): what is there is read from its start, for reading twice is
 * better than leaving out.
 */
export async function findStarts({
  admin,
  options,
  partitions,
}: StartQuestion): Promise<ReadonlyMap<number, Start>> {
  const { topic, group, from, positionOf } = options;
  if (partitions.length === 0) return new Map();
  const positions = new Map<number, number>();
  if (positionOf !== undefined) {
    for (const partition of partitions) {
      const position = await positionOf(partition);
      if (position !== undefined) positions.set(partition, position);
    }
  }
  if (from === 'earliest' && positions.size < partitions.length) {
    const unknown = partitions.filter((partition) => !positions.has(partition));
    const committed = await fetchStableOffsets(admin, { group, topic, partitions: unknown });
    for (const [partition, offset] of committed) positions.set(partition, offset);
  }
  const ends = await admin.fetchTopicOffsets(topic);
  return new Map(
    ends.map(({ partition, ...end }) => {
      const [low, high] = [Number(end.low), Number(end.high)];
      return [
        partition,
        startWithin(low, high, positions.get(partition) ?? (from === 'latest' ? high : low)),
      ];
    }),
  );
}

function startWithin(low: number, high: number, position: number): Start {
  if (position > high) return { offset: low };
  if (position < low) return { offset: low, gap: { from: position, to: low } };
  return { offset: position };
}
