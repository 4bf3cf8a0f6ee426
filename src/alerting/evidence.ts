import type { Alert, AlertMeasure } from '../contracts/alert.js';
import { mergeSamples, mergeTerms } from '../contracts/window-digest.js';
import { countsOf, type WindowSeries } from './window-series.js';

const MOST_TERMS = 5;
const MOST_POSTS = 5;

/**
 * What the slots `from <= index < to` tell of a surge beside its counts: sources, telling terms, and posts to look at.
 * Rows of a file, and windows of 10 s, tell less.
 */
export function evidenceOf(
  series: WindowSeries,
  from: number,
  to: number,
  measure: AlertMeasure,
): Pick<Alert['evidence'], 'bySource' | 'terms' | 'postIds' | 'traces'> {
  const windows = series.slots.slice(Math.max(0, from), to).flatMap(({ window }) => window ?? []);
  const terms = mergeTerms(windows).slice(0, MOST_TERMS);
  const { mostNegative, mostRepeated } = mergeSamples(windows);
  // Of more posts than usual, those that many repeat say most.
  const posts =
    measure === 'volume' ? [...mostRepeated, ...mostNegative] : [...mostNegative, ...mostRepeated];
  const postIds = [...new Set(posts.map(({ id }) => id))].slice(0, MOST_POSTS);
  const traces = new Set(postIds.flatMap((id) => windows.flatMap(({ traces: known }) => known?.[id] ?? [])));
  return {
    bySource: countsOf(series, from, to, 'bySource'),
    ...(terms.length > 0 && {
      terms: terms.map(({ term, negative, other }) => ({ term, negative, other })),
    }),
    ...(postIds.length > 0 && { postIds }),
    ...(traces.size > 0 && { traces: [...traces] }),
  };
}
