import type { LocatedPart, LocateParts } from '../contracts/located-part.js';
import { normaliseWithOffsets } from './offsets.js';
import { headLength, type WordCutter } from './tokenise.js';
import { wordStart } from './words.js';

export interface LocatorOptions {
  /** As the tokeniser cuts. */
  readonly cutter: WordCutter;
  readonly maxTokens: number;
}

interface Word {
  readonly start: number;
  end: number;
  /** Its tokens among all of the text, before any are cut off. */
  readonly firstToken: number;
  endToken: number;
}

/** Finds in a text the words that its tokens, as `createTokeniser` gives them, came from. */
export function createLocator({ cutter, maxTokens }: LocatorOptions): LocateParts {
  const head = headLength(maxTokens);

  return (original) => {
    const words = wordsIn(original, cutter);
    const count = words.at(-1)?.endToken ?? 0;
    const cutOff = Math.max(0, count - maxTokens);
    return words.flatMap(({ start, end, firstToken, endToken }): readonly LocatedPart[] => {
      const tokens: number[] = [];
      for (let token = firstToken; token < endToken; token += 1) {
        if (token < head || cutOff === 0) tokens.push(token);
        else if (token >= head + cutOff) tokens.push(token - cutOff);
      }
      return tokens.length === 0 ? [] : [{ start, end, tokens }];
    });
  };
}

function wordsIn(original: string, { cut }: WordCutter): readonly Word[] {
  const { text, originOf } = normaliseWithOffsets(original);
  const words: Word[] = [];
  let token = 0;
  for (let wordAt = wordStart(text, 0); wordAt < text.length; ) {
    const ids: number[] = [];
    const wordTo = cut(text, wordAt, ids);
    const { start, end } = originOf(wordAt, wordTo);
    const endToken = token + ids.length;
    const last = words.at(-1);
    // One character may become several words (`½` is three): to the reader they are one part.
    if (last !== undefined && start < last.end) Object.assign(last, { end, endToken });
    else words.push({ start, end, firstToken: token, endToken });
    token = endToken;
    wordAt = wordStart(text, wordTo);
  }
  return words;
}
