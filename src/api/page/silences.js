import { ApiFailure, addSilence, endSilence } from './api.js';
import { bringUpToDate, element, find, listEntry } from './dom.js';
import { clockTime, duration, say } from './words.js';

/** @import { Alert, Silence } from './types.js' */

const HOUR = 3_600_000;
const DURATIONS = [HOUR, 4 * HOUR, 24 * HOUR, 7 * 24 * HOUR];

/**
 * The silences that hold, and the dialog that asks for one.
 *
 * @param {object} parts
 * @param {HTMLElement} parts.section where they are listed
 * @param {HTMLDialogElement} parts.dialog
 * @param {(brand: string) => string} parts.nameOf
 * @param {() => string} parts.reader name of whoever asks, or nothing
 * @param {() => number} parts.now the worker's time
 * @param {() => void} parts.changed called when there is one more, or less
 */
export function createSilences({ section, dialog, nameOf, reader, now, changed }) {
  const list = find('ul', 'ul', section);
  const form = find('form', 'form', dialog);
  const [time, what, reason] = [
    find('#silence-time', 'select', form),
    find('#silence-what', 'select', form),
    find('#silence-reason', 'input', form),
  ];
  const subject = find('.subject', 'p', form);
  const failed = find('.failed', 'p', form);
  /** @type {Alert | undefined} */
  let about;
  let mayChange = false;

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (about === undefined) return;
    try {
      const by = reader();
      await addSilence({
        to: now() + Number(time.value),
        brand: about.brand,
        ...(what.value === 'rule' && { rule: about.rule }),
        reason: reason.value.trim(),
        ...(by !== '' && { by }),
      });
      dialog.close();
      changed();
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      failed.textContent = error.message;
    }
  });
  find('.cancel', 'button', form).addEventListener('click', () => dialog.close());

  /** @param {Silence} silence */
  function entryOf({ id }) {
    const words = element('span');
    const end = element('button', { type: 'button', class: 'quiet small' });
    end.addEventListener('click', async () => {
      end.disabled = true;
      try {
        await endSilence(id);
      } catch (error) {
        if (!(error instanceof ApiFailure)) throw error;
        end.disabled = false;
        words.append(element('span', { class: 'problem' }, ` ${error.message}`));
        return;
      }
      changed();
    });
    return listEntry([words, end], (/** @type {Silence} */ { brand, rule, reason: why, to }) => {
      const name = brand === undefined ? say('everyBrand') : nameOf(brand);
      words.replaceChildren(
        say('silenced', { brand: name, rule: rule ?? say('everyRule'), time: clockTime(to, 'day') }),
        ...(why === undefined || why === '' ? [] : [element('span', { class: 'fine', dir: 'auto' }, why)]),
      );
      end.textContent = say('silenceEnd');
      end.setAttribute('aria-label', say('silenceEndOf', { brand: name }));
      end.hidden = !mayChange;
    });
  }

  return {
    /** @param {readonly Silence[]} silences @param {boolean} readerMayChange */
    show(silences, readerMayChange) {
      mayChange = readerMayChange;
      section.hidden = silences.length === 0;
      bringUpToDate(list, silences, ({ id }) => id, entryOf);
    },
    /** Asks for one about an alert. @param {Alert} alert */
    ask(alert) {
      about = alert;
      subject.textContent = nameOf(alert.brand);
      failed.textContent = '';
      reason.value = '';
      time.replaceChildren(
        ...DURATIONS.map((millis) => element('option', { value: millis }, duration(millis))),
      );
      what.replaceChildren(
        element('option', { value: 'rule' }, say('silenceRule', { rule: alert.rule })),
        element('option', { value: 'all' }, say('silenceAllRules')),
      );
      dialog.showModal();
    },
  };
}
