import type { Rebuilding } from '../contracts/window-reader.js';
import type { PartitionState } from './store.js';

/** True until the partition has been read again as far as it had been written when its state was lost. */
export function isRebuilding({ nextOffset, rebuildTo }: PartitionState): boolean {
  return nextOffset !== undefined && rebuildTo !== undefined && nextOffset < rebuildTo;
}

/**
 * What is still to be read again over all partitions. One that the store does not know, while it knows others,
 * has lost its state and waits for its reader to begin anew.
 */
export function rebuildingOf(partitions: readonly PartitionState[]): Rebuilding | undefined {
  const someKnown = partitions.some(({ nextOffset }) => nextOffset !== undefined);
  const lost = partitions.filter(
    ({ nextOffset, idleAt }) => nextOffset === undefined && idleAt === undefined,
  );
  const reading = partitions.filter(isRebuilding);
  const count = reading.length + (someKnown ? lost.length : 0);
  if (count === 0) return undefined;
  const records = reading.reduce((sum, { nextOffset = 0, rebuildTo = 0 }) => sum + rebuildTo - nextOffset, 0);
  return { partitions: count, records };
}
