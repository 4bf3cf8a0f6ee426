import { FOLD } from './characters.js';
import { LATIN_WORDS } from './language-words.js';
import { CHINESE_FUNCTION_CHARACTERS, STOP_WORDS } from './stop-words.js';
import { createWordTable, hashOf, spread, type WordTable } from './word-hash.js';
import { IDEOGRAPHS, LETTERS, runsOf } from './words-in-text.js';

const MAX_TERMS = 8;
const SHORTEST = 2;
/** Longer runs of letters are keyboard mashing, or a script without spaces that is not cut into words here. */
const LONGEST = 24;
/** Longest run of ideographs that stands as it is: a word, or a short name. */
const WHOLE_RUN = 3;

/** Points of a term: for each time it occurs, for its length (rare words are long), for being a hashtag's. */
const POINTS_PER_OCCURRENCE = 4;
const POINTS_PER_IDEOGRAPH = 3;
const MAX_LENGTH_POINTS = 12;
const HASHTAG_POINTS = 4;

const HASH_SIGN = 0x23;
const BLANK = 0x20;

/** A language's place is its bit in the sets of the table. Each set also holds English, which posts mix in. */
const LANGUAGES = [...new Set([...Object.keys(LATIN_WORDS), ...Object.keys(STOP_WORDS)])];
const ENGLISH = setOf('en');
const STOPS = stopTable();
const IS_FUNCTION_CHARACTER = new Set(Array.from(CHINESE_FUNCTION_CHARACTERS, (c) => c.charCodeAt(0)));

function setOf(language: string): number {
  const bit = LANGUAGES.indexOf(language);
  return bit < 0 ? 0 : 1 << bit;
}

function stopTable(): WordTable {
  const languages = new Map<number, number>();
  for (const language of LANGUAGES) {
    const { binding = '', parts = '' } = LATIN_WORDS[language] ?? {};
    // `didn'` is a whole run here, since an apostrophe ends one.
    const beforeApostrophe = parts.split(/\s+/).filter((part) => part.endsWith("'"));
    const words = `${binding} ${beforeApostrophe.join(' ').replaceAll("'", '')} ${STOP_WORDS[language] ?? ''}`;
    for (const word of words.split(/\s+/)) {
      const hash = hashOf(fold(word));
      languages.set(hash, (languages.get(hash) ?? 0) | setOf(language));
    }
  }
  return createWordTable(languages);
}

function fold(word: string): string {
  return String.fromCharCode(...Array.from(word, (c) => FOLD[c.charCodeAt(0)] ?? 0));
}

interface Candidate {
  readonly hash: number;
  readonly start: number;
  readonly end: number;
  points: number;
}

const EMPTY = -1;
/**
 * Places of a text's candidates by their hashes (open addressing). The slots are the same for every text: a map for each
 * was a tenth of all garbage.
 */
let slots = new Int32Array(1024);

/** @returns what to take of a hash for a slot, where at most `count` are taken */
function emptySlots(count: number): number {
  let size = 64;
  while (size < 2 * count) size *= 2;
  if (size > slots.length) slots = new Int32Array(size);
  slots.fill(EMPTY, 0, size);
  return size - 1;
}

/**
 * Up to 8 words that carry a normalised text, most telling first: what is said often, at length or in a
 * hashtag; no word that only holds sentences together, no placeholder, number or single letter. Chinese and
 * Japanese runs of ideographs are cut at function characters, and into pairs where they are long: no
 * dictionary, and the counts of many posts bring the words out.
 *
 * @param language as told from the text; `und` leaves out the stop words of every language
 * @param runs of the text, where they are found already
 */
export function termsOf(normalised: string, language: string, runs = runsOf(normalised)): readonly string[] {
  const stops = language === 'und' ? -1 : ENGLISH | setOf(language);
  const candidates: Candidate[] = [];
  const mask = emptySlots(normalised.length);

  const add = (start: number, end: number, hash: number, points: number) => {
    let slot = spread(hash) & mask;
    for (let place = slots[slot] ?? EMPTY; place !== EMPTY; place = slots[slot] ?? EMPTY) {
      const known = candidates[place];
      if (known?.hash === hash) {
        known.points += POINTS_PER_OCCURRENCE;
        return;
      }
      slot = (slot + 1) & mask;
    }
    slots[slot] = candidates.length;
    candidates.push({ hash, start, end, points: points + POINTS_PER_OCCURRENCE });
  };

  for (let run = 0; run < runs.count; run += 1) {
    const start = runs.starts[run] ?? 0;
    const end = runs.ends[run] ?? 0;
    const kind = runs.kinds[run];
    if (kind === IDEOGRAPHS) {
      addIdeographs(normalised, start, end, add);
      continue;
    }
    const length = end - start;
    if (kind !== LETTERS || length < SHORTEST || length > LONGEST) continue;
    const hash = runs.hashes[run] ?? 0;
    if ((STOPS.valueOf(hash) & stops) !== 0) continue;
    const isTagged =
      normalised.charCodeAt(start - 1) === BLANK && normalised.charCodeAt(start - 2) === HASH_SIGN;
    add(start, end, hash, Math.min(length, MAX_LENGTH_POINTS) + (isTagged ? HASHTAG_POINTS : 0));
  }
  return mostTelling(candidates).map(({ start, end }) => normalised.slice(start, end));
}

/** Those with the most points, the most first; of two alike the earlier one comes first. */
function mostTelling(candidates: readonly Candidate[]): readonly Candidate[] {
  const best: Candidate[] = [];
  for (const candidate of candidates) {
    let place = best.length;
    for (; place > 0; place -= 1) {
      const before = best[place - 1];
      if (before === undefined || before.points >= candidate.points) break;
      if (place < MAX_TERMS) best[place] = before;
    }
    if (place < MAX_TERMS) best[place] = candidate;
  }
  return best;
}

type Add = (start: number, end: number, hash: number, points: number) => void;

function addIdeographs(text: string, start: number, end: number, add: Add): void {
  let from = start;
  for (let i = start; i <= end; i += 1) {
    if (i < end && !IS_FUNCTION_CHARACTER.has(text.charCodeAt(i))) continue;
    const length = i - from;
    if (length >= SHORTEST && length <= WHOLE_RUN) {
      add(from, i, hashOf(text, from, i), POINTS_PER_IDEOGRAPH * length);
    } else if (length > WHOLE_RUN) {
      for (let pair = from; pair + 2 <= i; pair += 1) {
        add(pair, pair + 2, hashOf(text, pair, pair + 2), POINTS_PER_IDEOGRAPH * 2);
      }
    }
    from = i + 1;
  }
}
