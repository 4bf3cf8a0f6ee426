import { decodeHTMLStrict } from 'entities';
import {
  CLASS,
  classOfPair,
  DIGIT,
  FOLD,
  HIGH_SURROGATE,
  INVISIBLE,
  isAsciiAlphanumeric,
  LETTER,
  LOW_SURROGATE,
  MARK,
  OTHER,
  SPACE,
} from './characters.js';
import { addressEnd, domainEnd, hostStart, localPartStart, mentionEnd, urlEnd } from './links.js';

/** What stands for an address, a mention and an e-mail address. */
export const PLACEHOLDERS = ['<url>', '<user>', '<email>'] as const;
const [URL_UNITS, USER_UNITS, EMAIL_UNITS] = PLACEHOLDERS.map((name) =>
  Uint16Array.from(name, (character) => character.charCodeAt(0)),
) as [Uint16Array, Uint16Array, Uint16Array]; // As many as there are placeholders.

/** Where the placeholder that begins at `index` of a normalised text ends; `index` itself where none does. */
export function placeholderEnd(text: string, index: number): number {
  if (text.charCodeAt(index) !== 0x3c) return index;
  for (const name of PLACEHOLDERS) {
    if (text.startsWith(name, index)) return index + name.length;
  }
  return index;
}

/**
 * A post's text in the one spelling that everything after it sees: entities decoded, Unicode NFKC, lower case,
 * one space between words; `<url>`, `<user>` and `<email>` for what names a place or a person; `#NeverAgain` as
 * `# never again`; letters and signs repeated more than twice cut to two (`...` for any run of dots); an emoji
 * as one code point, without skin tone, gender sign and variation selector; apostrophes, quotes and dashes of
 * one kind; invisible characters and lone surrogates gone.
 *
 * Takes any string, in linear time. What it gives, it gives back unchanged when asked again, but for texts that
 * hide an entity (`&amp;amp;amp;`), letters that only their folded form composes with a mark (`İ` and an acute)
 * and names that only folding or splitting a hashtag makes (`@—名`, `#httpServer`).
 */
export function normalise(text: string): string {
  return rewrite(compose(text));
}

/** Sees what normalising does to a text, and so can tell where each unit came from: see `offsets.ts`. */
export interface NormaliseObserver {
  /** Does a step of composing: replaces what matches, as `String.replaceAll`. */
  replace(text: string, pattern: RegExp, replacement: (match: string) => string): string;
  /** Is told that rewriting comes to unit `index` of the composed text and has written `size` units. */
  reach(index: number, size: number): void;
}

/**
 * The first half of `normalise`: entities decoded, NFKC, nothing that is not seen. Mentions, hashtags, addresses
 * and capitals still stand, for those who look for them.
 */
export function compose(text: string): string {
  return composeUnicode(text.includes('&') ? decodeHTMLStrict(decodeHTMLStrict(text)) : text);
}

const ENTITY = /&[#\w]+;/g;
/** A character and what may join it: marks, voicing signs, vowels and finals of Hangul, vowel signs of Kirat Rai. */
const CLUSTER = /.[\p{M}\uff9e\uff9f\u1160-\u11ff\u3131-\u318e\uffa0-\uffdc\u{16d63}-\u{16d6a}]*/gsu;

/** The same as `compose`, slower, each step by the observer. */
export function composeObserved(text: string, observer: NormaliseObserver): string {
  let composed = text;
  if (text.includes('&')) {
    composed = observer.replace(composed, ENTITY, decodeHTMLStrict);
    composed = observer.replace(composed, ENTITY, decodeHTMLStrict);
  }
  const found = needs(composed);
  if ((found & HAS_INVISIBLE) !== 0) composed = observer.replace(composed, DROPPED, () => '');
  if ((found & HAS_MARKS) !== 0)
    composed = observer.replace(composed, TOO_MANY_MARKS, (run) =>
      Array.from(run).slice(0, MAX_MARKS).join(''),
    );
  if ((found & NOT_ASCII) === 0) return composed;
  return observer.replace(composed, CLUSTER, (cluster) => cluster.replaceAll('´', "'").normalize('NFKC'));
}

const NOT_ASCII = 1;
const HAS_INVISIBLE = 2;
const HAS_MARKS = 4;

/**
 * Combining marks on one letter beyond this are a prank, and NFKC takes quadratic time to sort them. The two
 * half-width voicing signs of Japanese (U+FF9E, U+FF9F) are letters that it turns into marks.
 */
const MAX_MARKS = 8;
const TOO_MANY_MARKS = new RegExp(`([\\p{M}\\uff9e\\uff9f]{${MAX_MARKS}})[\\p{M}\\uff9e\\uff9f]+`, 'gu');
/** A gender sign joined to an emoji; skin tones; everything that is not seen. */
const DROPPED =
  /\u200d[\u2640\u2642]|(?![\t\n\v\f\r\u0085])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\ufffc\ufffd]|\u20e3|[\u{1f3fb}-\u{1f3ff}]/gu;

