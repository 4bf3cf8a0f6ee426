import { CLASS, LETTER, MARK } from './characters.js';
import { LATIN_LETTERS, LATIN_WORDS } from './language-words.js';
import { placeholderEnd } from './normalise.js';
import { addToHash, createWordTable, HASH_SEED, hashOf, type WordTable } from './word-hash.js';

/** A language's place is its bit in a set of languages: at most 31 of them. */
const LATIN_LANGUAGES: readonly string[] = Object.keys(LATIN_WORDS);

const APOSTROPHE = 0x27;
/** Starts an ending in the table. */
const ENDING_SEED = hashOf('-');
/** Longest letter block of the table: beyond it no listed letter stands. */
const LAST_LETTER = 0x1eff;

/** What a listed word adds to each of its languages, by its length: a short one is easily another language's. */
const WORD_POINTS = [0, 1, 2, 3] as const;
const ENDING_POINTS = 1;
const LETTER_POINTS = 2;
const SHORTEST_ENDING = 2;
const LONGEST_ENDING = 5;

/** Fewer points than this tell nothing. */
const ENOUGH_POINTS = 3;
/** Languages within this many points of the first are a tie that the source's hint decides. */
const TIE = 1;
/** A text of this many words of which fewer than this share are known is in a language that is not listed. */
const MANY_WORDS = 12;
const FEW_KNOWN = 1 / 8;

export type LatinVerdict =
  | { readonly kind: 'told'; readonly language: string }
  /** Too little to go by. */
  | { readonly kind: 'unclear' }
  /** Long enough to be told, but in no listed language. */
  | { readonly kind: 'unlisted' };

const WORDS = wordTable();
const LETTERS = letterTable();
const points = new Int32Array(LATIN_LANGUAGES.length);

function wordTable(): WordTable {
  const languages = new Map<number, number>();
  Object.values(LATIN_WORDS).forEach(({ binding, common, parts }, bit) => {
    for (const word of `${binding} ${common} ${parts}`.split(/\s+/)) {
      const hash = hashOf(word);
      languages.set(hash, (languages.get(hash) ?? 0) | (1 << bit));
    }
  });
  return createWordTable(languages);
}

function letterTable(): Int32Array {
  const table = new Int32Array(LAST_LETTER + 1);
  LATIN_LANGUAGES.forEach((language, bit) => {
    for (const letter of LATIN_LETTERS[language] ?? '') {
      const unit = letter.charCodeAt(0);
      table[unit] = (table[unit] ?? 0) | (1 << bit);
    }
  });
  return table;
}

/**
 * Tells the language of a normalised text in Latin letters by the words that hold sentences together, by
 * endings and by letters with marks: naive Bayes with its likelihoods rounded to a few whole points.
 *
 * @param hint language that wins where the text speaks for several alike
 */
export function tellLatin(text: string, hint: string | undefined): LatinVerdict {
  points.fill(0);
  let words = 0;
  let known = 0;

  for (let i = 0; i < text.length; ) {
    const afterPlaceholder = placeholderEnd(text, i);
    if (afterPlaceholder > i) {
      i = afterPlaceholder;
      continue;
    }
    let end = i;
    let hash = HASH_SEED;
    let languages = 0;
    for (; isLetter(text.charCodeAt(end)); end += 1) {
      const unit = text.charCodeAt(end);
      hash = addToHash(hash, unit);
      const written = unit > 0x7f ? (LETTERS[unit] ?? 0) : 0;
      addPoints(written, LETTER_POINTS);
      languages |= written;
    }
    if (end === i) {
      i += 1;
      continue;
    }
    if (text.charCodeAt(end) === APOSTROPHE) {
      hash = addToHash(hash, APOSTROPHE);
      end += 1;
    }
    const listed = WORDS.valueOf(hash);
    addPoints(listed, WORD_POINTS[Math.min(end - i, 3)] ?? 0);
    if (listed === 0) languages |= addEndings(text, i, end);
    words += 1;
    known += listed !== 0 ? 1 : languages !== 0 ? 0.5 : 0;
    i = end;
  }
  return verdict(words >= MANY_WORDS && known < FEW_KNOWN * words, hint);
}

function isLetter(unit: number): boolean {
  const kind = CLASS[unit];
  return kind === LETTER || kind === MARK;
}

function addPoints(languages: number, amount: number): void {
  for (let rest = languages; rest !== 0; rest &= rest - 1) {
    const bit = 31 - Math.clz32(rest & -rest);
    points[bit] = (points[bit] ?? 0) + amount;
  }
}

/** Counts every listed ending of a word; gives the languages that have one. */
function addEndings(text: string, start: number, end: number): number {
  let languages = 0;
  const longest = Math.min(LONGEST_ENDING, end - start - 2);
  for (let length = SHORTEST_ENDING; length <= longest; length += 1) {
    const ending = WORDS.valueOf(hashOf(text, end - length, end, ENDING_SEED));
    addPoints(ending, ENDING_POINTS);
    languages |= ending;
  }
  return languages;
}

function verdict(isUnlisted: boolean, hint: string | undefined): LatinVerdict {
  if (isUnlisted) return { kind: 'unlisted' };
  let first = 0;
  let second = 0;
  let best = 0;
  for (let bit = 0; bit < points.length; bit += 1) {
    const amount = points[bit] ?? 0;
    if (amount > first) {
      second = first;
      first = amount;
      best = bit;
    } else if (amount > second) second = amount;
  }
  const hinted = hint === undefined ? -1 : LATIN_LANGUAGES.indexOf(hint);
  if (hinted >= 0 && (points[hinted] ?? 0) >= first - TIE) best = hinted;
  else if (first < ENOUGH_POINTS || first - second < TIE) return { kind: 'unclear' };
  return { kind: 'told', language: LATIN_LANGUAGES[best] ?? 'und' };
}
