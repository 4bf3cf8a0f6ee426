import { element } from './dom.js';
import { compact, count, languageName, say, share } from './words.js';

/** @import { WindowAggregate } from './types.js' */

const MOST_TERMS = 12;
const MOST_NAMES = 6;
/** What a window counts beyond the names that it tells apart. */
const OTHER = '_other';

/**
 * What the posts of a time are made of: words of the negative ones, sources, languages.
 *
 * @param {{ terms: Element, sources: Element, languages: Element }} places
 * @param {string} brand
 * @param {readonly WindowAggregate[]} windows of the brand
 */
export function showBreakdown({ terms, sources, languages }, brand, windows) {
  showTerms(terms, topTerms(brand, windows));
  showNames(sources, total(windows, 'bySource'), (name) => name);
  showNames(languages, total(windows, 'byLanguage'), languageName);
}

/**
 * The words that tell negative posts from the others, the most telling first: windows name theirs, and what they say of
 * one is added up. The brand's own name says nothing of it.
 *
 * @param {string} brand
 * @param {readonly Pick<WindowAggregate, 'negativeTerms'>[]} windows
 */
export function topTerms(brand, windows) {
  /** @type {Map<string, { term: string, negative: number, other: number, score: number }>} */
  const sums = new Map();
  for (const { negativeTerms = [] } of windows) {
    for (const { term, negative, other, score } of negativeTerms) {
      if (term === brand) continue;
      const sum = sums.get(term) ?? { term, negative: 0, other: 0, score: 0 };
      sum.negative += negative;
      sum.other += other;
      sum.score += score;
      sums.set(term, sum);
    }
  }
  return [...sums.values()].toSorted((a, b) => b.score - a.score).slice(0, MOST_TERMS);
}

/** @param {Element} place @param {ReturnType<typeof topTerms>} terms */
export function showTerms(place, terms) {
  if (terms.length === 0) {
    place.replaceChildren(element('li', { class: 'fine' }, say('noTermsYet')));
    return;
  }
  place.replaceChildren(
    ...terms.map(({ term, negative, other }) => {
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
