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

/** Runs in the order of the text, as arrays by run; what lies beyond their count is of texts before. */
export interface Runs {
  readonly count: number;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly kinds: readonly RunKind[];
  readonly hashes: readonly number[];
}

const runs = {
  count: 0,
  starts: [] as number[],
  ends: [] as number[],
  kinds: [] as RunKind[],
  hashes: [] as number[],
};

/**
 * Finds the runs of letters and digits and those of ideographs in a normalised text, with their hashes. Placeholders,
 * signs and emoji are passed over; an apostrophe ends a run (`l'été` is two).
 *
 * @returns what the next call writes over
 */
export function runsOf(text: string): Runs {
  runs.count = 0;
  let i = 0;
  while (i < text.length) {
    const kind = CLASS[text.charCodeAt(i)];
    let end = i;
    let hash = HASH_SEED;
    if (kind === IDEOGRAPH) {
      for (; CLASS[text.charCodeAt(end)] === IDEOGRAPH; end += 1)
        hash = addToHash(hash, text.charCodeAt(end));
      add(i, end, IDEOGRAPHS, hash);
    } else if (kind === LETTER || kind === DIGIT) {
      let hasLetter = false;
      for (; ; end += 1) {
        const unit = text.charCodeAt(end);
        const next = CLASS[unit];
        if (next === LETTER) hasLetter = true;
        else if (next !== DIGIT && next !== MARK) break;
        hash = addToHash(hash, unit);
      }
      add(i, end, hasLetter ? LETTERS : NUMBER, hash);
    } else end = Math.max(i + 1, placeholderEnd(text, i));
    i = end;
  }
  return runs;
}

function add(start: number, end: number, kind: RunKind, hash: number): void {
  const { count } = runs;
  runs.starts[count] = start;
  runs.ends[count] = end;
  runs.kinds[count] = kind;
  runs.hashes[count] = hash;
  runs.count = count + 1;
}
