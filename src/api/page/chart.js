import { svg } from './dom.js';
import { clockTime, compact, count, duration, say, share } from './words.js';

const LABELS = ['negative', 'neutral', 'positive'];
const LEFT = 40;
const RIGHT = 8;
const TOP = 16;
const GAP = 26;
const BOTTOM = 20;
const DAY = 86_400_000;
/** As many parts of the time shown have a share of their own. */
const SHARE_POINTS = 48;

/**
 * Posts over time, by label, and below them the share of negative ones; alerts are marked in both.
 *
 * @param {Element} place whose size it takes
 * @param {{ title: string, size: number, from: number, to: number, windows: object[], alerts: object[], chosen?: number }} view
 */
export function showChart(place, { title, size, from, to, windows, alerts, chosen }) {
  const width = place.clientWidth;
  const height = place.clientHeight;
  const right = width - RIGHT;
  const volumeFloor = TOP + (height - TOP - GAP - BOTTOM) * 0.66;
  const shareTop = volumeFloor + GAP;
  const shareFloor = height - BOTTOM;
  const x = (time) => LEFT + ((time - from) / Math.max(1, to - from)) * (right - LEFT);
  const most = niceCeiling(Math.max(1, ...windows.map(({ posts }) => posts)));
  const volumeY = (posts) => volumeFloor - (posts / most) * (volumeFloor - TOP);
  const shareY = (part) => shareFloor - part * (shareFloor - shareTop);

  const span = Math.max(1, Math.round(windows.length / SHARE_POINTS));

  const drawing = svg('svg', { width, height, role: 'img', 'aria-label': title });
  for (const posts of [0, most / 2, most]) {
    if (Number.isInteger(posts)) drawing.append(...gridLine(LEFT, right, volumeY(posts), compact(posts)));
  }
  for (const part of [0, 0.5, 1]) drawing.append(...gridLine(LEFT, right, shareY(part), share(part, 1)));
  drawing.append(
    svg('text', { x: LEFT, y: TOP - 6 }, say('posts')),
    svg('text', { x: LEFT, y: shareTop - 6 }, say('shareAxis', { time: duration(span * size) })),
    ...timeLabels(from, to, x, right, height - 4),
    ...alerts.flatMap((alert) => alertMarks(alert, { from, to, x, floor: shareFloor })),
    ...volumeBars(windows, x, volumeY),
    svg('path', { class: 'share', d: shareLine(windows, span, x, shareY) }),
  );
  const window = windows[chosen];
  if (window !== undefined) {
    const middle = x((window.start + window.end) / 2);
    drawing.append(svg('line', { class: 'pointer', x1: middle, x2: middle, y1: TOP, y2: shareFloor }));
  }
  place.replaceChildren(drawing);
}

/** Which window lies under a place of the chart, counted from the left. */
export function windowAt(place, clientX, windows) {
  const box = place.getBoundingClientRect();
  const part = (clientX - box.left - LEFT) / Math.max(1, box.width - LEFT - RIGHT);
  return Math.max(0, Math.min(windows.length - 1, Math.floor(part * windows.length)));
}

/** What a window says, as a sentence. */
export function describeWindow(window) {
  const { start, end, posts, negative, neutral, positive, complete } = window;
  const said = say('readout', {
    from: clockTime(start, end - start < 60_000 ? 'second' : 'day'),
    to: clockTime(end, end - start < 60_000 ? 'second' : 'minute'),
    posts: count(posts),
    negative: count(negative),
    neutral: count(neutral),
    positive: count(positive),
    share: share(negative, posts),
  });
  return complete ? said : `${said} (${say('incomplete')})`;
}

function volumeBars(windows, x, y) {
  const paths = { negative: '', neutral: '', positive: '' };
  for (const window of windows) {
    const left = x(window.start);
    const size = x(window.end) - left;
    const wide = Math.max(0.75, size - (size > 4 ? 1 : 0));
    let below = 0;
    for (const label of LABELS) {
      if (window[label] === 0) continue;
      const floor = y(below);
      below += window[label];
      paths[label] +=
        `M${left.toFixed(1)} ${floor.toFixed(1)}h${wide.toFixed(1)}V${y(below).toFixed(1)}h${(-wide).toFixed(1)}z`;
    }
  }
  return LABELS.map((label) => svg('path', { class: `volume ${label}`, d: paths[label] }));
}

/**
 * The share at each window's end, over the windows just before it too: few posts alone would leap from 0 to 100 %.
 * Broken where no post came: no posts have no share.
 */
function shareLine(windows, span, x, y) {
  let posts = 0;
  let negative = 0;
  let before;
  return windows
    .map((window, i) => {
      const gone = windows[i - span];
      posts += window.posts - (gone?.posts ?? 0);
      negative += window.negative - (gone?.negative ?? 0);
      const height = posts > 0 ? y(negative / posts).toFixed(1) : undefined;
      // Where it begins, a point alone still shows, as a line of its window's width.
      const begin = before === undefined ? `M${x(window.start).toFixed(1)} ${height}` : '';
      before = height;
      return height === undefined ? '' : `${begin}L${x(window.end).toFixed(1)} ${height}`;
    })
    .join('');
}

function alertMarks({ firedAt, resolvedAt }, { from, to, x, floor }) {
  if (firedAt > to || (resolvedAt ?? to) < from) return [];
  const left = x(Math.max(from, firedAt));
  const right = x(Math.min(to, resolvedAt ?? to));
  return [
    svg('rect', { class: 'band', x: left, y: TOP, width: Math.max(0, right - left), height: floor - TOP }),
    svg('line', { class: 'mark-line', x1: left, x2: left, y1: TOP, y2: floor }),
    svg('path', { class: 'mark', d: `M${left - 5} 2h10l-5 9z` }),
  ];
}

function gridLine(left, right, y, label) {
  return [
    svg('line', { class: 'grid', x1: left, x2: right, y1: y, y2: y }),
    svg('text', { x: left - 6, y: y + 4, 'text-anchor': 'end' }, label),
  ];
}

function timeLabels(from, to, x, right, y) {
  const places = Math.max(2, Math.min(6, Math.floor((right - LEFT) / 145)));
  const detail = to - from >= DAY ? 'day' : to - from < 1_200_000 ? 'second' : 'minute';
  return Array.from({ length: places + 1 }, (_, i) => {
    const time = from + ((to - from) * i) / places;
    const anchor = i === 0 ? 'start' : i === places ? 'end' : 'middle';
    return svg('text', { x: x(time), y, 'text-anchor': anchor }, clockTime(time, detail));
  });
}

/** The next of 1, 2, 4, 6, 8, 10, 20, 40, …: each has a half worth a line. */
function niceCeiling(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((factor) => factor * unit).find((nice) => nice >= value);
}
