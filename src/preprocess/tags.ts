import {
  CLASS,
  classOfPair,
  DIGIT,
  FOLD,
  HIGH_SURROGATE,
  IDEOGRAPH,
  isAsciiAlphanumeric,
  LETTER,
  MARK,
} from './characters.js';
import { domainEnd, mentionEnd, urlEnd } from './links.js';
import { startsWord } from './normalise.js';

/** A hashtag without its sign, folded as in a normalised text, but in one piece. */
export interface Hashtag {
  readonly text: string;
  /** True at each index of `text`, its end included, where a word may start or end. */
  readonly boundaries: readonly boolean[];
  /** Index after the hashtag in the composed text. */
  readonly end: number;
}

export interface TagVisitor {
  /** @param name folded, without the `@` */
  mention(name: string): void;
  hashtag(tag: Hashtag): void;
}

const HASH = 0x23;
const AT = 0x40;
const UNDERSCORE = 0x5f;

/** Visits the mentions and hashtags of a composed text that stand outside addresses. */
export function forEachTag(composed: string, visitor: TagVisitor): void {
  if (!composed.includes('@') && !composed.includes('#')) return;
  for (let i = 0; i < composed.length; i += 1) {
    const unit = composed.charCodeAt(i);
    const isInWord = isAsciiAlphanumeric(composed.charCodeAt(i - 1));
    let end = i;
    if (unit === HASH) {
      const tag = readHashtag(composed, i);
      end = tag.end;
      if (tag.text !== '') visitor.hashtag(tag);
    } else if (unit === AT) {
      const isEmail = isInWord && domainEnd(composed, i + 1, 2) > i + 1;
      end = mentionEnd(composed, i);
      if (!isEmail && end > i) visitor.mention(fold(composed.slice(i + 1, end)));
    } else if (!isInWord) end = urlEnd(composed, i);
    i = Math.max(i, end - 1);
  }
}

/** The hashtag whose sign is at `index`; its text is empty where none follows the sign. */
export function readHashtag(composed: string, index: number): Hashtag {
  let text = '';
  const boundaries: boolean[] = [];
  let kindBefore = IDEOGRAPH;
  let end = index + 1;
  for (; end < composed.length; end += 1) {
    const unit = composed.charCodeAt(end);
    let kind = CLASS[unit] ?? 0;
    const low = composed.charCodeAt(end + 1);
    if (kind === HIGH_SURROGATE) kind = classOfPair(unit, low);
    if (unit === UNDERSCORE) {
      kindBefore = IDEOGRAPH;
      continue;
    }
    if (kind !== LETTER && kind !== DIGIT && kind !== MARK && kind !== IDEOGRAPH) break;
    const isBoundary =
      kind === IDEOGRAPH ||
      kindBefore === IDEOGRAPH ||
      (kindBefore === DIGIT) !== (kind === DIGIT) ||
      (kind === LETTER && startsWord(composed, end));
    const folded = FOLD[unit] ?? unit;
    if (folded !== 0) {
      boundaries[text.length] = isBoundary;
      text += String.fromCharCode(folded);
    }
    if (CLASS[unit] === HIGH_SURROGATE) {
      text += String.fromCharCode(low);
      end += 1;
    }
    kindBefore = kind;
  }
  boundaries[text.length] = true;
  return { text, boundaries, end };
}

/** Folds a composed name as a normalised text is folded. */
export function fold(composed: string): string {
  let folded = '';
  for (let i = 0; i < composed.length; i += 1) {
    const unit = FOLD[composed.charCodeAt(i)] ?? 0;
    if (unit !== 0) folded += String.fromCharCode(unit);
  }
  return folded;
}
