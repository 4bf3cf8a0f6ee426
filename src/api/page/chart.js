import { alertMarks } from './alert-marks.js';
import { countAxis, shareAxis, timeAxis } from './chart-axes.js';
import { shareData, volumeData } from './chart-data.js';
import { colour } from './colours.js';

/** @import { Alert, Range, Series } from './types.js' */
/** @typedef {import('uplot')} Plot */

/** index.html loads it before the modules: so it is a third of the size that it has as a module. */
const uPlot = /** @type {typeof import('uplot')} */ (Reflect.get(globalThis, 'uPlot'));

/**
 * @typedef {object} ChartView
 * @property {Range} range
 * @property {number} from
 * @property {number} to
 * @property {Series} series with `range.history` windows before `from`
 * @property {readonly Alert[]} alerts
 */

/**
 * Posts over time with what is usual, and below them the share of each label; alerts are marked in both.
 *
 * @param {object} options
 * @param {HTMLElement} options.volume whose size the upper one takes
 * @param {HTMLElement} options.shares
 * @param {(index: number | undefined) => void} options.pointed called with the number of the window under the pointer
 */
export function createChart({ volume, shares, pointed }) {
  /** @type {ChartView | undefined} */
  let view;
  /** @type {{ range: Range, upper: Plot, lower: Plot } | undefined} */
  let drawn;

  /** @param {Range} range @param {HTMLElement} box */
  function common(range, box) {
    return {
      width: box.clientWidth,
      height: box.clientHeight,
      ms: /** @type {const} */ (1),
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { show: false },
        sync: { key: 'windows', setSeries: false },
      },
      padding: /** @type {[number, number, number, number]} */ ([12, 14, 0, 0]),
      hooks: {
        ...alertMarks(() => view?.alerts ?? []),
        setCursor: [
          (/** @type {Plot} */ plot) => {
            // The other chart follows by itself.
            if (plot.over.matches(':hover')) pointed(plot.cursor.idx ?? undefined);
          },
        ],
      },
      scales: {
        x: {
          time: true,
          range: () => /** @type {[number, number]} */ ([view?.from ?? 0, view?.to ?? range.size]),
        },
      },
    };
  }

  function make() {
    drawn?.upper.destroy();
    drawn?.lower.destroy();
    drawn = undefined;
    if (view === undefined) return;
    const { range, series } = view;
    const [above, below] = [common(range, volume), common(range, shares)];
    const upper = new uPlot(
      {
        ...above,
        scales: { ...above.scales, y: { range: (_plot, _least, most) => [0, Math.max(2, 1.05 * most)] } },
        axes: [timeAxis(range), countAxis()],
        series: [{}, bars('--volume'), bars('--negative'), expected, hidden, hidden],
        bands: [{ series: [5, 4], fill: () => colour('--usual') }],
      },
      volumeData(series, range),
      volume,
    );
    const lower = new uPlot(
      {
        ...below,
        scales: { ...below.scales, y: { range: [0, 1] } },
        axes: [timeAxis(range), shareAxis()],
        series: [
          {},
          { ...line('--negative'), fill: () => colour('--negative', 0.75) },
          line('--neutral'),
          hidden,
        ],
        bands: [
          { series: [2, 1], fill: () => colour('--neutral', 0.28) },
          { series: [3, 2], fill: () => colour('--positive', 0.6) },
        ],
      },
      shareData(series, range),
      shares,
    );
    drawn = { range, upper, lower };
  }

  new ResizeObserver(() => {
    drawn?.upper.setSize({ width: volume.clientWidth, height: volume.clientHeight });
    drawn?.lower.setSize({ width: shares.clientWidth, height: shares.clientHeight });
  }).observe(volume);

  return {
    /** @param {ChartView} next */
    show(next) {
      view = next;
      if (drawn?.range !== next.range) return make();
      drawn.upper.setData(volumeData(next.series, next.range));
      drawn.lower.setData(shareData(next.series, next.range));
    },
    /** After another language or other colours. */
    redraw: make,
    /** Marks a window, as if the pointer were on it. @param {number} index */
    point(index) {
      for (const plot of drawn === undefined ? [] : [drawn.upper, drawn.lower]) {
        const time = plot.data[0][index];
        if (time !== undefined) plot.setCursor({ left: plot.valToPos(time, 'x'), top: 0 }, false);
      }
    },
  };
}

/** @type {import('uplot').Series} */
const hidden = { stroke: 'transparent', points: { show: false } };

/** @type {import('uplot').Series} */
const expected = { stroke: () => colour('--muted', 0.8), width: 1.2, dash: [4, 3], points: { show: false } };

/** @param {string} name of a colour @returns {import('uplot').Series} */
const line = (name) => ({ stroke: () => colour(name), width: 1, points: { show: false } });

/** @param {string} name of a colour @returns {import('uplot').Series} */
function bars(name) {
  const paths = uPlot.paths.bars?.({ size: [0.86, 60, 1], align: 1 });
  return {
    width: 0,
    fill: () => colour(name),
    points: { show: false },
    ...(paths !== undefined && { paths }),
  };
}
