import { OTHER_NAMES } from '../contracts/window.js';

/** Most names that a window tells apart, so that a producer of ever new names cannot fill the store. */
export const MOST_NAMES = 32;

/**
 * Counts by name. The first `MOST_NAMES` of a window keep a count of their own, also when it falls to 0, and the
 * others share `OTHER_NAMES`: so what is taken away is taken from where it was added.
 */
export function countName(counts: Map<string, number>, name: string, times: number): void {
  const known = counts.get(name);
  if (known !== undefined) counts.set(name, known + times);
  else if (counts.size < MOST_NAMES) counts.set(name, times);
  else counts.set(OTHER_NAMES, (counts.get(OTHER_NAMES) ?? 0) + times);
}

/** Adds counts up without losing a name. */
export function addNames(counts: Map<string, number>, others: ReadonlyMap<string, number>): void {
  for (const [name, count] of others) addName(counts, name, count);
}

/** @returns whether the name is new */
export function addName(counts: Map<string, number>, name: string, times: number): boolean {
  const known = counts.get(name);
  counts.set(name, (known ?? 0) + times);
  return known === undefined;
}

/**
 * As people see them: the greatest counts, the others in `OTHER_NAMES`; by name, so that equal counts are equal texts.
 * Names that edits and deletions emptied are left out.
 */
export function shownNames(counts: ReadonlyMap<string, number>): Record<string, number> {
  const named = [...counts].filter(([name, count]) => count !== 0 && name !== OTHER_NAMES);
  named.sort(([a, inA], [b, inB]) => inB - inA || (a < b ? -1 : 1));
  const rest = named.slice(MOST_NAMES).reduce((sum, [, count]) => sum + count, counts.get(OTHER_NAMES) ?? 0);
  const shown = named.slice(0, MOST_NAMES);
  if (rest !== 0) shown.push([OTHER_NAMES, rest]);
  return Object.fromEntries(shown.sort(([a], [b]) => (a < b ? -1 : 1)));
}
