import type { Brand } from '../contracts/brand.js';
import type { BrandId } from '../contracts/ids.js';
import { createAutomaton } from './aho-corasick.js';
import { compileBrands, type Owners } from './brand-patterns.js';
import { forEachTag } from './tags.js';
import { isAtBoundary } from './word-boundaries.js';

/**
 * The brands that a text names, in the order of the configuration, each once.
 *
 * @param composed the text as `compose` gives it: handles and hashtags still stand in it
 * @param normalised the same text as `normalise` gives it: keywords and excluded phrases are looked for in it
 * @param language as told from the text; a brand that lists languages counts in those alone
 */
export type BrandMatcher = (composed: string, normalised: string, language: string) => readonly BrandId[];

interface Occurrence {
  readonly owners: Owners;
  readonly start: number;
  readonly end: number;
}

const NO_BRANDS: readonly BrandId[] = [];

/**
 * Prepares a matcher whose cost a post does not grow with the number of brands: the phrases of all brands are
 * one automaton, handles and hashtags are looked up.
 *
 * A keyword counts between word boundaries (see `isAtBoundary`), unless it lies within one of its brand's
 * excluded phrases. It never counts in an address, a mention or an e-mail address. In a hashtag it counts at
 * the words that capitals, digits and underscores show, whether written together or apart: `nova phone` and
 * `NovaPhone` in `#LoveMyNovaPhone`, neither in `#lovemynovaphone`. Handles and hashtags count as a whole.
 *
 * @throws SentifluxError `SF_BRANDS_INVALID` for two brands of one id, and for a phrase that nothing can match
 */
export function createBrandMatcher(brands: readonly Brand[]): BrandMatcher {
  const { patterns, handles, hashtags } = compileBrands(brands);
  const automaton = createAutomaton(patterns.map(({ phrase }) => phrase));
  const languagesOf = brands.map(({ languages }) =>
    languages === undefined ? undefined : new Set(languages),
  );

  function keywordsInText(normalised: string, matched: Set<number>): void {
    const occurrences: Occurrence[] = [];
    automaton.scan(normalised, (index, end) => {
      const pattern = patterns[index];
      if (pattern === undefined) return;
      const start = end - pattern.phrase.length;
      if (isAtBoundary(normalised, start, end)) occurrences.push({ owners: pattern.inText, start, end });
    });
    addUnlessExcluded(occurrences, matched);
  }

  function keywordsInHashtag(tag: string, boundaries: readonly boolean[], matched: Set<number>): void {
    const occurrences: Occurrence[] = [];
    automaton.scan(tag, (index, end) => {
      const pattern = patterns[index];
      if (pattern === undefined) return;
      const start = end - pattern.phrase.length;
      if (boundaries[start] === true && boundaries[end] === true) {
        occurrences.push({ owners: pattern.inHashtag, start, end });
      }
    });
    addUnlessExcluded(occurrences, matched);
  }

  return (composed, normalised, language) => {
    const matched = new Set<number>();
    keywordsInText(normalised, matched);
    forEachTag(composed, {
      mention: (name) => addAll(matched, handles.get(name)),
      hashtag: ({ text, boundaries }) => {
        addAll(matched, hashtags.get(text));
        keywordsInHashtag(text, boundaries, matched);
      },
    });
    if (matched.size === 0) return NO_BRANDS;
    return [...matched]
      .filter((brand) => languagesOf[brand]?.has(language) ?? true)
      .sort((one, other) => one - other)
      .flatMap((brand) => brands[brand]?.id ?? []);
  };
}

function addAll(matched: Set<number>, owners: Iterable<number> | undefined): void {
  for (const brand of owners ?? []) matched.add(brand);
}

/**
 * Adds the brands with a keyword that lies within none of their excluded phrases. Reads the occurrences from the
 * last end to the first and keeps the leftmost start of each brand's excluded phrases so far: one that starts
 * no later than a keyword and ends no earlier holds it.
 *
 * @param occurrences in the order of their ends, of those that end alike the longest first
 */
function addUnlessExcluded(occurrences: readonly Occurrence[], matched: Set<number>): void {
  const excludedFrom = new Map<number, number>();
  for (let last = occurrences.length - 1; last >= 0; ) {
    const end = occurrences[last]?.end;
    let first = last;
    while (first > 0 && occurrences[first - 1]?.end === end) first -= 1;
    for (const { owners, start } of occurrences.slice(first, last + 1)) {
      for (const brand of owners.excludedBy) {
        excludedFrom.set(brand, Math.min(start, excludedFrom.get(brand) ?? start));
      }
      for (const brand of owners.keywordOf) {
        if (start < (excludedFrom.get(brand) ?? Number.POSITIVE_INFINITY)) matched.add(brand);
      }
    }
    last = first - 1;
  }
}
