import { ApiFailure, explain } from './api.js';
import { element } from './dom.js';
import { showExplanation } from './explanation.js';
import { clockTime, say, share } from './words.js';

const MOST_POSTS = 30;

/**
 * The posts as they come, newest first.
 *
 * @param {Element} list
 * @param {(brand: string) => string} nameOf
 */
export function createPostList(list, nameOf) {
  const empty = list.previousElementSibling;

  function entryOf(id) {
    return [...list.children].find((entry) => entry.dataset.id === id);
  }

  function trim() {
    while (list.children.length > MOST_POSTS) list.lastElementChild.remove();
    empty.hidden = list.children.length > 0;
  }

  return {
    /** One that is shown already was edited: it moves to the front. */
    add(post) {
      entryOf(post.id)?.remove();
      list.prepend(postEntry(post, nameOf));
      trim();
    },
    remove(id) {
      entryOf(id)?.remove();
      trim();
    },
    /** Says how many posts came that are not shown. */
    addSkipped(count) {
      const newest = list.firstElementChild;
      newest?.querySelector('.fine').append(` · ${say('skipped', { count })}`);
    },
    clear() {
      list.replaceChildren();
      trim();
    },
  };
}

function postEntry(post, nameOf) {
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
          { class: 'text fine' },
          terms.length > 0 ? say('noText', { terms: terms.join(', ') }) : say('noTerms'),
        )
      : element('span', { class: 'text', dir: 'auto', lang: language }, text),
    fine,
  );
  entry.dataset.id = post.id;
  if (text !== undefined) explainOnClick(entry, fine, text);
  return entry;
}

/** Shows below a post which of its words decided; a second click takes it away again. */
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
      answer.replaceChildren(result.error ? result.error.message : showExplanation(text, result));
      known = true;
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      answer.replaceChildren(element('span', { class: 'problem' }, error.message));
    }
  }

  entry.addEventListener('click', ({ target }) => {
    // A click on a link or in the answer, or one that ends a selection, asks nothing.
    if (target.closest('a, .answer') !== null || !getSelection().isCollapsed) return;
    answer.hidden = !answer.hidden;
    button.setAttribute('aria-expanded', String(!answer.hidden));
    if (!answer.hidden && !known) ask();
  });
}

/** Anybody can write an address into a post; one that begins with `javascript:` must not become a link. */
function isWebAddress(url) {
  return URL.canParse(url) && ['https:', 'http:'].includes(new URL(url).protocol);
}
