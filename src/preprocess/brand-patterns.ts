import type { Brand } from '../contracts/brand.js';
import { SentifluxError } from '../contracts/errors.js';
import { CLASS, DIGIT, HIGH_SURROGATE, IDEOGRAPH, LETTER, LOW_SURROGATE, MARK } from './characters.js';
import { mentionEnd } from './links.js';
import { compose, normalise, PLACEHOLDERS } from './normalise.js';
import { fold, readHashtag } from './tags.js';

/** Brands by their place in the configuration. */
export interface Owners {
  readonly keywordOf: Set<number>;
  readonly excludedBy: Set<number>;
}

/** A phrase to look for, and whose it is in a text and in a hashtag. */
export interface Pattern {
  readonly phrase: string;
  readonly inText: Owners;
  /** Hashtags write a phrase in one piece. */
  readonly inHashtag: Owners;
}

export interface CompiledBrands {
  readonly patterns: readonly Pattern[];
  /** Brands by folded handle. */
  readonly handles: ReadonlyMap<string, ReadonlySet<number>>;
  /** Brands by folded hashtag. */
  readonly hashtags: ReadonlyMap<string, ReadonlySet<number>>;
}

/**
 * Turns the brands' phrases into what is looked for. A keyword that starts with `@` or `#` is a handle or a
 * hashtag.
 *
 * @throws SentifluxError `SF_BRANDS_INVALID` for two brands of one id, and for a phrase that nothing can match
 */
export function compileBrands(brands: readonly Brand[]): CompiledBrands {
  const patterns = new Map<string, Pattern>();
  const handles = new Map<string, Set<number>>();
  const hashtags = new Map<string, Set<number>>();
  const ids = new Set<string>();

  brands.forEach((brand, index) => {
    if (ids.has(brand.id)) {
      throw new SentifluxError('SF_BRANDS_INVALID', `two brands have the id "${brand.id}".`, {
        hint: 'Give each brand an id of its own.',
      });
    }
    ids.add(brand.id);
    const isHandle = (phrase: string) => phrase.startsWith('@');
    const isHashtag = (phrase: string) => phrase.startsWith('#');

    for (const phrase of [...brand.handles, ...brand.keywords.filter(isHandle)]) {
      addTo(handles, handleOf(phrase, brand), index);
    }
    for (const phrase of [...brand.hashtags, ...brand.keywords.filter(isHashtag)]) {
      addTo(hashtags, hashtagOf(phrase, brand), index);
    }
    for (const phrase of brand.keywords) {
      if (!isHandle(phrase) && !isHashtag(phrase)) addPhrase(patterns, phrase, brand, 'keywordOf', index);
    }
    for (const phrase of brand.exclude) addPhrase(patterns, phrase, brand, 'excludedBy', index);
  });
  return { patterns: [...patterns.values()], handles, hashtags };
}

function addTo(owners: Map<string, Set<number>>, name: string, brand: number): void {
  const known = owners.get(name);
  if (known === undefined) owners.set(name, new Set([brand]));
  else known.add(brand);
}

function addPhrase(
  patterns: Map<string, Pattern>,
  phrase: string,
  brand: Brand,
  role: keyof Owners,
  index: number,
): void {
  const normalised = normalise(phrase);
  if (normalised === '' || PLACEHOLDERS.some((placeholder) => normalised.includes(placeholder))) {
    throw unmatched(phrase, brand, 'Use words; put @names under handles.');
  }
  patternOf(patterns, normalised).inText[role].add(index);
  const together = inOnePiece(normalised);
  if (together !== '') patternOf(patterns, together).inHashtag[role].add(index);
}

function patternOf(patterns: Map<string, Pattern>, phrase: string): Pattern {
  const known = patterns.get(phrase);
  if (known !== undefined) return known;
  const owners = (): Owners => ({ keywordOf: new Set(), excludedBy: new Set() });
  const pattern = { phrase, inText: owners(), inHashtag: owners() };
  patterns.set(phrase, pattern);
  return pattern;
}

/** The phrase as a hashtag has it: `coca-cola zero` as `cocacolazero`. */
function inOnePiece(phrase: string): string {
  const written = new Set([LETTER, DIGIT, MARK, IDEOGRAPH, HIGH_SURROGATE, LOW_SURROGATE]);
  return phrase
    .split('')
    .filter((unit) => written.has(CLASS[unit.charCodeAt(0)] ?? 0))
    .join('');
}

function handleOf(phrase: string, brand: Brand): string {
  const mention = compose(phrase.startsWith('@') ? phrase : `@${phrase}`);
  if (mention.length === 1 || mentionEnd(mention, 0) !== mention.length) {
    throw unmatched(phrase, brand, 'A handle is a name without spaces, as in @name or @name@instance.org.');
  }
  return fold(mention.slice(1));
}

function hashtagOf(phrase: string, brand: Brand): string {
  const composed = compose(phrase.startsWith('#') ? phrase : `#${phrase}`);
  const tag = readHashtag(composed, 0);
  if (tag.text === '' || tag.end !== composed.length) {
    throw unmatched(phrase, brand, 'A hashtag is one run of letters, digits and underscores.');
  }
  return tag.text;
}

function unmatched(phrase: string, brand: Brand, hint: string): SentifluxError {
  return new SentifluxError('SF_BRANDS_INVALID', `"${phrase}" of the brand ${brand.id} can match nothing.`, {
    hint,
  });
}
