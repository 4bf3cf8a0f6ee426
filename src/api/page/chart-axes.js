import { colour } from './colours.js';
import { clockTime, compact, share } from './words.js';

/** @import { Range } from './types.js' */
/** @typedef {import('uplot').Axis} Axis */

const DAY = 86_400_000;
const INCREMENTS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].flatMap((unit) => [unit, 2 * unit, 5 * unit]);

/** @type {Axis} */
const common = {
  stroke: () => colour('--muted'),
  font: '11px system-ui, sans-serif',
  ticks: { show: false },
  gap: 5,
};
const lines = { stroke: () => colour('--line'), width: 1 };

/** Clock times; where a day begins, its date. @param {Range} range @returns {Axis} */
export function timeAxis({ size, windows }) {
  const shown = size * windows;
  const usual = shown > 3 * DAY ? 'date' : shown < 1_200_000 ? 'second' : 'minute';
  return {
    ...common,
    grid: { show: false },
    size: 24,
    space: 76,
    values: (_plot, splits) =>
      splits.map((time) => {
        const isMidnight =
          shown >= DAY && new Date(time).getHours() === 0 && new Date(time).getMinutes() === 0;
        return clockTime(time, isMidnight ? 'date' : usual);
      }),
  };
}

/** @returns {Axis} */
export const countAxis = () => ({
  ...common,
  grid: lines,
  size: 42,
  space: 34,
  incrs: INCREMENTS,
  values: (_plot, splits) => splits.map((value) => compact(value)),
});

/** @returns {Axis} */
export const shareAxis = () => ({
  ...common,
  grid: lines,
  size: 42,
  splits: () => [0, 0.5, 1],
  values: (_plot, splits) => splits.map((value) => share(value, 1)),
});
