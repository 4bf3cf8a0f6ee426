import { showAlerts } from './alert-list.js';
import {
  acknowledge,
  fetchAlerts,
  fetchBrands,
  fetchCounters,
  fetchVersion,
  fetchWindows,
  listenToPosts,
} from './api.js';
import { showBrands } from './brand-list.js';
import { describeWindow, showChart, windowAt } from './chart.js';
import { byId, element } from './dom.js';
import { createPostList } from './post-list.js';
import { openScoreBox } from './score-box.js';
import { openSignIn } from './sign-in.js';
import { brandName, changeLanguage, clockTime, count, say, share, signed, translatePage } from './words.js';

const MINUTE = 60_000;
/** Times to choose from, in windows that a screen can show. */
const RANGES = [
  { name: '10 min', tier: '10s', size: 10_000, windows: 60 },
  { name: '1 h', tier: '1m', size: MINUTE, windows: 60 },
  { name: '6 h', tier: '5m', size: 5 * MINUTE, windows: 72 },
  { name: '24 h', tier: '5m', size: 5 * MINUTE, windows: 288 },
  { name: '2 d', tier: '1h', size: 60 * MINUTE, windows: 48 },
];
/** While it shows what fits best, from the longest that has posts. */
const AUTOMATIC = [RANGES[3], RANGES[0]];
const EVERY_MILLIS = 2_000;
/** So long without news, and the page says so. */
const QUIET_MILLIS = 30_000;
const KEPT_NAME = 'sentiflux.name';

/** What is shown. Everything on the page but the live posts is drawn from it. */
const state = {
  brand: '_all',
  /** `undefined` until somebody chooses. */
  range: undefined,
  /** What the API said last; `undefined` before the first time. */
  seen: undefined,
  /** Number of the window under the pointer. */
  cursor: undefined,
  /** Wall times of the last answer and of the last change of the watermark. */
  answeredAt: undefined,
  movedAt: undefined,
  failed: false,
};

const nameOf = (id) => {
  const brand = state.seen?.brands.find((candidate) => candidate.id === id);
  return brand === undefined ? id : brandName(brand);
};
const postList = createPostList(document.querySelector('.post-list'), nameOf);
let stopListening = () => {};
let paused = false;

/** Asks the API for what the page shows. "Now" is the watermark: a replay has a time of its own. */
async function look() {
  const [{ counters, watermark, rebuilding }, { alerts }] = await Promise.all([
    fetchCounters(),
    fetchAlerts(),
  ]);
  const { range, brands } = await lookAtBrands();
  const to = Math.floor((watermark ?? Date.now()) / range.size) * range.size;
  const span = { tier: range.tier, from: to - range.windows * range.size, to };
  // An address may name a brand that is no longer configured.
  const brand = brands.some(({ id }) => id === state.brand) ? state.brand : '_all';
  if (brand !== state.brand) choose(brand);
  const { windows } = await fetchWindows(brand, span);
  return { brand, range, brands, counters, watermark, rebuilding, alerts, span, windows };
}

async function lookAtBrands() {
  const ranges = state.range === undefined ? AUTOMATIC : [state.range];
  let last;
  for (const range of ranges) {
    const { brands } = await fetchBrands(range);
    last = { range, brands };
    if (brands.some(({ posts }) => posts > 0)) break;
  }
  return last;
}

let timer;
let round = 0;
/** Looks now, and from then on again and again. A later round makes an earlier one void. */
async function refresh() {
  clearTimeout(timer);
  round += 1;
  const mine = round;
  try {
    const seen = await look();
    if (mine !== round) return;
    if (seen.watermark !== state.seen?.watermark) state.movedAt = Date.now();
    Object.assign(state, { seen, answeredAt: Date.now(), failed: false });
  } catch {
    if (mine !== round) return;
    state.failed = true;
  }
  draw();
  // A page that nobody sees, or that is not signed in, asks nothing; it looks again as soon as it is.
  if (document.visibilityState === 'visible' && !byId('sign-in').open)
    timer = setTimeout(refresh, EVERY_MILLIS);
}

function draw() {
  drawStatus();
  drawRanges();
  const { seen } = state;
  if (seen === undefined) return;
  const firing = seen.alerts.filter((alert) => alert.state === 'firing');
  showBrands(document.querySelector('.brand-list'), {
    brands: seen.brands,
    chosen: state.brand,
    firing: new Set(firing.map(({ brand }) => brand)),
    choose,
  });
  showAlerts(document.querySelector('.alert-list'), {
    alerts: seen.alerts,
    nameOf,
    acknowledge: acknowledgeAlert,
  });
  byId('overview-title').textContent = nameOf(state.brand);
  drawFigures(seen, firing);
  drawChart();
  const { counted, late, future, old, duplicates, gaps } = seen.counters;
  byId('counters').textContent = say('counted', {
    counted: count(counted),
    left: count(future + old + gaps),
  });
  byId('counters').title = say('leftOut', { late, future, old, duplicates, gaps });
}

function drawStatus() {
  const status = byId('status');
  const { seen, failed, answeredAt, movedAt } = state;
  const time = (at) => clockTime(at, 'second');
  const [kind, words] =
    seen === undefined
      ? [failed ? 'stale' : 'connecting', say('connecting')]
      : failed
        ? ['stale', say('stale', { time: time(answeredAt) })]
        : seen.rebuilding !== null
          ? ['quiet', say('rebuilding', { left: count(seen.rebuilding.records) })]
          : seen.watermark === null
            ? ['quiet', say('empty')]
            : Date.now() - movedAt > QUIET_MILLIS
              ? ['quiet', say('quiet', { time: clockTime(seen.watermark, 'day') })]
              : ['live', say('live', { time: clockTime(seen.watermark, 'day') })];
  status.dataset.state = kind;
  // Screen readers repeat a status that is written again, even with the same words.
  if (status.textContent !== words) status.textContent = words;
}

