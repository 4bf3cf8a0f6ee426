import type { Random } from './random.js';
import type { LanguageTemplates } from './templates.js';

/** How many posts have a neutral sentence before, or after, what they say. */
const CONTEXT_SHARE = 0.25;
const TAG_SHARE = 0.12;
const TYPO_SHARE = 0.08;
const ELONGATION_SHARE = 0.03;
const SHOUTING_SHARE = 0.04;
/** How many are written with capitals at the start of sentences. */
const CAPITALS_SHARE = 0.7;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** A sign or an emoji, which may end in a variation selector. */
const CLOSED = /(?:[^\p{L}\p{M}\p{N}]|\ufe0f)$/u;
/** A word that can lose or swap a letter and stay readable. */
const LONG_WORD = /(?<![@#\p{L}])\p{Script=Latin}{6,}(?!\p{L})/gu;

/**
 * Puts around a text what real posts have around theirs and what no label hangs on: neutral sentences, handles,
 * hashtags, addresses, typing errors, stretched words, capitals.
 *
 * @param context gives a neutral sentence
 */
export function dressPost(
  text: string,
  {
    language,
    random,
    context,
  }: { readonly language: LanguageTemplates; readonly random: Random; readonly context: () => string },
): string {
  const happens = (share: number): boolean => random.next() < share;
  const sentences = [
    ...(happens(CONTEXT_SHARE) ? [context()] : []),
    text,
    ...(happens(CONTEXT_SHARE) ? [context()] : []),
  ];
  let post = sentences
    .map((sentence, i) => (i < sentences.length - 1 ? closed(sentence, language.stop) : sentence))
    .join(language.space);
  if (happens(TYPO_SHARE)) post = withTypo(post, random);
  if (happens(ELONGATION_SHARE)) post = withLongWord(post, random);
  if (happens(CAPITALS_SHARE)) post = withCapitals(post);
  if (happens(SHOUTING_SHARE)) post = post.toUpperCase();
  return happens(TAG_SHARE) ? withTag(post, language, random) : post;
}

function closed(sentence: string, stop: string): string {
  return CLOSED.test(sentence) ? sentence : `${sentence}${stop}`;
}

/** Swaps two letters inside a long word, drops one, or types one twice. */
function withTypo(text: string, random: Random): string {
  const word = oneOf([...text.matchAll(LONG_WORD)], random);
  if (word === undefined) return text;
  const at = word.index + 1 + Math.floor(random.next() * (word[0].length - 3));
  const [a, b] = [text.charAt(at), text.charAt(at + 1)];
  const mistyped = oneOf([b + a, b, a + a + b], random) ?? '';
  return `${text.slice(0, at)}${mistyped}${text.slice(at + 2)}`;
}

/** Stretches the last vowel of a word. */
function withLongWord(text: string, random: Random): string {
  const vowel = oneOf([...text.matchAll(/(?<=\p{Script=Latin}{2})[aeiou](?![aeiou])/gu)], random);
  if (vowel === undefined) return text;
  const times = 2 + Math.floor(random.next() * 4);
  return `${text.slice(0, vowel.index)}${vowel[0].repeat(times)}${text.slice(vowel.index)}`;
}

function withCapitals(text: string): string {
  return text.replace(/(?<=^|[.!?] )\p{Ll}/gu, (letter) => letter.toUpperCase());
}

function withTag(text: string, { tags, handles }: LanguageTemplates, random: Random): string {
  const code = Array.from({ length: 8 }, () => oneOf([...LETTERS], random)).join('');
  const handle = oneOf(handles, random);
  const tag = oneOf(tags, random);
  const dressed = [`${text} https://t.co/${code}`, `${text} http://example.com/${code}`];
  if (handle !== undefined)
    dressed.push(`@${handle} ${text}`, `RT @${handle}: ${text}`, `${text} @${handle}`);
  if (tag !== undefined) dressed.push(`${text} ${tag}`, `${tag} ${text}`);
  return oneOf(dressed, random) ?? text;
}

function oneOf<Item>(items: readonly Item[], random: Random): Item | undefined {
  return items[Math.floor(random.next() * items.length)];
}
