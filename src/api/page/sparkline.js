import { svg } from './dom.js';

const POINTS = 40;
const WIDTH = 100;
const HEIGHT = 28;

/**
 * How the posts of a brand came over time, and how many of them were negative. Decoration: the figures stand beside it.
 *
 * @param {{ posts: readonly number[], negative: readonly number[] }} series
 */
export function sparkline({ posts, negative }) {
  const all = inPoints(posts);
  const most = Math.max(1, ...all);
  return svg(
    'svg',
    { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('path', { class: 'all', d: `${line(all, most)}V${HEIGHT}H0z` }),
    svg('path', { class: 'negative', d: `${line(inPoints(negative), most)}V${HEIGHT}H0z` }),
    svg('path', { class: 'line', d: line(all, most) }),
  );
}

/** Many windows are summed into fewer points. @param {readonly number[]} values */
function inPoints(values) {
  const size = Math.max(1, Math.ceil(values.length / POINTS));
  const points = [];
  for (let i = 0; i < values.length; i += size) {
    points.push(values.slice(i, i + size).reduce((sum, value) => sum + value, 0));
  }
  return points.length > 1 ? points : [points[0] ?? 0, points[0] ?? 0];
}

/** @param {readonly number[]} points @param {number} most */
function line(points, most) {
  const step = WIDTH / (points.length - 1);
  const y = (/** @type {number} */ value) => HEIGHT - 1 - ((HEIGHT - 3) * value) / most;
  return points
    .map((value, i) => `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${y(value).toFixed(1)}`)
    .join('');
}
