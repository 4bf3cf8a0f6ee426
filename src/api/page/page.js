import { createAlertList } from './alert-list.js';
import { ApiFailure, acknowledge, fetchVersion, SIGNED_OUT } from './api.js';
import { createBrandList } from './brand-list.js';
import { showBreakdown } from './breakdown.js';
import { changeTheme, isDark, onSystemTheme } from './colours.js';
import { find } from './dom.js';
import { createLive } from './live.js';
import { createOverview } from './overview.js';
import { createPostList } from './post-list.js';
import { openScoreBox } from './score-box.js';
import { openSignIn } from './sign-in.js';
import { createSilences } from './silences.js';
import { statusOf } from './status.js';
import { listen } from './stream.js';
import { brandName, changeLanguage, clockTime, count, say, translatePage } from './words.js';

/** @import { Alert, Label, Standing } from './types.js' */

const KEPT_NAME = 'sentiflux.name';

const signInDialog = find('#sign-in', 'dialog');
const reader = find('#reader', 'input');
const pauseButton = find('#pause', 'button');
const postsSection = find('#posts', 'section');
const labelBoxes = /** @type {NodeListOf<HTMLInputElement>} */ (
  postsSection.querySelectorAll('[name="label"]')
);

/** What the reader may do; everything, until the API says otherwise. @type {Standing} */
let standing = { required: false, name: null, scopes: ['read', 'score', 'admin'] };
const may = (/** @type {string} */ scope) => standing.scopes.includes(scope);

const live = createLive({
  changed: draw,
  visibleBrands: () => brandList.inSight(),
  mayAsk: () => document.visibilityState === 'visible' && !signInDialog.open,
});
const brandList = createBrandList(find('#brands', 'section'), {
  choose,
  sightChanged: () => live.refreshSoon(),
});
const overview = createOverview(find('#overview', 'section'), { chooseRange: live.showRange });
const silences = createSilences({
  section: find('#silences', 'div'),
  dialog: find('#silence', 'dialog'),
  nameOf,
  reader: () => reader.value.trim(),
  // A replay has a time of its own, which may be ahead.
  now: () => Math.max(Date.now(), live.state.standing?.watermark ?? 0),
  changed: live.refresh,
});
const alertList = createAlertList(find('#alerts', 'section'), {
  nameOf,
  choose,
  acknowledge: acknowledgeAlert,
  silence: (alert) => silences.ask(alert),
});
const postList = createPostList(postsSection, { nameOf, mayScore: () => may('score') });

/** @param {string} id */
function nameOf(id) {
  const brand = live.state.ranking.find((candidate) => candidate.id === id);
  return brand === undefined ? id : brandName(brand);
}

function draw() {
  drawStatus();
  const { standing: seen, ranking, sparks, brand, detail } = live.state;
  if (seen === undefined) return;
  const { alerts } = seen;
  const firing = new Set(alerts.filter(({ state }) => state === 'firing').map((alert) => alert.brand));
  document.title = firing.size > 0 ? `▼ ${[...firing].map(nameOf).join(', ')} – sentiflux` : 'sentiflux';
  brandList.show({ ranking, sparks, chosen: brand, firing: /** @type {Set<string>} */ (firing) });
  alertList.show({ alerts, mayChange: may('admin') });
  silences.show(seen.silences, may('admin'));
  if (detail !== undefined) {
    const own = detail.brand === '_all' ? alerts : alerts.filter((alert) => alert.brand === detail.brand);
    overview.show({ detail, brand: nameOf(detail.brand), alerts: own });
    showBreakdown(
      {
        terms: find('#terms', 'ul'),
        sources: find('#sources', 'ul'),
        languages: find('#languages', 'ul'),
      },
      detail,
    );
  }
  drawCounters(seen.counters);
}

function drawStatus() {
  const { kind, words } = statusOf(live.state, Date.now());
  const status = find('#status', 'p');
  document.body.dataset.standing = kind;
  // Screen readers repeat a status that is written again, even with the same words.
  if (status.textContent !== words) status.textContent = words;
}

/** @param {import('./types.js').AggregationCounters} counters */
function drawCounters({ counted, late, future, old, duplicates, gaps }) {
  const place = find('#counters', 'span');
  place.textContent = say('counted', { counted: count(counted), left: count(future + old + gaps) });
  place.title = say('leftOut', { late, future, old, duplicates, gaps });
}

