import type { AggregationCounters } from '../contracts/window-reader.js';

export const COUNTER_NAMES = [
  'counted',
  'late',
  'future',
  'old',
  'duplicates',
  'edits',
  'deletions',
  'gaps',
] as const satisfies ReadonlyArray<keyof AggregationCounters>;

/** Counters by a function of their names. */
export function counters(count: (name: keyof AggregationCounters) => number): AggregationCounters {
  return {
    counted: count('counted'),
    late: count('late'),
    future: count('future'),
    old: count('old'),
    duplicates: count('duplicates'),
    edits: count('edits'),
    deletions: count('deletions'),
    gaps: count('gaps'),
  };
}

export function sumCounters(all: readonly AggregationCounters[]): AggregationCounters {
  return counters((name) => all.reduce((sum, one) => sum + one[name], 0));
}
