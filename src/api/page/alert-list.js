import { evidenceOf } from './alert-evidence.js';
import { alertSentence, alertState } from './alert-words.js';
import { bringUpToDate, element, find, listEntry } from './dom.js';
import { clockTime, count, say } from './words.js';

/** @import { Alert } from './types.js' */

/**
 * @typedef {object} AlertsView
 * @property {readonly Alert[]} alerts newest first
 * @property {boolean} mayChange whether the reader may acknowledge and silence
 */

/**
 * What fires, what fired, and who has seen it.
 *
 * @param {HTMLElement} section
 * @param {object} actions
 * @param {(brand: string) => string} actions.nameOf
 * @param {(brand: string) => void} actions.choose
 * @param {(alert: Alert) => Promise<void>} actions.acknowledge
 * @param {(alert: Alert) => void} actions.silence
 */
export function createAlertList(section, { nameOf, choose, acknowledge, silence }) {
  const list = find('.alert-list', 'ul', section);
  const empty = find('.empty', 'p', section);
  const firing = find('.count', 'span', section);
  /** @type {AlertsView} */
  let view = { alerts: [], mayChange: false };

  /** @param {Alert} first */
  function entryOf(first) {
    let alert = first;
    const name = element('button', { type: 'button', class: 'link', dir: 'auto' });
    const state = element('span', { class: 'state' });
    const what = element('p');
    const where = element('p', { class: 'fine' });
    const seen = element('button', { type: 'button', class: 'quiet' });
    const quiet = element('button', { type: 'button', class: 'quiet' });
    const evidence = element('details', {}, element('summary'), element('div', { class: 'evidence' }));
    const [summary, place] = evidence.children;
    name.addEventListener('click', () => choose(alert.brand));
    seen.addEventListener('click', async () => {
      seen.disabled = true;
      await acknowledge(alert);
      seen.disabled = false;
    });
    quiet.addEventListener('click', () => silence(alert));
    evidence.addEventListener('toggle', () => {
      if (evidence.open) place?.replaceChildren(evidenceOf(alert));
    });
    const children = [
      element('div', { class: 'title' }, name, state),
      what,
      where,
      evidence,
      element('div', { class: 'actions' }, seen, quiet),
    ];
    return listEntry(children, (/** @type {Alert} */ next, entry) => {
      alert = next;
      const { acknowledgement, brand, firedAt, rule } = alert;
      entry.dataset.state = alert.state;
      name.textContent = nameOf(brand);
      state.textContent = alertState(alert);
      what.textContent = alertSentence(alert);
      const known =
        acknowledgement &&
        say('acknowledged', { by: acknowledgement.by, time: clockTime(acknowledgement.at, 'day') });
      where.textContent = [clockTime(firedAt, 'day'), rule, known].filter(Boolean).join(' · ');
      if (summary !== undefined) summary.textContent = say('evidence');
      seen.textContent = say('acknowledge');
      seen.hidden = acknowledgement !== undefined || !view.mayChange;
      quiet.textContent = say('silence');
      quiet.hidden = !view.mayChange;
    });
  }

  return {
    /** @param {AlertsView} next */
    show(next) {
      view = next;
      const firingNow = next.alerts.filter(({ state }) => state === 'firing').length;
      firing.hidden = firingNow === 0;
      firing.textContent = say('alertsFiring', { count: count(firingNow) });
      empty.hidden = next.alerts.length > 0;
      bringUpToDate(list, next.alerts, ({ id }) => id, entryOf);
    },
  };
}
