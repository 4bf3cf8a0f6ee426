import { element } from './dom.js';
import { compact, count, languageName, say, share } from './words.js';

/** @import { Term, WindowAggregate } from './types.js' */
/** @typedef {import('./live.js').Detail} Detail */

const MOST_TERMS = 12;
const MOST_NAMES = 6;
/** What a window counts beyond the names that it tells apart. */
const OTHER = '_other';

/**
 * What the posts of a time are made of: words of the negative ones, sources, languages.
 *
 * @param {{ terms: Element, sources: Element, languages: Element }} places
 * @param {Detail} detail
 */
export function showBreakdown(places, { brand, terms, windows }) {
  const { sources, languages } = places;
  showTerms(places.terms, brand, terms);
  showNames(sources, total(windows, 'bySource'), (name) => name);
  showNames(languages, total(windows, 'byLanguage'), languageName);
}

/**
 * Words of negative posts. The brand's own name says nothing of it.
 *
 * @param {Element} place
 * @param {string} brand
 * @param {readonly Term[]} terms the most telling first
 */
export function showTerms(place, brand, terms) {
  const telling = terms.filter(({ term }) => term !== brand).slice(0, MOST_TERMS);
  if (telling.length === 0) {
    place.replaceChildren(element('li', { class: 'fine' }, say('noTermsYet')));
    return;
  }
  place.replaceChildren(
    ...telling.map(({ term, negative, other }) => {
      const said = say('termSaid', { negative: count(negative), other: count(other) });
      return element(
        'li',
        { class: 'term', title: said },
        element('span', { dir: 'auto' }, term),
        element('span', { class: 'number', 'aria-hidden': 'true' }, compact(negative)),
        element('span', { class: 'unseen' }, said),
      );
    }),
  );
}

/** @param {readonly WindowAggregate[]} windows @param {'bySource' | 'byLanguage'} field */
function total(windows, field) {
  /** @type {Record<string, number>} */
  const sums = {};
  for (const window of windows) {
    for (const [name, posts] of Object.entries(window[field])) sums[name] = (sums[name] ?? 0) + posts;
  }
  return sums;
}

/**
 * A bar for each of the greatest, and one for the rest.
 *
 * @param {Element} place
 * @param {Readonly<Record<string, number>>} counts
 * @param {(name: string) => string} nameOf
 */
export function showNames(place, counts, nameOf) {
  const entries = Object.entries(counts);
  const whole = entries.reduce((sum, [, posts]) => sum + posts, 0);
  const named = entries.filter(([name]) => name !== OTHER).toSorted(([, a], [, b]) => b - a);
  const shown = named.slice(0, named.length > MOST_NAMES ? MOST_NAMES - 1 : MOST_NAMES);
  const rest = whole - shown.reduce((sum, [, posts]) => sum + posts, 0);
  const most = Math.max(1, rest, ...shown.map(([, posts]) => posts));
  const rows = shown.map(([name, posts]) => ({ name: nameOf(name), posts }));
  if (rest > 0) rows.push({ name: say('otherNames'), posts: rest });
  place.replaceChildren(
    ...rows.map(({ name, posts }) => {
      const bar = element('i', { 'aria-hidden': 'true' });
      bar.style.width = `${(100 * posts) / most}%`;
      return element(
        'li',
        { class: 'bar', title: say('postsOf', { posts: count(posts) }) },
        bar,
        element('span', { class: 'name', dir: 'auto' }, name),
        element('span', { class: 'number' }, share(posts, whole)),
      );
    }),
  );
}
