import { CLASS, DIGIT, LETTER, MARK } from './characters.js';

const ALEF = 0x627;
const LAM = 0x644;
/** Arabic writes "and", "so", "with", "to" and "like" as a letter before the word. */
const ARABIC_PARTICLES = new Set(Array.from('وفبلك', (letter) => letter.charCodeAt(0)));

/** Units that an occurrence must not be cut off from. */
const JOINED: Uint8Array = Uint8Array.from(CLASS, (kind, unit) =>
  (kind === LETTER || kind === DIGIT || kind === MARK) && !isUnspaced(unit) ? 1 : 0,
);

/** Thai, Lao, Tibetan, Burmese and Khmer write no space between words. */
function isUnspaced(unit: number): boolean {
  return (unit >= 0xe00 && unit <= 0x109f) || (unit >= 0x1780 && unit <= 0x17ff);
}

function isHangul(unit: number): boolean {
  return unit >= 0xac00 && unit <= 0xd7a3;
}

function isArabic(unit: number): boolean {
  return unit >= 0x600 && unit <= 0x6ff;
}

/**
 * True where a phrase that stands from `start` to `end` in a normalised text is no part of a longer word. Any
 * place is a boundary in scripts that write none (Chinese, Japanese, Thai, …); Korean adds particles to the end
 * of a word, Arabic particles and the article to its front.
 */
export function isAtBoundary(text: string, start: number, end: number): boolean {
  return startsAtBoundary(text, start) && endsAtBoundary(text, end);
}

function startsAtBoundary(text: string, start: number): boolean {
  const first = text.charCodeAt(start);
  if (start === 0 || !joins(first) || !joins(text.charCodeAt(start - 1))) return true;
  return isArabic(first) && followsArabicPrefix(text, start);
}

function endsAtBoundary(text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1);
  return end === text.length || !joins(last) || !joins(text.charCodeAt(end)) || isHangul(last);
}

function joins(unit: number): boolean {
  return JOINED[unit] === 1;
}

/** True where only a particle, the article or both stand between the word's start and `index`. */
function followsArabicPrefix(text: string, index: number): boolean {
  let start = index;
  if (text.charCodeAt(start - 1) === LAM) {
    const before = text.charCodeAt(start - 2);
    // The particle li- and the article make one double lam.
    if (before === ALEF || before === LAM) start -= 2;
  }
  if (start > 0 && ARABIC_PARTICLES.has(text.charCodeAt(start - 1))) start -= 1;
  return start === 0 || !joins(text.charCodeAt(start - 1));
}
