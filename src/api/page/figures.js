import { firstShown } from './chart-data.js';
import { element } from './dom.js';
import { count, say, share, signed } from './words.js';

/** @import { Series } from './types.js' */
/** @typedef {import('./live.js').Detail} Detail */
/** @typedef {ReturnType<typeof sumsOf>} Sums */

/**
 * The sums of the time shown, and those of as long a time before it.
 *
 * @param {Element} place
 * @param {Detail} detail
 */
export function showFigures(place, { series, range }) {
  const first = firstShown(series, range);
  const now = sumsOf(series, first, series.start.length);
  const before = sumsOf(series, Math.max(0, first - range.windows), first);
  const was = (/** @type {string} */ value) => (before.posts > 0 ? say('was', { value }) : '');
  place.replaceChildren(
    figure('', say('posts'), count(now.posts), was(count(before.posts))),
    figure(
      'negative',
      say('negativeShare'),
      share(now.negative, now.posts),
      was(share(before.negative, before.posts)),
    ),
    figure(
      'positive',
      say('positiveShare'),
      share(now.positive, now.posts),
      was(share(before.positive, before.posts)),
    ),
    figure('', say('mood'), mean(now), was(mean(before))),
  );
}

/** The sums of windows from one to before another. @param {Series} series @param {number} from @param {number} to */
export function sumsOf(series, from, to) {
  const sum = (/** @type {'posts' | 'negative' | 'positive' | 'polaritySum'} */ name) =>
    series[name].slice(from, to).reduce((total, value) => total + value, 0);
  return {
    posts: sum('posts'),
    negative: sum('negative'),
    positive: sum('positive'),
    polaritySum: sum('polaritySum'),
  };
}

const mean = (/** @type {Sums} */ { posts, polaritySum }) => (posts > 0 ? signed(polaritySum / posts) : '–');

/** @param {string} kind @param {string} name @param {string} value @param {string} before */
const figure = (kind, name, value, before) =>
  element(
    'div',
    { class: kind },
    element('dt', {}, name),
    element('dd', {}, value, element('small', {}, before)),
  );
