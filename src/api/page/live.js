import {
  ApiFailure,
  fetchAlerts,
  fetchBrands,
  fetchCounters,
  fetchSeries,
  fetchSilences,
  fetchTerms,
  fetchWindows,
} from './api.js';
import { AUTOMATIC, RANGES, spanOf } from './ranges.js';

/** @import { AggregationCounters, Alert, BrandStanding, Range, Rebuilding, Series, Silence, Term, Tier, WindowAggregate } from './types.js' */

const EVERY_MILLIS = 2_000;
const SOON_MILLIS = 150;
/** Windows that were shown may get posts that came late: they are asked for again after this time. */
const REVISIONS_MILLIS = 30_000;
/** The order of the brands is asked for again after this time. */
const RANKING_MILLIS = 30_000;

/**
 * What the API said last of everything.
 *
 * @typedef {object} Standing
 * @property {AggregationCounters} counters
 * @property {number | null} watermark
 * @property {Rebuilding | null} rebuilding
 * @property {readonly Alert[]} alerts newest first
 * @property {readonly Silence[]} silences
 */

/**
 * What it said last of the brand that is shown.
 *
 * @typedef {object} Detail
 * @property {string} brand
 * @property {Range} range
 * @property {number} from start of the first window shown
 * @property {number} to
 * @property {Series} series of the brand, with `range.history` windows before `from`
 * @property {readonly WindowAggregate[]} windows with sources and languages
 * @property {readonly Term[]} terms of negative posts, the most telling first
 */

/**
 * What the page shows of the world, kept up to date while somebody looks at it.
 *
 * @typedef {object} Live
 * @property {string} brand
 * @property {Range | undefined} chosenRange undefined until somebody chooses
 * @property {Standing | undefined} standing undefined before the first answer
 * @property {readonly BrandStanding[]} ranking the brands, those with most posts first
 * @property {ReadonlyMap<string, Series>} sparks series of the brands in sight
 * @property {Detail | undefined} detail
 * @property {number} answeredAt wall time of the last answer
 * @property {number} movedAt wall time of the last change of the watermark
 * @property {boolean} failed whether the last question came to nothing
 */

/**
 * @param {{ changed: () => void, visibleBrands: () => readonly string[], mayAsk: () => boolean }} options `changed` is
 *   called after every answer, and after every failure
 */
