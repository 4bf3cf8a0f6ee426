import { CLASS, DIGIT, IDEOGRAPH, LETTER, MARK } from './characters.js';
import { placeholderEnd } from './normalise.js';
import { addToHash, HASH_SEED } from './word-hash.js';

/** What a run of a normalised text's units is made of. */
export const LETTERS = 0;
/** Digits alone. */
export const NUMBER = 1;
/** Characters of scripts that write no boundary between words. */
export const IDEOGRAPHS = 2;

export type RunKind = typeof LETTERS | typeof NUMBER | typeof IDEOGRAPHS;

/**
 * Calls `visit` for each run of letters and digits or of ideographs in a normalised text, in order, with the
 * run's hash. Placeholders, signs and emoji are passed over; an apostrophe ends a run (`l'été` is two).
 */
export function visitRuns(
  text: string,
  visit: (start: number, end: number, kind: RunKind, hash: number) => void,
): void {
  let i = 0;
  while (i < text.length) {
    const kind = CLASS[text.charCodeAt(i)];
    let end = i;
    let hash = HASH_SEED;
    if (kind === IDEOGRAPH) {
      for (; CLASS[text.charCodeAt(end)] === IDEOGRAPH; end += 1)
        hash = addToHash(hash, text.charCodeAt(end));
      visit(i, end, IDEOGRAPHS, hash);
    } else if (kind === LETTER || kind === DIGIT) {
      let hasLetter = false;
      for (; ; end += 1) {
        const unit = text.charCodeAt(end);
        const next = CLASS[unit];
        if (next === LETTER) hasLetter = true;
        else if (next !== DIGIT && next !== MARK) break;
        hash = addToHash(hash, unit);
      }
      visit(i, end, hasLetter ? LETTERS : NUMBER, hash);
    } else end = Math.max(i + 1, placeholderEnd(text, i));
    i = end;
  }
}
