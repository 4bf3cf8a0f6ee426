import {
  CLASS,
  DIGIT,
  HIGH_SURROGATE,
  IDEOGRAPH,
  isRegionalIndicator,
  LETTER,
  LOW_SURROGATE,
  MARK,
  OTHER,
  SPACE,
} from './characters.js';
import { placeholderEnd } from './normalise.js';

const APOSTROPHE = 0x27;
const LESS_THAN = 0x3c;

/**
 * Where the word that starts at `start` of a normalised text ends. A word is a run of letters (with apostrophes
 * between them, so that `don't` is one), a run of digits, one ideograph, one emoji or flag, a placeholder, or a
 * run of other signs, so that `:)` is one.
 *
 * @param start of a word, as `wordStart` gives it
 */
export function wordEnd(text: string, start: number): number {
  const unit = text.charCodeAt(start);
  const kind = CLASS[unit] ?? OTHER;
  if (kind === LETTER || kind === MARK) return lettersEnd(text, start);
  if (kind === DIGIT) return runEnd(text, start, DIGIT);
  if (kind === IDEOGRAPH) return start + 1;
  if (kind === HIGH_SURROGATE) return pairEnd(text, start, unit);
  const placeholder = placeholderEnd(text, start);
  if (placeholder > start) return placeholder;
  let end = start + 1;
  while (end < text.length && CLASS[text.charCodeAt(end)] === OTHER && text.charCodeAt(end) !== LESS_THAN)
    end += 1;
  return end;
}

/** Where the next word starts at or after an index; the text's length where there is none. */
export function wordStart(text: string, index: number): number {
  let start = index;
  while (start < text.length && CLASS[text.charCodeAt(start)] === SPACE) start += 1;
  return start;
}

/** True for a character that is written without a space before the next word. */
export function isIdeograph(character: string): boolean {
  return CLASS[character.charCodeAt(0)] === IDEOGRAPH;
}

/**
 * The words of a normalised text that pieces are learnt from, in order. Ideographs that stand together are one
 * here: where the words among them end, no sign tells.
 */
export function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  for (let start = wordStart(text, 0); start < text.length; ) {
    const isRun = CLASS[text.charCodeAt(start)] === IDEOGRAPH;
    const end = isRun ? runEnd(text, start, IDEOGRAPH) : wordEnd(text, start);
    words.push(text.slice(start, end));
    start = wordStart(text, end);
  }
  return words;
}

function lettersEnd(text: string, start: number): number {
  let end = start + 1;
  for (; end < text.length; end += 1) {
    const unit = text.charCodeAt(end);
    const kind = CLASS[unit];
    if (kind === LETTER || kind === MARK) continue;
    if (unit === APOSTROPHE && CLASS[text.charCodeAt(end + 1)] === LETTER) continue;
    break;
  }
  return end;
}

function runEnd(text: string, start: number, kind: number): number {
  let end = start + 1;
  while (end < text.length && CLASS[text.charCodeAt(end)] === kind) end += 1;
  return end;
}

/** A flag is two regional indicators; every other pair of surrogates, and half a pair, stands for itself. */
function pairEnd(text: string, start: number, high: number): number {
  const low = text.charCodeAt(start + 1);
  if (CLASS[low] !== LOW_SURROGATE) return start + 1;
  const isFlag =
    isRegionalIndicator(high, low) &&
    isRegionalIndicator(text.charCodeAt(start + 2), text.charCodeAt(start + 3));
  return start + (isFlag ? 4 : 2);
}
