import { createChart } from './chart.js';
import { firstShown, shareSpan } from './chart-data.js';
import { element, find } from './dom.js';
import { expect } from './expectation.js';
import { showFigures, sumsOf } from './figures.js';
import { RANGES } from './ranges.js';
import { clockTime, count, duration, say, share, shortDuration } from './words.js';

/** @import { Alert, Range, Series } from './types.js' */
/** @typedef {import('./live.js').Detail} Detail */

/**
 * A brand in a time: figures, charts, and single windows to read by pointer or slider.
 *
 * @param {HTMLElement} section
 * @param {{ chooseRange: (range: Range) => void }} actions
 */
export function createOverview(section, { chooseRange }) {
  const title = find('h1', 'h1', section);
  const figures = find('.figures', 'dl', section);
  const charts = find('.charts', 'div', section);
  const slider = find('.cursor', 'input', section);
  const readout = find('.readout', 'p', section);
  const [volumeTitle, shareTitle] = [find('#volume-title', 'p', section), find('#share-title', 'p', section)];
  /** @type {number | undefined} */
  let cursor;
  /** @type {{ detail: Detail, brand: string, alerts: readonly Alert[] } | undefined} */
  let view;

  const chart = createChart({
    volume: find('#volume', 'div', section),
    shares: find('#shares', 'div', section),
    pointed(index) {
      cursor = index;
      read();
    },
  });
  slider.addEventListener('input', () => {
    cursor = Number(slider.value);
    chart.point(cursor);
    read();
  });
  const ranges = RANGES.map((range) => {
    const button = element('button', { type: 'button', class: 'quiet' });
    button.addEventListener('click', () => chooseRange(range));
    return { range, button };
  });
  find('.ranges', 'fieldset', section).append(...ranges.map(({ button }) => button));

  /** Says what the window under the pointer holds. */
  function read() {
    if (view === undefined) return;
    const { series, range } = view.detail;
    const first = firstShown(series, range);
    const windows = series.start.length - first;
    slider.max = String(Math.max(0, windows - 1));
    if (cursor === undefined) slider.value = slider.max;
    else slider.value = String(cursor);
    const words =
      windows === 0
        ? say('noWindows')
        : cursor === undefined
          ? say('hint')
          : describe(view.detail, first + cursor);
    if (readout.textContent !== words) readout.textContent = words;
    slider.setAttribute('aria-valuetext', words);
  }

  function draw() {
    if (view === undefined) return;
    const { detail, brand, alerts } = view;
    const { range, series, from, to } = detail;
    title.textContent = brand;
    for (const { range: one, button } of ranges) {
      button.textContent = shortDuration(one.size * one.windows);
      button.title = duration(one.size * one.windows);
      button.setAttribute('aria-pressed', String(one === range));
    }
    volumeTitle.textContent = say('volumeAxis', { time: duration(range.size) });
    shareTitle.textContent = say('shareAxis', { time: duration(shareSpan(range) * range.size) });
    showFigures(figures, detail);
    const sums = sumsOf(series, firstShown(series, range), series.start.length);
    charts.setAttribute(
      'aria-label',
      say('chart', {
        brand,
        posts: count(sums.posts),
        from: clockTime(from, 'day'),
        to: clockTime(to, 'day'),
        share: share(sums.negative, sums.posts),
        alerts: alerts.filter(({ firedAt }) => firedAt >= from && firedAt <= to).length,
      }),
    );
    chart.show({ range, from, to, series, alerts });
    read();
  }

  return {
    /** @param {{ detail: Detail, brand: string, alerts: readonly Alert[] }} next `brand` is its name */
    show(next) {
      if (view?.detail.range !== next.detail.range || view.detail.brand !== next.detail.brand)
        cursor = undefined;
      view = next;
      draw();
    },
    /** After another language or other colours. */
    redraw() {
      draw();
      chart.redraw();
    },
  };
}

/** What a window says, as a sentence. @param {Detail} detail @param {number} i */
function describe({ series, range }, i) {
  const at = (/** @type {readonly number[]} */ column) => column[i] ?? 0;
  const start = at(series.start);
  const isShort = range.size < 60_000;
  const posts = at(series.posts);
  const said = [
    say('readout', {
      from: clockTime(start, isShort ? 'second' : 'day'),
      to: clockTime(start + range.size, isShort ? 'second' : 'minute'),
      posts: count(posts),
      negative: count(at(series.negative)),
      neutral: count(at(series.neutral)),
      positive: count(at(series.positive)),
      share: share(at(series.negative), posts),
    }),
  ];
  const { low, high } = usual(series, range, i);
  if (low !== null && high !== null)
    said.push(say('usually', { low: count(Math.ceil(low)), high: count(Math.floor(high)) }));
  if (series.incomplete.includes(start)) said.push(say('incomplete'));
  return said.join('; ');
}

/** @param {Series} series @param {Range} range @param {number} i */
function usual(series, range, i) {
  const { low, high } = expect(series, range.size, firstShown(series, range));
  const shown = i - firstShown(series, range);
  return { low: low[shown] ?? null, high: high[shown] ?? null };
}
