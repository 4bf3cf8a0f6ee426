import type { Admin } from 'kafkajs';
import type { Output, OutputBatch } from '../../contracts/output-batch.js';
import type { OutputRecord } from '../../contracts/record.js';
import { partitionOf } from '../partitioner.js';

/** A record whose partition is settled. */
export interface PlacedRecord extends OutputRecord {
  readonly partition: number;
}

/** An output whose partition is settled; a batch is of one anyway. */
export type PlacedOutput = PlacedRecord | OutputBatch;

/** Chooses the partitions of records, in the order in which they came. */
export type Place = (outputs: readonly Output[]) => Promise<readonly PlacedOutput[]>;

/** As long as Kafka's own clients go on with the number of partitions that they have seen. */
const COUNT_AGE_MILLIS = 300_000;

/**
 * A record's own partition, else that of its key, else one after the other. Not left to kafkajs, which chooses when it
 * sends: requests of one partition have to know it before.
 */
export function createPlacement(admin: Pick<Admin, 'fetchTopicMetadata'>): Place {
  const counts = new Map<string, { readonly count: Promise<number>; readonly at: number }>();
  let turn = 0;

  function countOf(topic: string): Promise<number> {
    const known = counts.get(topic);
    if (known !== undefined && performance.now() - known.at < COUNT_AGE_MILLIS) return known.count;
    const count = admin
      .fetchTopicMetadata({ topics: [topic] })
      .then(({ topics }) => topics[0]?.partitions.length ?? 0);
    counts.set(topic, { count, at: performance.now() });
    count.catch(() => counts.delete(topic));
    return count;
  }

  function partitionFor({ key }: OutputRecord, count: number): number {
    if (key !== null) return partitionOf(key, count);
    turn += 1;
    return turn % count;
  }

  return async (outputs) => {
    const found = new Map<string, number>();
    for (const { topic, partition } of outputs) {
      if (partition === undefined && !found.has(topic)) found.set(topic, await countOf(topic));
    }
    return outputs.map((output) =>
      hasPartition(output)
        ? output
        : { ...output, partition: partitionFor(output, found.get(output.topic) ?? 1) },
    );
  };
}

function hasPartition(output: Output): output is PlacedOutput {
  return output.partition !== undefined;
}
