/**
 * What a UTF-16 code unit is, as tables: every stage looks at every character of every post, and a table
 * look-up costs a nanosecond where a Unicode regular expression costs many.
 */

/** Classes of code units in `CLASS`. */
export const OTHER = 0;
export const SPACE = 1;
/** Controls, format characters, variation selectors, fillers: dropped. */
export const INVISIBLE = 2;
/** A letter of a script that writes words with boundaries between them. */
export const LETTER = 3;
export const DIGIT = 4;
/** A combining mark: belongs to the letter before it. */
export const MARK = 5;
/** Han, Hiragana, Katakana, Bopomofo: each character is a word of its own. */
export const IDEOGRAPH = 6;
export const HIGH_SURROGATE = 7;
export const LOW_SURROGATE = 8;

const UNITS = 0x10000;

const WHITESPACE = /[\s\u0085]/;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\ufffc\ufffd]/u;
const IDEOGRAPHIC = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\u30fc]/u;

function classOf(unit: number): number {
  if (unit >= 0xd800 && unit <= 0xdbff) return HIGH_SURROGATE;
  if (unit >= 0xdc00 && unit <= 0xdfff) return LOW_SURROGATE;
  const character = String.fromCharCode(unit);
  if (WHITESPACE.test(character)) return SPACE;
  if (UNSEEN.test(character)) return INVISIBLE;
  if (/\p{M}/u.test(character)) return MARK;
  if (IDEOGRAPHIC.test(character) && /[\p{L}\p{Nl}]/u.test(character)) return IDEOGRAPH;
  if (/\p{L}/u.test(character)) return LETTER;
  if (/\p{N}/u.test(character)) return DIGIT;
  return OTHER;
}

/** Class of each code unit. */
export const CLASS: Uint8Array = Uint8Array.from({ length: UNITS }, (_, unit) => classOf(unit));

/** Class of the character whose high surrogate this is; exact enough for a class, not for a category. */
export function classOfPair(high: number, low: number): number {
  if (high >= 0xd840 && high <= 0xd8bf) return IDEOGRAPH;
  if (high === 0xdb40) return INVISIBLE;
  if (high === 0xd83c && low >= 0xdffb) return INVISIBLE;
  if (high < 0xd83c) return LETTER;
  return OTHER;
}

/** True where the pair is half of a flag. */
export function isRegionalIndicator(high: number, low: number): boolean {
  return high === 0xd83c && low >= 0xdde6 && low <= 0xddff;
}

/** Characters that are written in several ways and mean one thing. */
const SAME: ReadonlyArray<readonly [into: string, from: string]> = [
  ["'", '‘’‛ʼʻ`′'],
  ['"', '“”„‟«»″〝〞'],
  ['-', '‐‑‒–—―−─'],
  ['~', '〜∼'],
  ['i', 'İ'],
  // Arabic: the alef's seats are often left out in posts, so all are the bare alef; Farsi and Urdu letters stay.
  ['ا', 'أإآٱ'],
];

function foldTable(): Uint16Array {
  const table = Uint16Array.from({ length: UNITS }, (_, unit) => {
    const lower = String.fromCharCode(unit).toLowerCase();
    return lower.length === 1 ? lower.charCodeAt(0) : unit;
  });
  for (const [into, from] of SAME) {
    for (const character of from) table[character.charCodeAt(0)] = into.charCodeAt(0);
  }
  // Arabic vowel signs and the tatweel, which only stretches a word.
  for (let unit = 0x064b; unit <= 0x0652; unit += 1) table[unit] = 0;
  table[0x0640] = 0;
  table[0x0670] = 0;
  return table;
}

/** What a code unit becomes: lower case, one apostrophe, one dash, …; 0 where it is dropped. */
export const FOLD: Uint16Array = foldTable();

/** Class of a code unit; that of a space past either end of a text. */
export function classAt(text: string, index: number): number {
  return CLASS[text.charCodeAt(index)] ?? SPACE;
}

export function isAsciiAlphanumeric(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a);
}
