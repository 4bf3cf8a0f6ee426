import { ApiFailure, explain } from './api.js';
import { element, shareBar, updateShareBar } from './dom.js';
import { showExplanation } from './explanation.js';
import { say, share } from './words.js';

/** Lets people try the model on a text of theirs. */
export function openScoreBox(form, place, nameOf) {
  const [text, button] = [form.querySelector('textarea'), form.querySelector('button')];

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    place.replaceChildren(say('scoring'));
    const asked = text.value;
    try {
      const [result] = (await explain(asked)).results;
      place.replaceChildren(
        ...(result.error
          ? [problem(result.error.message)]
          : [...outcome(result, nameOf), showExplanation(asked, result)]),
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

function outcome({ label, confidence, probabilities, language, brands, flags, model }, nameOf) {
  const bar = shareBar();
  updateShareBar(bar, probabilities);
  const parts = ['negative', 'neutral', 'positive'].map(
    (name) => `${say(name)} ${share(probabilities[name], 1)}`,
  );
  const fine = [say('language', { language }), ...brands.map(nameOf), ...flags, model.version];
  return [
    element(
      'strong',
      { class: `label ${label}` },
      say('scored', { label: say(label), confidence: share(confidence, 1) }),
    ),
    bar,
    element('p', { class: 'fine' }, parts.join(' · ')),
    element('p', { class: 'fine' }, fine.join(' · ')),
  ];
}

const problem = (message) => element('p', { class: 'problem' }, message);
