import type { Brand } from '../contracts/brand.js';
import type { Prepare } from '../contracts/prepare.js';
import { createBrandMatcher } from './brands.js';
import { fingerprintsOf } from './fingerprints.js';
import { createLanguageTeller } from './language.js';
import { compose, rewrite } from './normalise.js';
import { termsOf } from './terms.js';
import { runsOf } from './words-in-text.js';

export interface PreparerOptions {
  /** Cuts a normalised text into ids of the model's vocabulary: head and tail of one that has too many. */
  readonly tokenise: (normalised: string) => { readonly tokens: Int32Array; readonly truncated: boolean };
  /** Languages that the model was trained on (ISO 639-1), from its manifest. */
  readonly languages: readonly string[];
  readonly brands: readonly Brand[];
}

/**
 * Joins the stages that make a text ready: each takes the normalised text, brands also take the composed one,
 * in which handles and hashtags still stand.
 *
 * @throws SentifluxError `SF_BRANDS_INVALID` where a brand cannot be matched
 */
export function createPreparer({ tokenise, languages, brands }: PreparerOptions): Prepare {
  const tellLanguage = createLanguageTeller(languages);
  const matchBrands = createBrandMatcher(brands);

  return (text, languageHint) => {
    const composed = compose(text);
    const normalised = rewrite(composed);
    const { tokens, truncated } = tokenise(normalised);
    if (tokens.length === 0) return undefined;
    const { language, unsupported } = tellLanguage(normalised, languageHint);
    const runs = runsOf(normalised);
    const { exact, near } = fingerprintsOf(normalised, runs);
    return {
      language,
      unsupportedLanguage: unsupported,
      tokens,
      truncated,
      brands: matchBrands(composed, normalised, language),
      exactFingerprint: exact,
      nearFingerprint: near,
      terms: termsOf(normalised, language, runs),
    };
  };
}
