import { groupBy } from '../contracts/group-by.js';
import type { Label } from '../contracts/labels.js';
import { type Random, shuffle } from './random.js';

/**
 * Takes a share of the rows of each label away, at least one of each.
 *
 * @param share from 0 to 1
 */
export function splitRows<Row extends { readonly label: Label }>(
  rows: readonly Row[],
  share: number,
  random: Random,
): { readonly taken: readonly Row[]; readonly left: readonly Row[] } {
  const byLabel = groupBy(rows, ({ label }) => label);
  const taken = [...byLabel.values()].flatMap((same) =>
    shuffle([...same], random).slice(0, Math.max(1, Math.round(share * same.length))),
  );
  const isTaken = new Set(taken);
  return { taken, left: rows.filter((row) => !isTaken.has(row)) };
}
