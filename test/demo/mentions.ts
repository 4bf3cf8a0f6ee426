import type { Brand } from '../../src/contracts/brand.js';

/** Whether a text names a brand: a plain reading of the rules, enough to check the demo's own texts. */
export function mentions(text: string, brand: Brand): boolean {
  const plain = brand.exclude.reduce(
    (rest, phrase) => rest.replaceAll(phrase.toLowerCase(), ' '),
    text.toLowerCase(),
  );
  return [
    ...brand.keywords,
    ...brand.handles.map((handle) => `@${handle}`),
    ...brand.hashtags.map((hashtag) => `#${hashtag}`),
  ].some((phrase) => containsWord(plain, phrase.toLowerCase()));
}

function containsWord(text: string, phrase: string): boolean {
  const isHan = /\p{Script=Han}/u.test(phrase);
  const escaped = phrase.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const inWord = '[[\\p{L}\\p{M}\\p{N}]--\\p{Script=Han}]';
  return new RegExp(isHan ? escaped : `(?<!${inWord})${escaped}(?!${inWord})`, 'v').test(text);
}
