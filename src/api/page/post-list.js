import { ApiFailure, explain } from './api.js';
import { element, find } from './dom.js';
import { showExplanation } from './explanation.js';
import { clockTime, count, say, share } from './words.js';

/** @import { ScoredPost } from './types.js' */

const MOST_POSTS = 30;

/**
 * The posts as they come, newest first.
 *
 * @param {HTMLElement} section
 * @param {{ nameOf: (brand: string) => string, mayScore: () => boolean }} options
 */
export function createPostList(section, options) {
  const list = find('ol', 'ol', section);
  const empty = find('.empty', 'p', section);
  const notice = find('.notice', 'p', section);
  const skippedLine = find('.skipped', 'p', section);
  let skipped = 0;
  /** @type {Map<string, HTMLElement>} */
  const entries = new Map();

  function trim() {
    for (const [id, entry] of entries) {
      if (entries.size <= MOST_POSTS) break;
      entry.remove();
      entries.delete(id);
    }
    empty.hidden = entries.size > 0;
  }

  /** @param {string} id */
  function remove(id) {
    entries.get(id)?.remove();
    entries.delete(id);
  }

  return {
    /** One that is shown already was edited: it moves to the front. @param {ScoredPost} post */
    add(post) {
      remove(post.id);
      const entry = postEntry(post, options);
      entries.set(post.id, entry);
      list.prepend(entry);
      trim();
    },
    /** @param {string} id */
    remove(id) {
      remove(id);
      trim();
    },
    /** Says how many posts came since the list began that are not shown. @param {number} posts */
    addSkipped(posts) {
      skipped += posts;
      skippedLine.textContent = say('skipped', { count: count(skipped) });
    },
    /** What the reader must know of the list as a whole. @param {string} words */
    notice(words) {
      if (notice.textContent !== words) notice.textContent = words;
      notice.hidden = words === '';
    },
    clear() {
      skipped = 0;
      skippedLine.textContent = '';
      entries.clear();
      list.replaceChildren();
      trim();
    },
  };
}

/**
 * @param {ScoredPost} post
 * @param {{ nameOf: (brand: string) => string, mayScore: () => boolean }} options
 */
function postEntry(post, { nameOf, mayScore }) {
  const { label, confidence, text, terms, language, source, brands, flags, url } = post;
  const fine = element(
    'p',
    { class: 'fine' },
    [
      clockTime(Date.parse(post.createdAt), 'day'),
      source,
      ...brands.map(nameOf),
      language,
      share(confidence, 1),
      ...flags,
    ].join(' · '),
  );
  if (url !== undefined && isWebAddress(url)) {
    fine.append(
      ' · ',
      element('a', { href: url, rel: 'noopener noreferrer nofollow', target: '_blank' }, say('open')),
    );
  }
  const entry = element(
    'li',
    {},
    element('span', { class: `label ${label}` }, say(label)),
    text === undefined
      ? element(
          'span',
          { class: 'text fine', dir: 'auto' },
          terms.length > 0 ? say('noText', { terms: terms.join(', ') }) : say('noTerms'),
        )
      : element('span', { class: 'text', dir: 'auto', lang: language }, text),
    fine,
  );
  if (text !== undefined && mayScore()) explainOnClick(entry, fine, text);
  return entry;
}

/**
 * Shows below a post which of its words decided; a second click takes it away again.
 *
 * @param {HTMLElement} entry
 * @param {HTMLElement} fine where the button goes
 * @param {string} text
 */
function explainOnClick(entry, fine, text) {
  const button = element('button', { type: 'button', class: 'why', 'aria-expanded': 'false' }, say('why'));
  const answer = element('div', { class: 'answer', 'aria-live': 'polite', hidden: true });
  fine.append(' · ', button);
  entry.append(answer);
  let known = false;

  async function ask() {
    answer.replaceChildren(say('scoring'));
    try {
      const [result] = (await explain(text)).results;
      if (result === undefined) return;
      answer.replaceChildren(
        result.error === undefined ? showExplanation(text, result) : result.error.message,
      );
      known = true;
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      answer.replaceChildren(element('span', { class: 'problem' }, error.message));
    }
  }

  entry.addEventListener('click', ({ target }) => {
    // A click on a link or in the answer, or one that ends a selection, asks nothing.
    if (!(target instanceof Element) || target.closest('a, .answer') !== null) return;
    if (getSelection()?.isCollapsed === false) return;
    answer.hidden = !answer.hidden;
    button.setAttribute('aria-expanded', String(!answer.hidden));
    if (!answer.hidden && !known) ask();
  });
}

/** Anybody can write an address into a post; one that begins with `javascript:` must not become a link. @param {string} url */
function isWebAddress(url) {
  return URL.canParse(url) && ['https:', 'http:'].includes(new URL(url).protocol);
}