let stopListening = () => {};

/** Listens to the posts of the brand that is shown; nobody listens while the page is out of sight. */
function listenAnew() {
  stopListening();
  stopListening = () => {};
  if (document.visibilityState !== 'visible') return;
  const isPaused = () => pauseButton.getAttribute('aria-pressed') === 'true';
  const labels = /** @type {Label[]} */ (
    [...labelBoxes].filter((box) => box.checked).map((box) => box.value)
  );
  stopListening = listen(
    { brand: live.state.brand, labels },
    {
      scored: (post) => isPaused() || postList.add(post),
      deleted: (id) => postList.remove(id),
      skipped: (skipped) => isPaused() || postList.addSkipped(skipped),
      missed: () => postList.notice(say('postsMissed')),
      alert: () => live.refreshSoon(),
      standing(isOpen) {
        postList.notice(isOpen ? '' : say('postsCut', { time: clockTime(Date.now(), 'second') }));
        // Whatever cut the stream cut the rest as well, and what mends it mends both.
        live.refreshSoon();
      },
    },
  );
}

/** Shows a brand; its address can be kept and sent to others. @param {string} brand */
function choose(brand) {
  if (brand === live.state.brand) return;
  location.hash = `brand=${encodeURIComponent(brand)}`;
}

function followAddress() {
  const brand = new URLSearchParams(location.hash.slice(1)).get('brand') ?? '_all';
  void live.showBrand(brand);
  postList.clear();
  listenAnew();
}

/** @param {Alert} alert */
async function acknowledgeAlert({ id }) {
  const by = reader.value.trim();
  if (by === '') {
    reader.reportValidity();
    return;
  }
  localStorage.setItem(KEPT_NAME, by);
  const problem = find('#alerts-problem', 'p');
  problem.textContent = '';
  try {
    await acknowledge(id, by);
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    problem.textContent = say('notAcknowledged', { reason: error.message });
  }
  await live.refresh();
}

function drawSwitches() {
  const [language, theme] = [find('#language', 'button'), find('#theme', 'button')];
  language.textContent = say('other');
  language.lang = say('otherCode');
  const words = say(isDark() ? 'toLight' : 'toDark');
  theme.setAttribute('aria-label', words);
  theme.title = words;
}

function redraw() {
  drawSwitches();
  draw();
  overview.redraw();
}

/** Asks the API for everything anew. @param {Standing | undefined} found */
function begin(found) {
  standing = found ?? standing;
  if (reader.value === '') reader.value = localStorage.getItem(KEPT_NAME) ?? standing.name ?? '';
  find('#score', 'section').hidden = !may('score');
  find('#reader-label', 'label').hidden = !may('admin');
  fetchVersion().then(({ version }) => {
    find('#version', 'span').textContent = `sentiflux ${version}`;
  }, console.warn);
  followAddress();
}

function start() {
  translatePage();
  drawSwitches();
  find('#language', 'button').addEventListener('click', () => {
    changeLanguage();
    postList.clear();
    listenAnew();
    redraw();
  });
  find('#theme', 'button').addEventListener('click', () => {
    changeTheme();
    redraw();
  });
  onSystemTheme(redraw);
  pauseButton.addEventListener('click', () => {
    const isPaused = pauseButton.getAttribute('aria-pressed') === 'true';
    pauseButton.setAttribute('aria-pressed', String(!isPaused));
  });
  for (const box of labelBoxes) {
    box.addEventListener('change', () => {
      // None at all would be every one to the API, and nothing to the reader.
      if ([...labelBoxes].every(({ checked }) => !checked)) box.checked = true;
      postList.clear();
      listenAnew();
    });
  }
  addEventListener('hashchange', followAddress);
  addEventListener('online', live.refresh);
  document.addEventListener('visibilitychange', () => {
    if (signInDialog.open) return;
    listenAnew();
    if (document.visibilityState === 'visible') void live.refresh();
  });
  document.addEventListener(SIGNED_OUT, () => stopListening());
  openScoreBox(find('#score', 'section'), nameOf);
  openSignIn({ dialog: signInDialog, signOutButton: find('#sign-out', 'button'), signedIn: begin });
}

start();
