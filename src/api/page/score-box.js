import { ApiFailure, explain } from './api.js';
import { element, find, shareBar } from './dom.js';
import { showExplanation } from './explanation.js';
import { say, share } from './words.js';

/** @import { TextScore } from './types.js' */

/**
 * Lets people try the model on a text of theirs.
 *
 * @param {HTMLElement} section
 * @param {(brand: string) => string} nameOf
 */
export function openScoreBox(section, nameOf) {
  const form = find('form', 'form', section);
  const text = find('textarea', 'textarea', section);
  const button = find('button', 'button', section);
  const place = find('.result', 'div', section);

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    place.replaceChildren(say('scoring'));
    const asked = text.value;
    try {
      const [result] = (await explain(asked)).results;
      if (result === undefined) return;
      place.replaceChildren(
        ...(result.error === undefined
          ? [...outcome(result, nameOf), showExplanation(asked, result)]
          : [problem(result.error.message)]),
      );
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      place.replaceChildren(problem(error.message));
    } finally {
      button.disabled = false;
    }
  });

  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

/** @param {TextScore} result @param {(brand: string) => string} nameOf */
function outcome({ label, confidence, probabilities, language, brands, flags, model }, nameOf) {
  const parts = /** @type {const} */ (['negative', 'neutral', 'positive']).map(
    (name) => `${say(name)} ${share(probabilities[name], 1)}`,
  );
  const fine = [say('language', { language }), ...brands.map(nameOf), ...flags, model.version];
  return [
    element(
      'strong',
      { class: `label ${label}` },
      say('scored', { label: say(label), confidence: share(confidence, 1) }),
    ),
    shareBar(probabilities),
    element('p', { class: 'fine' }, parts.join(' · ')),
    element('p', { class: 'fine' }, fine.join(' · ')),
  ];
}

/** @param {string} message */
const problem = (message) => element('p', { class: 'problem' }, message);
