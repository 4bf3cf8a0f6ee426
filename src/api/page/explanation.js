import { element } from './dom.js';
import { say, signed } from './words.js';

/** @import { ExplainedPart, TextScore } from './types.js' */

/** A word that changes the label's log-odds by less than this decided nothing. */
const LEAST_WEIGHT = 0.1;
/** Words that are named below the text, of each sign. */
const MOST_NAMED = 5;

/**
 * The text with the words marked that decided on its label, and the same in words for those who cannot see marks.
 *
 * @param {string} text as it was sent
 * @param {TextScore} result
 */
export function showExplanation(text, { label, flags, explanation = [] }) {
  const telling = explanation.filter(({ weight }) => Math.abs(weight) >= LEAST_WEIGHT);
  const speakFor = telling.filter(({ weight }) => weight > 0);
  const against = telling.filter(({ weight }) => weight < 0);
  const lines = [];
  if (speakFor.length > 0) lines.push(say('spokeFor', { label: say(label), words: named(speakFor) }));
  if (against.length > 0) lines.push(say('spokeAgainst', { words: named(against) }));
  if (telling.length === 0) lines.push(say('noneDecided'));
  if (flags.includes('truncated')) lines.push(say('cutOff'));
  return element(
    'div',
    { class: `explanation ${label}` },
    element('p', { class: 'text', dir: 'auto' }, ...marked(text, telling)),
    ...lines.map((line) => element('p', { class: 'fine', dir: 'auto' }, line)),
  );
}

/** @param {readonly ExplainedPart[]} parts */
function named(parts) {
  return parts
    .toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, MOST_NAMED)
    .map((part) => `${part.text} ${signed(part.weight)}`)
    .join(' · ');
}

/** The text cut where marks begin and end. @param {string} text @param {readonly ExplainedPart[]} parts */
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
