import { chanceSaid, inItsUnit } from './alert-words.js';
import { ApiFailure, fetchWindows } from './api.js';
import { showNames, showTerms, topTerms } from './breakdown.js';
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
  const { negativeShare, baselineNegativeShare, posts, authors } = evidence;
  const sources = element('ul', { class: 'bars' });
  showNames(sources, evidence.bySource, (name) => name);
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
          ? say('postsOf', { posts: count(posts) })
          : say('breadth', { posts: count(posts), authors: count(authors) }),
      ),
    ),
    element('h4', {}, say('evidenceTerms')),
    terms,
    element('h4', {}, say('evidenceSources')),
    sources,
  );
}

/** @param {string} name @param {string} value */
const fact = (name, value) => [element('dt', {}, name), element('dd', {}, value)];

/** The words come from the windows of the alert. @param {Alert} alert @param {Element} place */
async function addTerms({ brand, window, firedAt, resolvedAt }, place) {
  // Windows of 10 s have no terms; the minutes around them do.
  const tier = window.tier === '10s' ? '1m' : window.tier;
  const span = {
    tier,
    from: window.start - 60_000,
    to: Math.max(firedAt, resolvedAt ?? firedAt + 3_600_000),
  };
  try {
    showTerms(place, topTerms(brand, (await fetchWindows(brand, span)).windows));
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    place.replaceChildren(element('li', { class: 'problem' }, error.message));
  }
}
