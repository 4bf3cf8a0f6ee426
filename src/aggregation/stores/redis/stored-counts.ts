import type { EpochMillis } from '../../../contracts/ids.js';
import type { WindowAggregate } from '../../../contracts/window.js';
import type { WindowSummary } from '../../../contracts/window-reader.js';
import { damaged } from './stored-window.js';

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
  return JSON.stringify([posts, negative, neutral, positive, polaritySum, reach, complete ? 1 : 0]);
}

/** @throws SentifluxError SF_STORE_DAMAGED */
export function storedCounts(start: EpochMillis, text: string): WindowSummary {
  const numbers = numbersIn(text);
  const [posts, negative, neutral, positive, polaritySum, reach, complete] = numbers ?? [];
  if (
    posts === undefined ||
    negative === undefined ||
    neutral === undefined ||
    positive === undefined ||
    polaritySum === undefined ||
    reach === undefined ||
    complete === undefined
  ) {
    throw damaged(text, 'not seven numbers');
  }
  return { start, posts, negative, neutral, positive, polaritySum, reach, complete: complete === 1 };
}

function numbersIn(text: string): readonly number[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((entry) => typeof entry === 'number') ? value : undefined;
  } catch {
    return undefined;
  }
}
