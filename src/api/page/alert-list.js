import { bringUpToDate, element } from './dom.js';
import { clockTime, count, say, share } from './words.js';

/**
 * What fired, what fires, and who has seen it.
 *
 * @param {Element} list
 * @param {{ alerts: object[], nameOf: (brand: string) => string, acknowledge: (alert: object) => void }} view
 */
export function showAlerts(list, { alerts, nameOf, acknowledge }) {
  list.previousElementSibling.hidden = alerts.length > 0;
  bringUpToDate(list, alerts, {
    key: ({ id }) => id,
    create(alert) {
      const button = element('button', { type: 'button', class: 'quiet' });
      button.addEventListener('click', () => acknowledge(alert));
      return element(
        'li',
        {},
        element(
          'div',
          { class: 'title' },
          element('span', { dir: 'auto' }),
          element('span', { class: 'state' }),
        ),
        element('p'),
        element('p', { class: 'fine' }),
        button,
      );
    },
    update(made, alert) {
      const [title, what, where, button] = made.children;
      const [name, state] = title.children;
      const { evidence, acknowledgement } = alert;
      made.dataset.state = alert.state;
      name.textContent = nameOf(alert.brand);
      state.textContent =
        alert.state === 'firing'
          ? say('stateFiring')
          : say('stateResolved', { time: clockTime(alert.resolvedAt, 'minute') });
      what.textContent = say('alertSaid', {
        observed: count(alert.observed),
        expected: count(alert.expected),
        share: share(evidence.negativeShare, 1),
        usual: share(evidence.baselineNegativeShare, 1),
      });
      const seen =
        acknowledgement &&
        say('acknowledged', { ...acknowledgement, time: clockTime(acknowledgement.at, 'day') });
      where.textContent = [clockTime(alert.firedAt, 'day'), alert.rule, seen].filter(Boolean).join(' · ');
      button.textContent = say('acknowledge');
      button.hidden = acknowledgement !== undefined;
    },
  });
}
