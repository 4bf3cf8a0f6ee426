import type { PointOutcome, SeriesPoint } from '../alerting/backtest.js';

const WIDTH = 1_200;
const HEIGHT = 360;
const PLOT = { left: 56, right: 1_184, top: 40, bottom: 316 };
/** More points than pixels say nothing. */
const COLUMNS = PLOT.right - PLOT.left;
const DAY_MILLIS = 86_400_000;
const MOST_DATES = 8;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .background { fill: #ffffff }
  .grid { stroke: #d8dee4 }
  .series { stroke: #0969da; fill: none }
  .expected { stroke: #57606a; fill: none; stroke-dasharray: 4 3 }
  .alert { fill: #cf222e; opacity: 0.18 }
  .fired { stroke: #cf222e; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .background { fill: #0d1117 }
    .grid { stroke: #30363d }
    .series { stroke: #58a6ff }
    .expected { stroke: #8b949e }
    .alert { fill: #ff7b72 }
    .fired { stroke: #ff7b72 }
  }`;

/**
 * Draws a series, what was expected and its alerts as an SVG for light and dark pages. Counts stand on a scale of
 * square roots, so that a surge does not flatten the rest.
 */
export function drawSeries(
  title: string,
  points: readonly SeriesPoint[],
  outcomes: readonly PointOutcome[],
): string {
  const first = points[0]?.start ?? 0;
  const last = Math.max(first + 1, points.at(-1)?.start ?? first);
  const root = (value: number): number => Math.sign(value) * Math.sqrt(Math.abs(value));
  const values = points.map(({ value }) => value);
  const greatest = values.reduce((most, value) => Math.max(most, value), 1e-9);
  const least = values.reduce((fewest, value) => Math.min(fewest, value), 0);
  const x = (time: number): number => PLOT.left + ((time - first) / (last - first)) * COLUMNS;
  const y = (value: number): number =>
    PLOT.bottom - ((root(value) - root(least)) / (root(greatest) - root(least))) * (PLOT.bottom - PLOT.top);
  const ticks = [least, greatest / 16, greatest / 4, greatest].filter((tick, i) => i === 0 || tick > 0);
  const spans = firingSpans(points, outcomes, last);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="background" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text x="${WIDTH / 2}" y="24" text-anchor="middle">${escaped(title)}</text>`,
    ...ticks.map(
      (tick) =>
        `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/><text x="${PLOT.left - 6}" y="${round(y(tick) + 4)}" text-anchor="end">${round(tick)}</text>`,
    ),
    ...dates(first, last).map(
      (date) =>
        `<text x="${round(x(date))}" y="${PLOT.bottom + 20}" text-anchor="middle">${new Date(date).toISOString().slice(0, 10)}</text>`,
    ),
    ...spans.map(
      ({ from, to }) =>
        `<rect class="alert" x="${round(x(from))}" y="${PLOT.top}" width="${round(Math.max(1, x(to) - x(from)))}" height="${PLOT.bottom - PLOT.top}"/><line class="fired" x1="${round(x(from))}" x2="${round(x(from))}" y1="${PLOT.top}" y2="${PLOT.bottom}"/>`,
    ),
    line(
      'series',
      points.map(({ start, value }) => ({ x: x(start), y: y(value) })),
    ),
    line(
      'expected',
      points.flatMap(({ start }, i) => {
        const expected = outcomes[i]?.expected;
        return expected === undefined ? [] : [{ x: x(start), y: y(Math.min(expected, greatest)) }];
      }),
    ),
    '</svg>',
    '',
  ].join('\n');
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** A line of the highest and lowest point of each column of pixels. */
function line(name: string, places: readonly Place[]): string {
  const columns = new Map<number, { high: number; low: number }>();
  for (const { x, y } of places) {
    const column = columns.get(Math.round(x));
    if (column === undefined) columns.set(Math.round(x), { high: y, low: y });
    else {
      column.high = Math.min(column.high, y);
      column.low = Math.max(column.low, y);
    }
  }
  const points = [...columns].map(([x, { high, low }]) => `${x},${round(low)} ${x},${round(high)}`);
  return `<polyline class="${name}" points="${points.join(' ')}"/>`;
}

function firingSpans(
  points: readonly SeriesPoint[],
  outcomes: readonly PointOutcome[],
  last: number,
): readonly { readonly from: number; readonly to: number }[] {
  const spans: { from: number; to: number }[] = [];
  for (const [i, { event }] of outcomes.entries()) {
    const at = points[i]?.start ?? last;
    const open = spans.at(-1);
    if (event?.state === 'firing') spans.push({ from: at, to: last });
    else if (event !== undefined && open !== undefined) open.to = at;
  }
  return spans;
}

function dates(first: number, last: number): readonly number[] {
  const days = Math.max(1, Math.ceil((last - first) / DAY_MILLIS / MOST_DATES));
  const begin = Math.ceil(first / DAY_MILLIS) * DAY_MILLIS;
  const count = Math.max(0, Math.floor((last - begin) / (days * DAY_MILLIS)) + 1);
  return Array.from({ length: count }, (_, i) => begin + i * days * DAY_MILLIS);
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