function drawRanges() {
  const shown = state.range ?? state.seen?.range;
  for (const [i, button] of [...byId('ranges').children].entries()) {
    button.setAttribute('aria-pressed', String(RANGES[i] === shown));
  }
}

function drawFigures({ windows, brand }, firing) {
  const sum = (name) => windows.reduce((total, window) => total + window[name], 0);
  const total = sum('posts');
  const mood = total > 0 ? signed(sum('polaritySum') / total) : '–';
  const alerts = brand === '_all' ? firing : firing.filter((alert) => alert.brand === brand);
  const figure = (label, value, name) =>
    element('div', { class: name }, element('dt', {}, label), element('dd', {}, value));
  byId('figures').replaceChildren(
    figure(say('posts'), count(total)),
    figure(say('negativeShare'), share(sum('negative'), total), 'negative'),
    figure(say('positiveShare'), share(sum('positive'), total), 'positive'),
    figure(say('mood'), mood),
    figure(say('firing'), count(alerts.length), alerts.length > 0 && 'alert'),
  );
}

function drawChart() {
  if (state.seen === undefined) return;
  const { windows, range, span, alerts, brand } = state.seen;
  const shown = brand === '_all' ? alerts : alerts.filter((alert) => alert.brand === brand);
  const total = (name) => windows.reduce((sum, window) => sum + window[name], 0);
  const title = say('chart', {
    brand: nameOf(brand),
    posts: count(total('posts')),
    from: clockTime(span.from, 'day'),
    to: clockTime(span.to, 'day'),
    share: share(total('negative'), total('posts')),
    alerts: shown.filter(({ firedAt }) => firedAt >= span.from && firedAt <= span.to).length,
  });
  showChart(byId('chart'), {
    title,
    size: range.size,
    ...span,
    windows,
    alerts: shown,
    chosen: state.cursor,
  });
  const cursor = byId('cursor');
  cursor.max = String(Math.max(0, windows.length - 1));
  cursor.value = String(state.cursor ?? windows.length - 1);
  const window = windows[state.cursor];
  const words =
    window === undefined ? say(windows.length > 0 ? 'hint' : 'noWindows') : describeWindow(window);
  byId('readout').textContent = words;
  cursor.setAttribute('aria-valuetext', words);
}

function moveCursor(to) {
  state.cursor = to;
  drawChart();
}

function listen() {
  stopListening();
  postList.clear();
  stopListening = listenToPosts(state.brand, {
    scored: (post) => paused || postList.add(post),
    deleted: (id) => postList.remove(id),
    skipped: (skipped) => paused || postList.addSkipped(count(skipped)),
  });
}

/** Shows a brand; its address can be kept and sent to others. */
function choose(brand) {
  if (brand === state.brand) return;
  location.hash = `brand=${encodeURIComponent(brand)}`;
}

function followAddress() {
  const brand = new URLSearchParams(location.hash.slice(1)).get('brand') ?? '_all';
  Object.assign(state, { brand, cursor: undefined });
  listen();
  draw();
  refresh();
}

async function acknowledgeAlert({ id }) {
  const field = byId('acknowledger');
  const by = field.value.trim();
  if (by === '') {
    field.reportValidity();
    return;
  }
  localStorage.setItem(KEPT_NAME, by);
  // Where it fails, the next look says that the worker does not answer, and the button is still there.
  await acknowledge(id, by).catch(() => {});
  refresh();
}

function start() {
  translatePage();
  byId('language').textContent = say('other');
  byId('language').addEventListener('click', () => {
    changeLanguage();
    byId('language').textContent = say('other');
    listen();
    draw();
  });
  byId('acknowledger').value = localStorage.getItem(KEPT_NAME) ?? '';
  for (const range of RANGES) {
    const button = element('button', { type: 'button', class: 'quiet' }, range.name);
    button.addEventListener('click', () => {
      Object.assign(state, { range, cursor: undefined });
      refresh();
      drawRanges();
    });
    byId('ranges').append(button);
  }
  byId('cursor').addEventListener('input', ({ target }) => moveCursor(Number(target.value)));
  byId('chart').addEventListener('pointermove', ({ clientX, currentTarget }) => {
    if (state.seen?.windows.length > 0) moveCursor(windowAt(currentTarget, clientX, state.seen.windows));
  });
  byId('pause').addEventListener('click', ({ currentTarget }) => {
    paused = !paused;
    currentTarget.setAttribute('aria-pressed', String(paused));
  });
  new ResizeObserver(drawChart).observe(byId('chart'));
  addEventListener('hashchange', followAddress);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && !byId('sign-in').open) refresh();
  });
  openScoreBox(document.querySelector('#score form'), byId('result'), nameOf);
  openSignIn({ dialog: byId('sign-in'), signOutButton: byId('sign-out'), signedIn: begin });
}

/** Asks the API for everything anew. */
function begin() {
  fetchVersion().then(({ version }) => {
    byId('version').textContent = `sentiflux ${version}`;
  }, console.warn);
  followAddress();
}

start();