/** What a text needs before it is rewritten, so that a plain one pays for nothing. */
function needs(text: string): number {
  let found = 0;
  let marks = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    let kind = CLASS[unit] ?? OTHER;
    if (unit > 0x7f) found |= NOT_ASCII;
    if (kind === HIGH_SURROGATE) {
      const low = text.charCodeAt(i + 1);
      if (CLASS[low] === LOW_SURROGATE) {
        kind = classOfPair(unit, low);
        // Some letters beyond the first plane are marks; the expression that counts them knows which.
        if (kind === LETTER) kind = MARK;
        i += 1;
      } else kind = INVISIBLE;
    } else if (kind === LOW_SURROGATE || unit === 0x20e3) kind = INVISIBLE;
    // What is not seen is dropped before the marks are sorted, so it keeps none apart.
    if (kind === INVISIBLE) found |= HAS_INVISIBLE;
    else marks = kind === MARK || unit === 0xff9e || unit === 0xff9f ? marks + 1 : 0;
    if (marks > MAX_MARKS) found |= HAS_MARKS;
  }
  return found;
}

function composeUnicode(text: string): string {
  const found = needs(text);
  if (found === 0) return text;
  let composed = text;
  if ((found & HAS_INVISIBLE) !== 0) composed = composed.replace(DROPPED, '');
  if ((found & HAS_MARKS) !== 0) composed = composed.replace(TOO_MANY_MARKS, '$1');
  if ((found & NOT_ASCII) === 0) return composed;
  // NFKC would take the acute accent, which many type for an apostrophe, for a mark on a space.
  return composed.replaceAll('´', "'").normalize('NFKC');
}

const BLANK = 0x20;
const HASH = 0x23;
const DOT = 0x2e;
const SLASH = 0x2f;
const AT = 0x40;
const UNDERSCORE = 0x5f;

/** No text grows more: `#` becomes ` # `, `@a` becomes `<user>`. */
const GROWTH = 3;
/** Where a text is written: its units, and the bytes of the same memory, which Node makes strings of. */
interface Output {
  readonly units: Uint16Array;
  readonly bytes: Buffer;
}

/** Outputs for longer texts are not kept. */
const KEPT_UNITS = 1 << 18;
let kept = outputOf(4096);

function outputOf(length: number): Output {
  const units = new Uint16Array(length);
  return { units, bytes: Buffer.from(units.buffer) };
}

function outputFor(length: number): Output {
  const size = GROWTH * length + 16;
  if (size <= kept.units.length) return kept;
  const output = outputOf(Math.max(size, 2 * kept.units.length));
  if (output.units.length <= KEPT_UNITS) kept = output;
  return output;
}

