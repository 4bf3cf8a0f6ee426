import { chanceSaid, inItsUnit } from './alert-words.js';
import { ApiFailure, fetchTerms } from './api.js';
import { showNames, showTerms } from './breakdown.js';
import { element } from './dom.js';
import { clockTime, count, say, share } from './words.js';

/** @import { Alert } from './types.js' */

/**
 * Why an alert fired: how sure the test was, who wrote where, and of what.
 *
 * @param {Alert} alert
 */
export function evidenceOf(alert) {
  const { evidence, pValue, window, peak } = alert;
  const { negativeShare, baselineNegativeShare, authors, postIds = [] } = evidence;
  const sources = element('ul', { class: 'bars' });
  showNames(sources, evidence.bySource, (name) => name);
  const posts = element('ul', { class: 'ids' });
  posts.append(...postIds.map((id) => element('li', {}, element('code', {}, id))));
  const terms = element('ul', { class: 'terms' });
  void addTerms(alert, terms);
  return element(
    'div',
    {},
    element(
      'dl',
      {},
      ...fact(
        say('evidenceWindow'),
        `${clockTime(window.start, 'day')} – ${clockTime(window.end, 'minute')}`,
      ),
      ...fact(
        say('evidenceShare'),
        say('evidenceShareSaid', { now: share(negativeShare, 1), usual: share(baselineNegativeShare, 1) }),
      ),
      ...fact(say('evidencePeak'), inItsUnit(alert, peak)),
      ...(pValue === undefined ? [] : fact(say('evidenceChance'), chanceSaid(pValue))),
      ...fact(
        say('evidenceBreadth'),
        authors === undefined
          ? say('postsOf', { posts: count(evidence.posts) })
          : say('breadth', { posts: count(evidence.posts), authors: count(authors) }),
      ),
    ),
    element('h4', {}, say('evidenceTerms')),
    terms,
    element('h4', {}, say('evidenceSources')),
    sources,
    ...(postIds.length === 0 ? [] : [element('h4', {}, say('evidencePosts')), posts]),
  );
}

/** @param {string} name @param {string} value */
const fact = (name, value) => [element('dt', {}, name), element('dd', {}, value)];

/** Alerts of older workers name no words; the windows around them do. @param {Alert} alert @param {Element} place */
async function addTerms({ brand, window, firedAt, resolvedAt, evidence }, place) {
  if (evidence.terms !== undefined) return showTerms(place, brand, evidence.terms);
  // Windows of 10 s have no terms; the minutes around them do.
  const tier = window.tier === '10s' ? '1m' : window.tier;
  const span = { tier, from: window.start - 60_000, to: resolvedAt ?? firedAt };
  try {
    showTerms(place, brand, (await fetchTerms(brand, span)).terms);
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    place.replaceChildren(element('li', { class: 'problem' }, error.message));
  }
}
