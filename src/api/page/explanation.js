import { element } from './dom.js';
import { say, signed } from './words.js';

/** A word that changes the label's log-odds by less than this decided nothing. */
const LEAST_WEIGHT = 0.1;
/** Words that are named below the text, of each sign. */
const MOST_NAMED = 5;

/**
 * The text with the words marked that decided on its label, and the same in words for those who cannot see marks.
 *
 * @param {string} text as it was sent
 * @param {{ label: string, flags: string[], explanation: { start: number, end: number, text: string, weight: number }[] }} result
 */
export function showExplanation(text, { label, flags, explanation }) {
  const telling = explanation.filter(({ weight }) => Math.abs(weight) >= LEAST_WEIGHT);
  const named = (parts) =>
    parts
      .toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
      .slice(0, MOST_NAMED)
      .map((part) => `${part.text} ${signed(part.weight)}`)
      .join(' · ');
  const [speakFor, against] = [1, -1].map((sign) => telling.filter(({ weight }) => sign * weight > 0));
  const lines = [
    speakFor.length > 0 && say('spokeFor', { label: say(label), words: named(speakFor) }),
    against.length > 0 && say('spokeAgainst', { words: named(against) }),
    telling.length === 0 && say('noneDecided'),
    flags.includes('truncated') && say('cutOff'),
  ];
  return element(
    'div',
    { class: `explanation ${label}` },
    element('p', { class: 'text', dir: 'auto' }, ...marked(text, telling)),
    ...lines.filter(Boolean).map((line) => element('p', { class: 'fine', dir: 'auto' }, line)),
  );
}

/** The text cut where marks begin and end. */
function marked(text, parts) {
  const greatest = Math.max(...parts.map(({ weight }) => Math.abs(weight)));
  const pieces = [];
  let position = 0;
  for (const { start, end, weight } of parts) {
    const mark = element('mark', { class: weight > 0 ? 'for' : 'against', title: signed(weight) });
    mark.style.setProperty('--strength', `${Math.round((45 * Math.abs(weight)) / greatest)}%`);
    mark.append(text.slice(start, end));
    pieces.push(text.slice(position, start), mark);
    position = end;
  }
  return [...pieces, text.slice(position)];
}
