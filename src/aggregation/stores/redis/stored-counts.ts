import { messageOf } from '../../../contracts/errors.js';
import type { EpochMillis } from '../../../contracts/ids.js';
import type { WindowAggregate } from '../../../contracts/window.js';
import type { WindowSummary } from '../../../contracts/window-reader.js';
import { damaged } from './stored-window.js';

type Counts = readonly [
  posts: number,
  negative: number,
  neutral: number,
  positive: number,
  polaritySum: number,
  reach: number,
  complete: 0 | 1,
];

/** Where the counts of a window lie: in the hash that has the window too. */
export function countsField(start: EpochMillis): string {
  return `c${start}`;
}

/**
 * A window's counts beside its JSON, of which they are a twentieth: most questions are about them, and a day of minutes of
 * twenty brands is 57 MB. Days have none: they are few.
 */
export function countsText(window: WindowAggregate): string | undefined {
  if (window.tier === '1d') return undefined;
  const { posts, negative, neutral, positive, polaritySum, reach, complete } = window;
  return JSON.stringify([
    posts,
    negative,
    neutral,
    positive,
    polaritySum,
    reach,
    complete ? 1 : 0,
  ] satisfies Counts);
}

/** @throws SentifluxError SF_STORE_DAMAGED */
export function storedCounts(start: EpochMillis, text: string): WindowSummary {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(text, messageOf(error));
  }
  if (!isCounts(value)) throw damaged(text, 'not seven numbers');
  const [posts, negative, neutral, positive, polaritySum, reach, complete] = value;
  return { start, posts, negative, neutral, positive, polaritySum, reach, complete: complete === 1 };
}

function isCounts(value: unknown): value is Counts {
  return (
    Array.isArray(value) && value.length === 7 && value.every((entry: unknown) => typeof entry === 'number')
  );
}
