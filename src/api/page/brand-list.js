import { bringUpToDate, element, find, listEntry } from './dom.js';
import { sparkline } from './sparkline.js';
import { brandName, compact, count, say, share } from './words.js';

/** @import { BrandStanding, Series } from './types.js' */

/** The API takes no more at once; no screen has more in sight. */
const MOST_IN_SIGHT = 50;
/** Rows to pass with one key. */
const PAGE = 8;

/**
 * @typedef {object} BrandsView
 * @property {readonly BrandStanding[]} ranking
 * @property {ReadonlyMap<string, Series>} sparks of the brands in sight
 * @property {string} chosen
 * @property {ReadonlySet<string>} firing
 */

/**
 * The brands to choose from, those with an alert first. Of a thousand only those in sight are drawn: the others are
 * names. The list is one stop of the tab key; in it the arrow keys move.
 *
 * @param {HTMLElement} section
 * @param {{ choose: (id: string) => void, sightChanged: () => void }} actions
 */
export function createBrandList(section, { choose, sightChanged }) {
  const list = find('ul', 'ul', section);
  const search = find('input', 'input', section);
  const found = find('.found', 'p', section);
  /** @type {BrandsView} */
  let view = { ranking: [], sparks: new Map(), chosen: '_all', firing: new Set() };
  /** @type {Set<Element>} */
  const inSight = new Set();

  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) inSight.add(target);
        else {
          inSight.delete(target);
          target.querySelector('.spark')?.remove();
        }
      }
      sightChanged();
    },
    { root: list, rootMargin: '60px' },
  );

  function draw() {
    const wanted = search.value.trim().toLocaleLowerCase();
    const brands = view.ranking.filter((brand) => {
      const { id } = brand;
      return wanted === '' || id.includes(wanted) || brandName(brand).toLocaleLowerCase().includes(wanted);
    });
    const isFiring = ({ id = '' }) => view.firing.has(id);
    const shown = [
      ...brands.filter(({ id }) => id === '_all'),
      ...brands.filter((brand) => brand.id !== '_all' && isFiring(brand)),
      ...brands.filter((brand) => brand.id !== '_all' && !isFiring(brand)),
    ];
    bringUpToDate(list, shown, ({ id }) => id, brandEntry);
    for (const entry of list.children) observer.observe(entry);
    const said =
      wanted === ''
        ? ''
        : shown.length === 0
          ? say('foundNone')
          : say('found', { found: count(shown.length), all: count(view.ranking.length) });
    if (found.textContent !== said) found.textContent = said;
    keepOneTabStop();
  }

  /** @param {BrandStanding} brand */
  function brandEntry({ id }) {
    const name = element('span', { class: 'name', dir: 'auto' });
    const number = element('span', { class: 'number' });
    const button = element('button', { type: 'button', tabindex: -1 }, name, number);
    button.addEventListener('click', () => choose(id));
    return listEntry([button], (/** @type {BrandStanding} */ brand, entry) => {
      button.setAttribute('aria-current', String(id === view.chosen));
      const isFiring = view.firing.has(id);
      button.classList.toggle('firing', isFiring);
      const series = inSight.has(entry) ? view.sparks.get(id) : undefined;
      const { posts, negative } = series === undefined ? brand : sums(series);
      const figures = `${compact(posts)} · ${share(negative, posts)}`;
      const rest = isFiring ? `${say('negative')}, ${say('alert')}` : say('negative');
      if (series !== undefined) {
        button.querySelector('.spark')?.remove();
        button.append(sparkline(series));
      }
      name.textContent = brandName(brand);
      if (number.textContent === `${figures} ${rest}`) return;
      number.replaceChildren(figures, element('span', { class: 'unseen' }, ` ${rest}`));
      button.title = `${brandName(brand)}: ${say('postsOf', { posts: count(posts) })}`;
    });
  }

  const buttons = () => [...list.querySelectorAll('button')];

  function keepOneTabStop() {
    const all = buttons();
    const current =
      all.find((button) => button === document.activeElement) ??
      all.find((button) => button.getAttribute('aria-current') === 'true') ??
      all[0];
    for (const button of all) button.tabIndex = button === current ? 0 : -1;
  }

  list.addEventListener('keydown', (event) => {
    const all = buttons();
    const at = all.findIndex((button) => button.matches(':focus'));
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + PAGE,
      PageUp: at - PAGE,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0 && event.key === 'ArrowUp') return search.focus();
    all[Math.max(0, Math.min(all.length - 1, to))]?.focus();
    keepOneTabStop();
  });
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    buttons()[0]?.focus();
    keepOneTabStop();
  });
  search.addEventListener('input', draw);

  return {
    /** @param {BrandsView} next */
    show(next) {
      view = next;
      draw();
    },
    /** Ids of the brands whose rows can be seen. */
    inSight: () => [...inSight].slice(0, MOST_IN_SIGHT).map(keyOf),
  };
}

const keyOf = (/** @type {Element} */ entry) => entry.getAttribute('data-key') ?? '';

/** @param {Series} series */
function sums({ posts, negative }) {
  const sum = (/** @type {readonly number[]} */ column) => column.reduce((total, value) => total + value, 0);
  return { posts: sum(posts), negative: sum(negative) };
}
