import type { DeadLetter, Survey } from './dead-letter-survey.js';

export interface PurgePlan {
  /** The offset of each partition before which everything goes. */
  readonly before: ReadonlyMap<number, number>;
  /** How many of the selected dead letters go. */
  readonly deleted: number;
  /** How many stay, since one that is not selected lies before them in their partition. */
  readonly kept: number;
}

/**
 * What can be deleted of the dead letters that were selected. Brokers delete only what lies before an offset: so in
 * each partition those go that no other one precedes, and the markers of redrives among them.
 */
export function planPurge({ ranges, letters }: Survey, selected: readonly DeadLetter[]): PurgePlan {
  const chosen = new Set(selected);
  const before = new Map<number, number>();
  for (const { partition } of selected) {
    const end = ranges.get(partition)?.end;
    if (end !== undefined) before.set(partition, end);
  }
  for (const letter of letters) {
    const end = before.get(letter.partition);
    if (end !== undefined && letter.offset < end && !chosen.has(letter))
      before.set(letter.partition, letter.offset);
  }
  const gone = selected.filter(({ partition, offset }) => offset < (before.get(partition) ?? 0));
  const reached = new Set(gone.map(({ partition }) => partition));
  return {
    before: new Map([...before].filter(([partition]) => reached.has(partition))),
    deleted: gone.length,
    kept: selected.length - gone.length,
  };
}