/** The second half of `normalise`, one pass over a composed text: placeholders, case, repetition, space. */
export function rewrite(text: string, observer?: NormaliseObserver): string {
  const { units: out, bytes } = outputFor(text.length);
  let size = 0;
  let inHashtag = false;

  for (let i = 0; i < text.length; i += 1) {
    if (observer !== undefined) observer.reach(i, size);
    const unit = text.charCodeAt(i);
    const kind = CLASS[unit] ?? OTHER;
    const before = size > 0 ? (out[size - 1] ?? 0) : BLANK;

    if (kind === SPACE) {
      inHashtag = false;
      if (before !== BLANK) out[size++] = BLANK;
      continue;
    }
    if (kind === HIGH_SURROGATE) {
      inHashtag &&= classOfPair(unit, text.charCodeAt(i + 1)) !== OTHER;
      size = pushPair(out, size, unit, text.charCodeAt(i + 1));
      i += 1;
      continue;
    }
    if (kind === LETTER || kind === DIGIT) {
      const end = isAsciiAlphanumeric(before) ? i : urlEnd(text, i);
      if (end > i) {
        size = pushAll(out, size, URL_UNITS);
        inHashtag = false;
        i = end - 1;
        continue;
      }
      if (inHashtag && startsWord(text, i) && before !== BLANK) out[size++] = BLANK;
      size = kind === DIGIT ? push(out, size, FOLD[unit] ?? unit) : pushFewer(out, size, FOLD[unit] ?? unit);
      continue;
    }
    if (kind !== OTHER) {
      // A mark with no letter to stand on is noise.
      if (kind === MARK && before === BLANK) continue;
      size = pushFewer(out, size, FOLD[unit] ?? unit);
      continue;
    }

    if (unit === UNDERSCORE && inHashtag) {
      if (before !== BLANK) out[size++] = BLANK;
      continue;
    }
    inHashtag = false;
    if (unit === HASH) {
      if (before !== BLANK) out[size++] = BLANK;
      out[size++] = HASH;
      out[size++] = BLANK;
      inHashtag = true;
    } else if (unit === AT) {
      const local = isAsciiAlphanumeric(before) ? localPartStart(out, size) : size;
      const domain = local < size ? domainEnd(text, i + 1, 2) : i + 1;
      const end = domain > i + 1 ? domain : mentionEnd(text, i);
      if (domain > i + 1) size = pushAll(out, local, EMAIL_UNITS);
      else if (end > i) size = pushAll(out, size, USER_UNITS);
      else out[size++] = AT;
      i = Math.max(i, end - 1);
    } else if (unit === SLASH && isAsciiAlphanumeric(before)) {
      const host = hostStart(out, size);
      if (host < size) {
        size = pushAll(out, host, URL_UNITS);
        i = addressEnd(text, i + 1) - 1;
      } else out[size++] = SLASH;
    } else if (unit === DOT) size = pushDot(out, size);
    else size = pushFewer(out, size, FOLD[unit] ?? unit);
  }
  observer?.reach(text.length, size);
  if (size > 0 && out[size - 1] === BLANK) size -= 1;
  return bytes.toString('utf16le', 0, 2 * size);
}

/** True where a capital or a digit starts a word inside a hashtag: `neverAgain`, `HTTPServer`, `covid19`. */
export function startsWord(text: string, i: number): boolean {
  const unit = text.charCodeAt(i);
  const kind = CLASS[unit] ?? OTHER;
  const before = text.charCodeAt(i - 1);
  const kindBefore = CLASS[before] ?? OTHER;
  if (kind === DIGIT) return kindBefore === LETTER;
  const isCapital = FOLD[unit] !== unit;
  if (!isCapital) return false;
  if (kindBefore !== LETTER || FOLD[before] === before) return true;
  const after = text.charCodeAt(i + 1);
  return CLASS[after] === LETTER && FOLD[after] === after;
}

function push(out: Uint16Array, size: number, unit: number): number {
  if (unit === 0) return size;
  out[size] = unit;
  return size + 1;
}

/** Appends a unit unless it is the third of its kind. */
function pushFewer(out: Uint16Array, size: number, unit: number): number {
  if (unit === 0 || (size > 1 && out[size - 1] === unit && out[size - 2] === unit)) return size;
  out[size] = unit;
  return size + 1;
}

function pushPair(out: Uint16Array, size: number, high: number, low: number): number {
  const isThird =
    size > 3 &&
    out[size - 1] === low &&
    out[size - 2] === high &&
    out[size - 3] === low &&
    out[size - 4] === high;
  if (isThird) return size;
  out[size] = high;
  out[size + 1] = low;
  return size + 2;
}

/** Any run of two dots or more is three. */
function pushDot(out: Uint16Array, size: number): number {
  const isRun = size > 0 && out[size - 1] === DOT;
  if (isRun && size > 2 && out[size - 2] === DOT && out[size - 3] === DOT) return size;
  if (isRun) out[size++] = DOT;
  out[size] = DOT;
  return size + 1;
}

function pushAll(out: Uint16Array, size: number, units: Uint16Array): number {
  out.set(units, size);
  return size + units.length;
}
