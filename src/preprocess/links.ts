import {
  CLASS,
  classAt,
  classOfPair,
  DIGIT,
  HIGH_SURROGATE,
  IDEOGRAPH,
  isAsciiAlphanumeric,
  LETTER,
  MARK,
} from './characters.js';

const DOT = 0x2e;
const HYPHEN = 0x2d;
const SLASH = 0x2f;
const AT = 0x40;
const UNDERSCORE = 0x5f;

/** Longest name after an `@`: Weibo's limit. Chinese posts often run on without a space after a name. */
const MAX_HANDLE = 30;

const URL_CHARACTERS = asciiSet('-._~:/?#@!$&*+,;=%');
const TRAILING = asciiSet('.,:;!?@#&*-_~=');
const LOCAL_PART = asciiSet('._%+-');

function asciiSet(characters: string): Uint8Array {
  const set = new Uint8Array(128);
  for (const character of characters) set[character.charCodeAt(0)] = 1;
  return set;
}

/**
 * Where the address that starts at `index` ends; `index` itself where none does. Knows `http(s)://…`, `www.…`
 * and the placeholders of published data sets: `http`, `https`, `http/URL`, `HTTPURL`.
 */
export function urlEnd(text: string, index: number): number {
  const first = text.charCodeAt(index) | 0x20;
  if (first === 0x77) {
    if (
      (text.charCodeAt(index + 1) | 0x20) !== 0x77 ||
      !/^www\.[a-z0-9]/i.test(text.slice(index, index + 5))
    ) {
      return index;
    }
    return addressEnd(text, index + 4);
  }
  if (first !== 0x68 || (text.charCodeAt(index + 1) | 0x20) !== 0x74) return index;
  const scheme = /^https?(?:url(?![a-z0-9]))?/i.exec(text.slice(index, index + 9))?.[0];
  if (scheme === undefined) return index;
  const end = index + scheme.length;
  const next = text.charCodeAt(end);
  if (next === SLASH) return addressEnd(text, end + 1);
  if (next === 0x3a) {
    if (text.charCodeAt(end + 1) !== SLASH) return end + 1;
    return addressEnd(text, end + (text.charCodeAt(end + 2) === SLASH ? 3 : 2));
  }
  return isAsciiAlphanumeric(next) || next === HYPHEN || next === UNDERSCORE ? index : end;
}

/**
 * Where the rest of an address ends. Stops at what is not ASCII (Chinese follows without a space), at a
 * second `//` (Weibo's sign of a repost) and before punctuation that ends the sentence.
 */
export function addressEnd(text: string, index: number): number {
  let end = Math.min(index, text.length);
  for (; end < text.length; end += 1) {
    const unit = text.charCodeAt(end);
    if (!isAsciiAlphanumeric(unit) && URL_CHARACTERS[unit] !== 1) break;
    if (unit === SLASH && text.charCodeAt(end + 1) === SLASH) break;
  }
  while (end > index && TRAILING[text.charCodeAt(end - 1)] === 1) end -= 1;
  return end;
}

/** Top-level domains of addresses that posts give without `http://`. */
const TOP_LEVEL = new Set(
  (
    'com net org info edu gov biz me io co tv ly gl gd be ai app dev fm im to us uk de fr it es pt br mx ar ' +
    'in cn hk tw jp kr ru nl pl ch at se no dk fi ie ca au nz eu za ae sa eg pk tr id'
  ).split(' '),
);

/** Longest host that is looked for backwards from a slash. */
const MAX_HOST = 64;

/**
 * Where the host begins that ends at `end` (a slash follows) in lower-case code units, as in `t.co/…`; `end`
 * where there is none.
 */
export function hostStart(units: Uint16Array, end: number): number {
  let start = end;
  let lastDot = -1;
  while (start > 0 && end - start < MAX_HOST) {
    const unit = units[start - 1] ?? 0;
    if (unit === DOT) {
      if (lastDot < 0) lastDot = start - 1;
    } else if (!isAsciiAlphanumeric(unit) && unit !== HYPHEN) break;
    start -= 1;
  }
  if (lastDot <= start || !TOP_LEVEL.has(String.fromCharCode(...units.subarray(lastDot + 1, end))))
    return end;
  return start;
}

/** Where the local part begins of an e-mail address whose `@` comes at `end`; `end` where there is none. */
export function localPartStart(units: Uint16Array, end: number): number {
  let start = end;
  while (start > 0 && end - start < MAX_HOST) {
    const unit = units[start - 1] ?? 0;
    if (!isAsciiAlphanumeric(unit) && LOCAL_PART[unit] !== 1) break;
    start -= 1;
  }
  return start;
}

/** Where a domain of at least `minLabels` labels ends; `index` where there is none. */
export function domainEnd(text: string, index: number, minLabels: number): number {
  let labels = 0;
  let end = index;
  for (;;) {
    const start = labels === 0 ? end : end + 1;
    let next = start;
    while (isAsciiAlphanumeric(text.charCodeAt(next)) || text.charCodeAt(next) === HYPHEN) next += 1;
    if (next === start) break;
    labels += 1;
    end = next;
    if (text.charCodeAt(end) !== DOT) break;
  }
  return labels >= minLabels ? end : index;
}

/**
 * Where the mention whose `@` is at `index` ends; `index` where it is none. Letters of any script, as on Weibo;
 * `@name@instance.org` as on Mastodon and `@name.bsky.social` as on Bluesky.
 */
export function mentionEnd(text: string, index: number): number {
  const bluesky = domainEnd(text, index + 1, 3);
  if (bluesky > index + 1) return bluesky;
  let end = index + 1;
  let named = false;
  while (end - index <= MAX_HANDLE) {
    const unit = text.charCodeAt(end);
    const kind = CLASS[unit] ?? 0;
    if (kind === LETTER || kind === IDEOGRAPH || kind === MARK) named = true;
    else if (kind === HIGH_SURROGATE) {
      if (classOfPair(unit, text.charCodeAt(end + 1)) !== IDEOGRAPH) break;
      end += 1;
    } else if (unit === HYPHEN) {
      // Only Weibo's names have hyphens; elsewhere one ends the name (`@user-Video`).
      if (classAt(text, end + 1) !== IDEOGRAPH && classAt(text, end - 1) !== IDEOGRAPH) break;
    } else if (kind !== DIGIT && unit !== UNDERSCORE) break;
    end += 1;
  }
  if (!named) return index;
  if (text.charCodeAt(end) !== AT) return end;
  const instance = domainEnd(text, end + 1, 2);
  return instance > end + 1 ? instance : end;
}