export function createLive({ changed, visibleBrands, mayAsk }) {
  /** @type {Live} */
  const live = {
    brand: '_all',
    chosenRange: undefined,
    standing: undefined,
    ranking: [],
    sparks: new Map(),
    detail: undefined,
    answeredAt: 0,
    movedAt: 0,
    failed: false,
  };
  let round = 0;
  let isLooking = false;
  /** Timers of the next look, and of one that somebody has asked for. */
  let next = 0;
  let soon = 0;
  /** What the windows shown were asked for, and when. */
  let windowsKey = '';
  let windowsAt = 0;
  /** @type {{ range: Range, at: number } | undefined} */
  let ranked;

  /** Whether somebody has posts: an order of nothing is looked for again at once. */
  const hasPosts = () => live.ranking.some(({ posts }) => posts > 0);

  /** @returns {Promise<Range>} the range to show */
  async function rank() {
    const ranges = live.chosenRange === undefined ? AUTOMATIC : [live.chosenRange];
    const isDue =
      ranked === undefined ||
      !ranges.includes(ranked.range) ||
      !hasPosts() ||
      Date.now() - ranked.at > RANKING_MILLIS;
    if (!isDue && ranked !== undefined) return ranked.range;
    let [range] = ranges;
    for (const candidate of ranges) {
      range = candidate;
      const { brands } = await fetchBrands(coarse(candidate));
      live.ranking = inOrder(brands);
      if (hasPosts()) break;
    }
    range ??= RANGES[0];
    if (range === undefined) throw new Error('there is no range');
    ranked = { range, at: Date.now() };
    return range;
  }

  /** @param {() => boolean} isVoid whether somebody has asked for something else meanwhile */
  async function look(isVoid) {
    const [{ counters, watermark, rebuilding }, { alerts }, { silences }] = await Promise.all([
      fetchCounters(),
      fetchAlerts(),
      fetchSilences(),
    ]);
    const range = await rank();
    if (isVoid()) return;
    // An address may name a brand that is no longer configured.
    if (!live.ranking.some(({ id }) => id === live.brand)) live.brand = '_all';
    if (watermark !== live.standing?.watermark) live.movedAt = Date.now();
    live.standing = { counters, watermark, rebuilding, alerts, silences };
    await lookAtWindows(range, watermark, isVoid);
  }

  /** Windows change when one is closed, and now and then when posts come late; in between nobody needs to ask. */
  async function lookAtWindows(
    /** @type {Range} */ range,
    /** @type {number | null} */ watermark,
    /** @type {() => boolean} */ isVoid,
  ) {
    const { brand } = live;
    const span = spanOf(range, watermark);
    const inSight = visibleBrands();
    const key = [brand, span.tier, span.from, span.to, ...inSight].join('|');
    if (key === windowsKey && Date.now() - windowsAt < REVISIONS_MILLIS) return;
    const composed = { ...span, tier: range.composedOf };
    const [own, { windows }, { terms }, sparks] = await Promise.all([
      fetchSeries([brand], { ...span, from: span.from - range.history * range.size }),
      fetchWindows(brand, composed),
      fetchTerms(brand, composed),
      inSight.length > 0 ? fetchSeries(inSight, span) : { series: [] },
    ]);
    const [series] = own.series;
    if (isVoid() || series === undefined) return;
    live.detail = { brand, range, from: span.from, to: span.to, series, windows, terms };
    live.sparks = new Map(sparks.series.map((one) => [one.brand, one]));
    windowsKey = key;
    windowsAt = Date.now();
  }

  /** Looks now, and from then on again and again. A later round makes an earlier one void. */
  async function refresh() {
    clearTimeout(next);
    clearTimeout(soon);
    soon = 0;
    round += 1;
    const mine = round;
    isLooking = true;
    try {
      await look(() => mine !== round);
      if (mine !== round) return;
      Object.assign(live, { answeredAt: Date.now(), failed: false });
    } catch (error) {
      if (mine !== round) return;
      live.failed = true;
      // A fault of the page itself: it is told, and the page goes on.
      if (!(error instanceof ApiFailure)) reportError(error);
    }
    isLooking = false;
    // A page that nobody sees, or that is not signed in, asks nothing; it looks again as soon as it is.
    if (mayAsk()) next = window.setTimeout(refresh, EVERY_MILLIS);
    changed();
  }

  /** Looks in a moment: once, however often it is asked, and never before an answer on its way is there. */
  function refreshSoon() {
    if (soon !== 0) return;
    soon = window.setTimeout(() => {
      soon = 0;
      if (isLooking) refreshSoon();
      else if (mayAsk()) void refresh();
    }, SOON_MILLIS);
  }

  return {
    /** @type {Readonly<Live>} */
    state: live,
    refresh,
    refreshSoon,
    /** @param {string} brand */
    showBrand(brand) {
      live.brand = brand;
      return refresh();
    },
    /** @param {Range} range */
    showRange(range) {
      live.chosenRange = range;
      return refresh();
    },
  };
}

/**
 * About the same time in fewer windows: only their sums are looked at.
 *
 * @param {Range} range
 * @returns {{ tier: Tier, recent: number }}
 */
function coarse({ tier, size, windows }) {
  if (tier !== '5m') return { tier, recent: windows };
  return { tier: '1h', recent: Math.ceil((windows * size) / 3_600_000) };
}

/** The built-in ones first, then those with most posts. @param {readonly BrandStanding[]} brands */
function inOrder(brands) {
  const place = ({ id = '' }) => (id === '_all' ? 0 : id === '_other' ? 2 : 1);
  return brands.toSorted((a, b) => place(a) - place(b) || b.posts - a.posts || a.name.localeCompare(b.name));
}
