import type { RecordBatch } from '../contracts/record.js';
import type { ConsumeOptions } from './port.js';

/** What was handed on and is not settled, by partition. */
export interface InFlight {
  add(batch: RecordBatch): void;
  remove(batch: RecordBatch): void;
  /** True where nothing more of the partition should be fetched for now. */
  isFull(partition: number): boolean;
  /** Forgets everything: after a rebalance nothing of before will be settled. */
  clear(): void;
}

export function createInFlight(most: ConsumeOptions['maxInFlight']): InFlight {
  const partitions = new Map<number, { records: number; bytes: number }>();
  const change = ({ partition, length, bytes }: RecordBatch, sign: 1 | -1): void => {
    const { records, bytes: size } = partitions.get(partition) ?? { records: 0, bytes: 0 };
    partitions.set(partition, { records: records + sign * length, bytes: size + sign * bytes.length });
  };
  return {
    add: (batch) => change(batch, 1),
    remove: (batch) => change(batch, -1),
    isFull(partition) {
      const { records, bytes } = partitions.get(partition) ?? { records: 0, bytes: 0 };
      return records >= most.records || bytes >= most.bytes;
    },
    clear: () => partitions.clear(),
  };
}
